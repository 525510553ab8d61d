"""The tables that hold in the warehouse what Spark built: made from the contracts of models, as dbt makes them.

In: nodes of dbt's manifest. Out: a Target for each: columns with their types, constraints, indexes, comments.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import psycopg
from psycopg import sql

from weir.core.errors import WeirError


@dataclass(frozen=True)
class Index:
    """An index on columns of a table."""

    columns: tuple[str, ...]
    unique: bool = False
    method: str = "btree"


@dataclass(frozen=True)
class Target:
    """A table of the warehouse: its columns with PostgreSQL's types, and what else dbt gives it.

    `comments` holds those of columns, and the table's own under ''.
    """

    schema: str
    name: str
    types: Mapping[str, str]
    not_null: frozenset[str] = frozenset()
    constraints: tuple[str, ...] = ()
    indexes: tuple[Index, ...] = ()
    comments: Mapping[str, str] = field(default_factory=dict)

    @property
    def place(self) -> str:
        """The table's schema and name, for a person."""
        return f"{self.schema}.{self.name}"

    def make(self, connection: psycopg.Connection[Any], name: str) -> None:
        """Make the table, empty and without indexes, under another name of its schema."""
        parts: list[sql.Composable] = [
            sql.SQL("{} {}{}").format(
                sql.Identifier(column), sql.SQL(kind), sql.SQL(" not null" if column in self.not_null else "")
            )
            for column, kind in self.types.items()
        ]
        parts += [sql.SQL(text) for text in self.constraints]
        query = sql.SQL("create table {} ({})")
        connection.execute(query.format(sql.Identifier(self.schema, name), sql.SQL(", ").join(parts)))

    def finish(self, connection: psycopg.Connection[Any], name: str) -> None:
        """Give the filled table its indexes, comments and statistics."""
        table = sql.Identifier(self.schema, name)
        for index in self.indexes:
            connection.execute(
                sql.SQL("create {}index on {} using {} ({})").format(
                    sql.SQL("unique " if index.unique else ""), table, sql.Identifier(index.method),
                    sql.SQL(", ").join(map(sql.Identifier, index.columns)),
                )
            )  # fmt: skip
        for column, text in self.comments.items():
            what = sql.SQL("table {}").format(table)
            if column:
                what = sql.SQL("column {}").format(sql.Identifier(self.schema, name, column))
            connection.execute(sql.SQL("comment on {} is {}").format(what, sql.Literal(text)))
        connection.execute(sql.SQL("analyze {}").format(table))


def target_of(node: Mapping[str, Any], types: Mapping[str, str] | None = None) -> Target:
    """The table of a model: with these columns, if `types` are given, else with those of its contract.

    Raises WeirError where a column of the contract has no type.
    """
    name = node.get("alias") or node["name"]
    columns = {_named(column): column for column in node["columns"].values()}
    if types is not None:
        columns = {column: {**columns.get(column, {}), "data_type": kind} for column, kind in types.items()}
    untyped = [column for column, facts in columns.items() if not facts.get("data_type")]
    if types is None and (untyped or not columns or not node["config"].get("contract", {}).get("enforced")):
        raise WeirError(
            f"{name} has no contract that names all its columns with their types"
            f"{f' ({untyped[0]} has none)' if untyped else ''}: without it the warehouse can't hold what Spark builds; "
            f"write it in {node.get('patch_path') or node['original_file_path']}"
        )
    config, shown = node["config"], node["config"].get("persist_docs") or {}
    comments = {column: str(facts["description"]) for column, facts in columns.items()
                if shown.get("columns") and facts.get("description")}  # fmt: skip
    if shown.get("relation") and node.get("description"):
        comments[""] = node["description"]
    rules = [rule for column, facts in columns.items() for rule in map(_rule([column]), facts.get("constraints") or [])]
    rules += [_rule([])(constraint) for constraint in node.get("constraints") or []]
    return Target(
        schema=node["schema"],
        name=name,
        types={column: facts["data_type"] for column, facts in columns.items()},
        not_null=frozenset(
            column for column, facts in columns.items()
            if any(each["type"] == "not_null" for each in facts.get("constraints") or [])
        ),
        constraints=tuple(rule for rule in rules if rule),
        indexes=tuple(
            Index(tuple(each["columns"]), bool(each.get("unique")), str(each.get("type") or "btree"))
            for each in config.get("indexes") or []
        ),
        comments=comments,
    )  # fmt: skip


def _named(column: Mapping[str, Any]) -> str:
    """The column's name in PostgreSQL, which makes small letters of a name that stands without quotes."""
    name = str(column["name"])
    return name if column.get("quote") else name.lower()


def _rule(columns: list[str]) -> Any:
    """A function that writes a constraint of the columns as SQL; nothing for one that is written elsewhere."""

    def written(constraint: Mapping[str, Any]) -> str:
        of = ", ".join(sql.Identifier(name).as_string() for name in constraint.get("columns") or columns)
        kinds = {"check": f"check ({constraint.get('expression')})", "unique": f"unique ({of})",
                 "primary_key": f"primary key ({of})"}  # fmt: skip
        return kinds.get(constraint["type"], "")

    return written
