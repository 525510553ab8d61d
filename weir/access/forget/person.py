"""The person to forget: rows of a declared table by their key, and the values by which other rows are known.

In: `source.table` and a key, raw, the marks `meta: {pii: …}` of dbt's YAML. Out: a Place in raw, the numbers of the
person's rows there, and the values of marked columns of all their versions.
"""

import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import psycopg
from psycopg import sql

from weir.core.errors import WeirError
from weir.project import erasure
from weir.project.erasure import Known, Values
from weir.project.marts import manifest_path
from weir.project.names import shortened
from weir.project.personal import Mark, marks_of
from weir.project.plan import Plan
from weir.warehouse.catalog import columns_of

_META = ("_dlt_load_id", "_op", "_seq")
_WHOLE = {"ip", "birth_date"}  # counts only where nothing else stands beside it
NEVER = {"person", "free_text", "none"}  # says nothing of who a row is about, or is the text itself
ALONE = {"name", "phone", "account"}  # finds other rows only where no other row of the table has it
_ADDRESS = re.compile(r"[^@\s]{1,64}@[^@\s]+\.[^@\s]{2,}")  # what is no address (unknown, n/a) says nothing of a person
SHORTEST = 8  # letters of a name, or digits of a number, that may find rows elsewhere


@dataclass(frozen=True)
class Place:
    """A declared table in raw: its columns, and those of its key; a row of a file may have its place for a key."""

    source: str
    table: str
    columns: dict[str, str]
    key: tuple[str, ...]

    @property
    def schema(self) -> str:
        """The schema in raw."""
        return shortened(f"raw_{self.source}")

    @property
    def relation(self) -> sql.Identifier:
        """The table in raw."""
        return sql.Identifier(self.schema, shortened(self.table))

    @property
    def name(self) -> str:
        """`source.table`."""
        return f"{self.source}.{self.table}"

    @property
    def texts(self) -> dict[str, str]:
        """The columns in which values are looked for; the names of files are theirs at the source."""
        return {name: kind for name, kind in self.columns.items() if name != "_file" and erasure.is_searched(kind)}

    def keys(self) -> sql.Composed:
        """The columns of the key as an array of texts."""
        names = [sql.SQL("{}::text").format(sql.Identifier(name)) for name in self.key]
        return sql.SQL("array[{}]::text[]").format(sql.SQL(", ").join(names))


def place_of(connection: psycopg.Connection, plan: Plan, name: str) -> Place:
    """The place of a declared table. Raises WeirError, with a near name, where none is declared or nothing landed."""
    source = plan.pick(None, [name])[0]
    found = place(connection, source.name, source.tables[0].as_landed().key, source.tables[0].name)
    if found is None:
        raise WeirError(f"{name} has never been landed, so there is nobody in it to forget")
    return found


def place(connection: psycopg.Connection, source: str, key: Sequence[str], table: str) -> Place | None:
    """The place of a table with this declared key; None where nothing landed."""
    columns = columns_of(connection, shortened(f"raw_{source}"), shortened(table))
    if not columns:
        return None
    columns = {name: kind.split(" collate ")[0] for name, kind in columns.items() if name not in _META}
    own = [name for name in ("_key", "_id") if name in columns][:1]
    line = [name for name in ("_file", "_line") if name in columns]
    return Place(source, table, columns, tuple(key or own or line))


def places(connection: psycopg.Connection, plan: Plan) -> list[Place]:
    """The places of all declared tables that landed."""
    found = [
        place(connection, source.name, table.as_landed().key, table.name)
        for source in plan.sources
        for table in source.tables
    ]
    return [each for each in found if each]


def parts(where: Place, key: str) -> list[str]:
    """The key as typed, by columns. Raises WeirError where it has another number of parts than the table's key."""
    if not where.key:
        raise WeirError(f"{where.name} has no key, so nobody in it can be named: declare its `key`")
    if len(where.key) == 1:
        return [key]
    found = [part.replace("~1", "|").replace("~0", "~") for part in key.split("|")]
    if len(found) != len(where.key):
        raise WeirError(
            f"{where.name} has a key of {len(where.key)} columns: write it as {'|'.join(where.key)}, in quotes"
        )
    return found


