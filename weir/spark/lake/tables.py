"""External tables of Spark over the lake: made, made anew where columns or place changed, refreshed
where files did.

In: tables of the lake, a cursor of the thrift server (PyHive's). Out: tables that Spark reads. Each bears the mark
of its warehouse, so that two warehouses on one metastore are noticed.
"""

import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from weir.core.errors import WeirError
from weir.spark.lake.opening import Lake
from weir.spark.lake.types import Column
from weir.spark.quoting import literal, quoted

_MARK = re.compile(r"weir\.lake=(\w+):(\w+):(\w*)")
_LOCATION = re.compile(r"^Location: (.+)$", re.MULTILINE)
_WORD = re.compile(r"\w+", re.ASCII)


@dataclass(frozen=True)
class LakeTable:
    """A table over a folder of the lake; `files` is another word when the folder holds other files."""

    schema: str
    name: str
    columns: tuple[Column, ...]
    folder: str
    files: str = ""

    @property
    def place(self) -> str:
        """The table's schema and name, as SQL of Spark."""
        return f"{quoted(self.schema)}.{quoted(self.name)}"


def require_fit(table: LakeTable) -> None:
    """Raise WeirError where Spark can't have a table of this name or of these columns."""
    for name in (table.schema, table.name):
        if not _WORD.fullmatch(name):
            raise WeirError(
                f"{table.schema}.{table.name}: names of tables on Spark have letters of ASCII, digits and _ only: give "
                "the table such a name in its source file, and its name at the source by `from`"
            )
    seen: dict[str, str] = {}
    for column in table.columns:
        other = seen.setdefault(column.name.lower(), column.name)
        if other != column.name:
            raise WeirError(
                f"{table.schema}.{table.name}: columns {other} and {column.name} are one to Spark, which does not tell "
                "capitals from small letters: exclude one of them"
            )


def create(table: LakeTable, lake: Lake) -> str:
    """The statement that makes the table."""
    body = ", ".join(f"{quoted(column.name)} {column.spark}" for column in table.columns)
    place = literal(lake.location(table.folder))
    return f"create table {table.place} ({body}) using parquet location {place} {_properties(table, lake)}"


def apply(cursor: Any, tables: Iterable[LakeTable], lake: Lake) -> list[str]:
    """Make and refresh the tables; returns the names of those that were made or made anew.

    `cursor` is a DB-API cursor of the thrift server. Raises WeirError where a table of that name is not this lake's.
    """
    wanted: dict[str, list[LakeTable]] = {}
    for table in tables:
        wanted.setdefault(table.schema, []).append(table)
    made = []
    cursor.execute("show schemas")
    schemas = {row[0].lower() for row in cursor.fetchall()}
    for schema, each in wanted.items():
        if schema.lower() not in schemas:
            cursor.execute(f"create schema if not exists {quoted(schema)}")
        there = _there(cursor, schema)
        for table in each:
            mark = there.get(table.name.lower())
            if mark is not None and mark[:1] != (lake.owner,):
                whose = "belongs to another warehouse's lake" if mark else "is none of Weir's"
                raise WeirError(
                    f"{schema}.{table.name} on Spark {whose}: drop it there, or give this warehouse another metastore"
                )
            digest = _digest(table, lake)
            if not mark or mark[1] != digest:
                cursor.execute(f"drop table if exists {table.place}")
                cursor.execute(create(table, lake))
                made.append(f"{schema}.{table.name}")
            elif mark[2] != table.files:
                cursor.execute(f"refresh table {table.place}")  # before the mark: a refresh that failed is done again
                cursor.execute(f"alter table {table.place} set {_properties(table, lake)}")
    return made


def locations(cursor: Any, schema: str, like: str = "*") -> dict[str, str]:
    """The address of the folder of each table of a schema of Spark, by name; of those that are `like` Spark's pattern.

    A view has no folder.
    """
    cursor.execute(f"show table extended in {quoted(schema)} like {literal(like)}")
    found = {name: _LOCATION.search(information) for _, name, _, information in cursor.fetchall()}
    return {name: match[1].strip() for name, match in found.items() if match}


def _there(cursor: Any, schema: str) -> dict[str, tuple[str, ...]]:
    """The tables of a schema of Spark: warehouse and digest of each by its mark, nothing for one without."""
    cursor.execute(f"show table extended in {quoted(schema)} like '*'")
    found: dict[str, tuple[str, ...]] = {}
    for _, name, _, information in cursor.fetchall():
        mark = _MARK.search(information)
        found[name.lower()] = (mark[1], mark[2], mark[3]) if mark else ()
    return found


def _properties(table: LakeTable, lake: Lake) -> str:
    return f"tblproperties ('weir.lake' = '{lake.owner}:{_digest(table, lake)}:{table.files}')"


def _digest(table: LakeTable, lake: Lake) -> str:
    """A digest of what the statement says."""
    facts = [lake.location(table.folder), *(f"{column.name}\0{column.spark}" for column in table.columns)]
    return hashlib.sha256("\n".join(facts).encode()).hexdigest()[:16]
