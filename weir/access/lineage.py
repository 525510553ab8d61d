"""Lineage of columns: which columns of which tables a select's columns derive from, by sqlglot.

In: the compiled SQL of a model. Out: the Columns it makes, each with its Origins. A column derives from every column
that its expression reads. Left out is what merely counts (`count`), what asks whether a value is there (`is null`,
`exists`), and what picks, groups or orders rows (`join`, `where`, `filter`, `group by`, `partition by`, `order by`).
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from sqlglot import exp, parse_one
from sqlglot.errors import SqlglotError
from sqlglot.optimizer.scope import Scope, traverse_scope

from weir.access.json_paths import path_of, unarrow

Relation = tuple[str, str]  # schema and name
WHOLE = "*"  # stands for every column of a relation
_COUNTS = (exp.Count, exp.CountIf, exp.ApproxDistinct, exp.Exists)


class Unread(Exception):
    """A select that sqlglot, or this module, can't take apart; the text says why."""


@dataclass(frozen=True)
class Origin:
    """A column that another derives from; `path` leads to the field, where the column is a document.

    `is_whole` says that the value is taken as it is, so that a path can still go further.
    """

    relation: Relation
    column: str
    path: tuple[str, ...] = ()
    is_whole: bool = True


Origins = frozenset[Origin]
_NOTHING: Origins = frozenset()


@dataclass
class Columns:
    """The columns that a select makes; `rest` are relations of which all other columns come along as they are."""

    known: dict[str, Origins] = field(default_factory=dict)
    rest: frozenset[Relation] = frozenset()

    def of(self, name: str) -> Origins | None:
        """The origins of the column of this name; None where the select makes no such column."""
        if name in self.known:
            return self.known[name]
        others = frozenset(Origin(relation, name) for relation in self.rest)
        return self.known[WHOLE] | others if WHOLE in self.known else others if self.rest else None

    def row(self) -> Origins:
        """The origins of the whole row."""
        return frozenset().union(*self.known.values(), (Origin(relation, WHOLE) for relation in self.rest))


def origins(code: str, known: Mapping[Relation, Columns]) -> Columns:
    """The columns that the select `code` makes, in PostgreSQL's SQL.

    `known` has the columns of the tables that it reads; those of other tables are taken as they are named.
    Raises Unread.
    """
    try:
        tree = parse_one(code, dialect="postgres")
        unarrow(tree)
        return _Reader(known).read(traverse_scope(tree))
    except (SqlglotError, RecursionError) as fault:
        raise Unread(" ".join(str(fault).split())[:200]) from None