def rows_of(connection: psycopg.Connection, where: Place, keys: Sequence[Sequence[str]]) -> list[int]:
    """The numbers (`_seq`) of all rows of raw that have one of these keys, whatever their version."""
    # one column is compared as such: an array is slower, and keys may be thousands
    if len(where.key) == 1:
        test = sql.SQL("{}::text = any({})").format(sql.Identifier(where.key[0]), sql.Literal([key[0] for key in keys]))
    else:
        listed = sql.SQL(", ").join(sql.SQL("{}::text[]").format(sql.Literal(list(key))) for key in keys)
        test = sql.SQL("{} in ({})").format(where.keys(), listed)
    query = sql.SQL("select _seq from {} where {}").format(where.relation, test)
    return [int(row[0]) for row in connection.execute(query)]


@dataclass(frozen=True)
class Marks:
    """The marked columns of a declared table in raw, and of the staging models that read it."""

    raw: dict[str, Mark]
    models: dict[str, dict[str, Mark]]

    def of_raw(self, where: Place) -> dict[str, str]:
        """The kinds of the marked columns that raw has; a document as a whole is not a value."""
        return {
            name: mark.kind
            for name, mark in self.raw.items()
            if mark.is_personal and name in where.columns and "json" not in where.columns[name]
        }

    def of_model(self, model: str) -> dict[str, str]:
        """The kinds of the marked columns of a staging model."""
        own = {"_key", "_load_id", "_known_from"}
        return {
            name: mark.kind for name, mark in self.models.get(model, {}).items() if mark.is_personal and name not in own
        }


def marks(where: Place, models: Iterable[str]) -> Marks:
    """The marks of the table and of these staging models, by dbt's manifest."""
    try:
        manifest: dict[str, Any] = json.loads(manifest_path().read_text())
    except (OSError, ValueError):
        raise WeirError("dbt's manifest can't be read: type `weir build` first") from None
    raw: dict[str, Mark] = {}
    for node in manifest["sources"].values():
        if (node["source_name"], node["name"]) == (where.source, where.table):
            raw |= {shortened(name): mark for name, mark in marks_of(node).items()}
    wanted = set(models)
    found = {node["name"]: marks_of(node) for node in manifest["nodes"].values() if node["name"] in wanted}
    return Marks(raw, found)


def values(own: bytes, said: Iterable[tuple[str, str]]) -> Values:
    """The values (kind, text) in the form in which they are looked for."""
    known, clear = set(), {}
    for kind, text in said:
        value = text.strip().lower()
        if kind in NEVER or len(value) < 3 or value == erasure.ERASED or value.startswith("erased-"):
            continue
        if kind == "email" and not _ADDRESS.fullmatch(value):
            continue
        short = len(value) < 6 or (kind == "name" and len(value.split()) < 2)
        hashed = erasure.value_hash(own, value)
        known.add(Known(kind, len(value), hashed, short or kind in _WHOLE))
        clear[value] = hashed
    return Values(own, frozenset(known), clear)


def finding(connection: psycopg.Connection, found: Values, others: Iterable[tuple[sql.Composable, str]]) -> list[str]:
    """The values that may find rows elsewhere: e-mail addresses, and what no other row of the person's table has.

    `others` are the queries for that: a relation with its condition, and a column.
    """
    kinds = {each.hash: each for each in found.known}
    searched = list(others)

    def shared(value: str) -> bool:
        query = "select exists (select from {} and lower({}::text) = {})"
        return any(
            connection.execute(
                sql.SQL(query).format(relation, sql.Identifier(column), sql.Literal(value))
            ).fetchone() == (True,)
            for relation, column in searched
        )  # fmt: skip

    def finds(value: str, each: Known) -> bool:
        if each.kind == "email":
            return True
        return each.kind in ALONE and not each.whole and len(value) >= SHORTEST and not shared(value)

    return [value for value, hashed in found.clear.items() if finds(value, kinds[hashed])]
