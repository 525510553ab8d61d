"""Statements taken apart: which tables and columns a text of SQL reads, and the text without its values.

In: a text, the names of the warehouse. Out: a Reading; None where the text can't be taken apart. sqlglot reads most of
PostgreSQL's SQL, not all of it, so what it can't read is counted.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

Name = tuple[str, str]  # schema, table
# The query within EXPLAIN, and that within DECLARE and PREPARE.
_PLANNED = re.compile(r"\b((?:select|with|table|values)\b.*)", re.DOTALL | re.IGNORECASE)
_NAMED = re.compile(r"\b(?:for|as)\s+((?:select\b|with\b|table\b|values\b|\().*)", re.DOTALL | re.IGNORECASE)


@dataclass
class Names:
    """The relations that there are, with their columns, and the relations beneath each view."""

    columns: Mapping[Name, list[str]]
    beneath: Mapping[Name, list[Name]] = field(default_factory=dict)
    path: tuple[str, ...] = ("analytics", "analytics_private", "ops", "quality", "public")

    def find(self, schema: str, table: str) -> Name | None:
        """The relation of that name; without a schema the first of the search path."""
        for each in [schema] if schema else self.path:
            if (each, table) in self.columns:
                return each, table
        return None


@dataclass
class Read:
    """A table that is read: by which columns, NULL where they can't be known, chosen by which, through which view."""

    columns: set[str] | None = field(default_factory=set)
    filters: set[str] = field(default_factory=set)
    through: str | None = None


@dataclass
class Reading:
    """What a text reads, and the text with ? for each value."""

    tables: dict[Name, Read]
    text: str
    is_read: bool


def take_apart(text: str, names: Names) -> Reading | None:
    """What the text reads; None where that can't be told."""
    import logging

    import sqlglot
    from sqlglot import exp

    logging.getLogger("sqlglot").setLevel(logging.ERROR)  # it warns of each statement that it takes whole
    try:
        statements = [each for each in sqlglot.parse(text, dialect="postgres") if each is not None]
        found: dict[Name, Read] = {}
        is_read = False
        for statement in statements:
            inner = _query(statement, exp)
            if inner is None and isinstance(statement, exp.Command) and not _harmless(statement):
                return None
            # `select from t` asks whether t may be read, and reads nothing of it
            if inner is not None and not (isinstance(inner, exp.Select) and not inner.expressions):
                is_read = True
                _tables(inner, names, found, exp)
        plain = without_values(text)
    except (sqlglot.errors.SqlglotError, RecursionError, AttributeError, KeyError, TypeError, ValueError):
        return None
    return Reading(found, plain, is_read)


def without_values(text: str) -> str:
    """The text with ? for each value, and without comments."""
    from sqlglot import TokenType
    from sqlglot.dialects import Postgres

    values = {kind for kind in TokenType if kind.name.endswith("STRING") or kind is TokenType.NUMBER}
    parts, end = [], 0
    for token in Postgres().tokenize(text):
        gap = text[end : token.start]
        parts.append(gap if not gap.strip() else " ")
        parts.append("?" if token.token_type in values else text[token.start : token.end + 1])
        end = token.end + 1
    return "".join(parts).strip()


def _harmless(statement: Any) -> bool:
    """Whether the statement, which sqlglot takes whole, reads no table."""
    return statement.name.upper() in {
        "FETCH", "MOVE", "CLOSE", "DEALLOCATE", "DISCARD", "RESET", "SHOW", "SAVEPOINT", "RELEASE", "LISTEN",
        "UNLISTEN", "CHECKPOINT", "BEGIN", "START", "ABORT", "LOCK", "EXPLAIN", "EXECUTE",
    }  # fmt: skip


def _query(statement: Any, exp: Any) -> Any:
    """The query within the statement: itself, that of a COPY, a cursor, a prepared statement or a new table."""
    import sqlglot

    if isinstance(statement, exp.Query | exp.Values):
        return statement
    if isinstance(statement, exp.Copy):
        inner = statement.this
        if not statement.args.get("kind"):  # TO
            if isinstance(inner, exp.Schema):
                return exp.select(*(exp.column(column.copy()) for column in inner.expressions)).from_(inner.this.copy())
            return inner.this if isinstance(inner, exp.Subquery) else exp.select("*").from_(inner.copy())
        return None
    if isinstance(statement, exp.Create | exp.Insert):
        inner = statement.expression
        return inner if isinstance(inner, exp.Query) else None
    if isinstance(statement, exp.Command) and statement.name.upper() in {"DECLARE", "PREPARE", "EXPLAIN"}:
        words = statement.expression.name if statement.expression else ""
        is_plan = statement.name.upper() == "EXPLAIN"
        if is_plan and "analyze" not in words.lower():
            return None
        inner = (_PLANNED if is_plan else _NAMED).search(words)
        return _query(sqlglot.parse_one(inner[1], dialect="postgres"), exp) if inner else None
    return None


def _tables(query: Any, names: Names, found: dict[Name, Read], exp: Any) -> None:
    """Add what the query reads, scope by scope: a CTE or an alias hides a table of its name."""
    from sqlglot.optimizer.scope import traverse_scope

    for scope in traverse_scope(query):
        own: dict[str, Name] = {}
        for alias, source in scope.sources.items():
            if isinstance(source, exp.Table):
                name = names.find(_plain(source.args.get("db")), _plain(source.this))
                if name:
                    own[alias] = name
                    found.setdefault(name, Read())
        for column in scope.columns:
            table = column.table
            hits = [own[table]] if table in own else []
            if not table and (whole := own.get(column.name)):  # the row as one value
                _add(found[whole], names.columns[whole], False)
                continue
            if not table:
                hits = [name for name in own.values() if _plain(column.this) in names.columns[name]]
            for name in hits:
                _add(found[name], {_plain(column.this)}, _is_filter(column, exp))
        for join in scope.expression.args.get("joins") or []:
            shared = {_plain(column) for column in join.args.get("using") or []}
            for name in own.values():
                _add(found[name], shared & set(names.columns[name]), True)
        stars = [star for star in scope.find_all(exp.Star) if not isinstance(star.parent, exp.Count)]
        for star in stars:
            alias = star.parent.table if isinstance(star.parent, exp.Column) else ""
            for each, name in own.items():
                if not alias or alias == each:
                    _add(found[name], set(names.columns[name]), False)
    for view in [name for name in found if name in names.beneath]:
        found.pop(view)
        for under in names.beneath[view]:
            found.setdefault(under, Read(through=".".join(view))).columns = None


def _add(read: Read, columns: Iterable[str], is_filter: bool) -> None:
    if read.columns is not None:
        read.columns.update(columns)
    if is_filter and columns:
        read.filters.update(columns)


def _is_filter(column: Any, exp: Any) -> bool:
    """Whether the column stands by itself in a comparison of WHERE or ON: then an index could help."""
    comparison = isinstance(column.parent, exp.EQ | exp.LT | exp.GT | exp.LTE | exp.GTE | exp.In | exp.Between)
    return comparison and column.find_ancestor(exp.Where, exp.Join) is not None


def _plain(identifier: Any) -> str:
    """The name as PostgreSQL takes it: in lower case unless it is quoted."""
    if identifier is None:
        return ""
    name = str(identifier.name)
    return name if identifier.args.get("quoted") else name.lower()