class _Reader:
    """Reads the scopes of one statement, innermost first."""

    def __init__(self, known: Mapping[Relation, Columns]) -> None:
        self.known = known
        self.made: dict[int, Columns] = {}  # by the id of a scope's expression
        self.ready: dict[int, dict[str, Columns]] = {}  # the sources of each scope, by its id
        self.open: set[int] = set()  # sources that are being looked at

    def read(self, scopes: list[Scope]) -> Columns:
        """The columns of the outermost of the scopes."""
        if not scopes:
            raise Unread("it is no select")
        for _ in range(2 if any(_recursive(scope) for scope in scopes) else 1):
            self.ready.clear()
            for scope in scopes:
                self.made[id(scope.expression)] = self.columns(scope)
        return self.made[id(scopes[-1].expression)]

    def columns(self, scope: Scope) -> Columns:
        """The columns that one scope makes."""
        expression = scope.expression
        if isinstance(expression, exp.SetOperation):
            return self._union([self.made[id(each.unnest())] for each in (expression.left, expression.right)])
        if not isinstance(expression, exp.Select):  # a function that makes rows, values, a lateral
            return self._named(_alias_columns(expression), self.reads(expression, scope))
        made = Columns()
        for selected in expression.expressions:
            star = _star(selected)
            if star is None:
                made.known[_output(selected)] = self.reads(selected, scope)
                continue
            for name, source in self.sources(scope).items():
                if star in ("", name):
                    made.known = {**source.known, **made.known}
                    made.rest |= source.rest
        return made

    @staticmethod
    def _union(parts: list[Columns]) -> Columns:
        first, second = parts
        if len(first.known) != len(second.known) or first.rest or second.rest:
            if set(first.known) != set(second.known):
                raise Unread("a union of selects whose columns are not known")
            pairs = {name: second.known[name] for name in first.known}
        else:
            pairs = dict(zip(first.known, second.known.values(), strict=True))
        return Columns({name: first.known[name] | pairs[name] for name in first.known}, first.rest | second.rest)

    @staticmethod
    def _named(names: Iterable[str], read: Origins) -> Columns:
        return Columns(dict.fromkeys([*names, WHOLE], read))

    def sources(self, scope: Scope) -> dict[str, Columns]:
        """The columns of each source that the scope selects from, by alias."""
        if id(scope) in self.ready:
            return self.ready[id(scope)]
        found = {}
        for name, (node, source) in scope.selected_sources.items():
            if id(source) not in self.open:  # a function in the place of a table sees the other sources
                self.open.add(id(source))
                found[name] = self._source(node, source, scope)
                self.open.remove(id(source))
        inner = [source for _, source in scope.selected_sources.values() if isinstance(source, Scope)]
        if not self.open and all(id(source.expression) in self.made for source in inner):
            self.ready[id(scope)] = found
        return found

    def _source(self, node: Any, source: Any, scope: Scope) -> Columns:
        if isinstance(source, Scope) and source.is_cte and ("", node.name) in self.known:
            source = node  # an ephemeral model, which dbt writes as a CTE
        if isinstance(source, Scope):
            made = self.made.get(id(source.expression), Columns())
            names = _alias_columns(source.expression.parent) if source.is_derived_table else []
            return Columns(dict(zip(names, made.known.values(), strict=False)), made.rest) if names else made
        if not isinstance(source.this, exp.Identifier):  # a function in the place of a table
            return self._named(_alias_columns(source), self.reads(source.this, scope))
        relation = (source.db, source.name)
        known = self.known.get(relation)
        columns = {name: frozenset([Origin(relation, name)]) for name in known.known} if known else {}
        return Columns(columns, frozenset() if known and not known.rest else frozenset([relation]))

    def reads(self, node: Any, scope: Scope) -> Origins:
        """The origins of an expression."""
        if isinstance(node, _COUNTS) or (isinstance(node, exp.Is) and isinstance(node.expression, exp.Null)):
            return _NOTHING
        if isinstance(node, exp.Window | exp.Filter) or (isinstance(node, exp.Order) and node.this):
            return self.reads(node.this, scope)
        if isinstance(node, exp.Column):
            return self._column(node, scope)
        if isinstance(node, exp.Query) and id(node) in self.made:
            return _used(self.made[id(node)].row())
        inner, path = path_of(node)
        if inner is not None:
            read = self.reads(inner, scope)
            return frozenset(replace(each, path=each.path + path) if each.is_whole else each for each in read)
        if isinstance(node, exp.Order) and not isinstance(node.parent, exp.WithinGroup):
            return _NOTHING
        parts = [self.reads(child, scope) for child in node.iter_expressions() if not isinstance(child, exp.With)]
        read = frozenset().union(*parts)
        return read if isinstance(node, exp.Alias | exp.Paren | exp.Cast) else _used(read)

    def _column(self, column: exp.Column, scope: Scope) -> Origins:
        name, table = _name(column.this), _name(column.args.get("table"))
        step: Scope | None = scope
        while step is not None:  # the scope's own sources, then those of the selects around it
            sources = self.sources(step)
            if isinstance(column.this, exp.Star):
                if table in sources:
                    return sources[table].row()
            elif table:
                if table in sources:
                    return sources[table].of(name) or _NOTHING
            else:
                found = self._unqualified(name, sources)
                if found is not None:
                    return found
            step = step.parent
        raise Unread(f"it is not clear where {column.sql(dialect='postgres')} comes from")

    @staticmethod
    def _unqualified(name: str, sources: Mapping[str, Columns]) -> Origins | None:
        sure = [source.known[name] for source in sources.values() if name in source.known]
        if sure:  # several: a column that `using` joins
            return frozenset().union(*sure)
        if name in sources:
            return _used(sources[name].row())
        likely = [found for source in sources.values() if (found := source.of(name)) is not None]
        return frozenset().union(*likely) if likely else None


def _used(read: Origins) -> Origins:
    return frozenset(replace(each, is_whole=False) for each in read)


def _recursive(scope: Scope) -> bool:
    clause = scope.expression.args.get("with_")
    return bool(clause and clause.args.get("recursive"))


def _name(identifier: Any) -> str:
    if isinstance(identifier, exp.Identifier):
        return str(identifier.this if identifier.quoted else identifier.this.lower())
    return ""


def _output(selected: exp.Expression) -> str:
    if isinstance(selected, exp.Alias):
        return _name(selected.args["alias"])
    if isinstance(selected, exp.Column):
        return _name(selected.this)
    return selected.output_name or selected.key


def _star(selected: exp.Expression) -> str | None:
    """The alias before a star, or nothing; None where there is no star."""
    if isinstance(selected, exp.Star):
        return ""
    if isinstance(selected, exp.Column) and isinstance(selected.this, exp.Star):
        return _name(selected.args.get("table"))
    return None


def _alias_columns(node: Any) -> list[str]:
    alias = node.args.get("alias") if node is not None else None
    return [_name(each) for each in alias.args.get("columns") or []] if isinstance(alias, exp.TableAlias) else []
