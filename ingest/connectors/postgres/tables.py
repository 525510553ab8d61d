"""Tables made of a PostgreSQL catalog: kinds of columns, keys, rules; domains stand for their base types.

In: the rows of a Catalog. Out: Tables, each with the catalog rows of its columns.
"""

import re
from collections import defaultdict
from typing import Any

from ingest.connectors.postgres.catalog import column_in_raw
from ingest.connectors.postgres.whole_catalog import Catalog
from ingest.connectors.reflected import without_rights
from ingest.raw import columns as raw
from ingest.raw.columns import as_named
from weir.project.scaffold.described import Check, Column, ForeignKey, Kind, Table

_KINDS: dict[str, Kind] = {
    "int2": "integer", "int4": "integer", "int8": "integer", "oid": "integer", "numeric": "numeric",
    "money": "numeric", "float4": "double", "float8": "double", "bool": "boolean", "text": "text", "varchar": "text",
    "bpchar": "text", "name": "text", "char": "text", "date": "date", "timestamp": "timestamp",
    "timestamptz": "timestamptz", "time": "time", "timetz": "time", "interval": "interval", "uuid": "uuid",
    "json": "json", "jsonb": "json", "xml": "xml", "bytea": "bytes",
}  # fmt: skip
_FOREIGN = "a foreign table: its rows lie in another database"


def made_tables(catalog: Catalog, checks: dict[str, str]) -> list[tuple[Table, dict[str, raw.Column]]]:
    """All tables, each with its columns as in raw; `checks` receives each check's text at the source itself."""
    columns, constraints, indexes = (_by_relation(rows) for rows in (
        catalog.columns, catalog.constraints, catalog.indexes))  # fmt: skip
    types = _Types(catalog.types)
    made = []
    for row in catalog.relations:
        oid = row["oid"]
        table = _table(row)
        table.columns = [types.column(each, constraints[oid]) for each in columns[oid]]
        _set_keys(table, indexes[oid], inherited=row["inherited"])
        _set_rules(table, constraints[oid], types)
        for each in columns[oid]:
            table.checks += types.checks(each)
        table.checks = [_plain(check, types, checks) for check in table.checks]
        names = [each["name"] for each in [*constraints[oid], *indexes[oid]] if each.get("kind") != "n"]
        table.parts = " ".join(dict.fromkeys(names))
        made.append((table, {each["attname"]: types.in_raw(each) for each in columns[oid]}))
    return made


def _by_relation(rows: list[Any]) -> dict[int, list[Any]]:
    found: dict[int, list[Any]] = defaultdict(list)
    for row in rows:
        found[row["relation"]].append(row)
    return found


def _table(row: Any) -> Table:
    table = Table(row["name"], row["schema"], "table" if row["kind"] in "rp" else "view", row["comment"],
                  rows=None if row["kind"] in "vf" else row["rows"], bytes=row["bytes"])  # fmt: skip
    if row["kind"] == "f":
        table.notes.append(_FOREIGN)
    if not row["entered"]:
        without_rights(table, f"grant it usage on the schema {row['schema']}")
    elif not row["readable"]:
        without_rights(table, "grant it select on the table")
    if row["inherits"]:
        table.left_out = table.left_out or f"its rows are part of {row['inherits']}, from which it inherits"
    return table


def _set_keys(table: Table, indexes: list[Any], inherited: bool) -> None:
    """Take keys from unique indexes that hold for every row at every moment."""
    for index in indexes:
        if not index["is_unique"] or not index["plain"]:
            continue
        columns = tuple(index["columns"])
        if not index["immediate"]:
            table.notes.append(f"({', '.join(columns)}) is not taken as a key: it is checked late (deferrable)")
            continue
        if inherited:
            table.notes.append(f"rows of tables that inherit from it may repeat ({', '.join(columns)})")
        if index["is_primary"]:
            table.primary_key = columns
        else:
            table.unique.append(columns)


def _set_rules(table: Table, constraints: list[Any], types: "_Types") -> None:
    for row in constraints:
        if row["kind"] == "f":
            table.foreign_keys.append(ForeignKey(tuple(row["columns"]), row["parent_schema"], row["parent"],
                                                 tuple(row["parents"]), row["valid"]))  # fmt: skip
        if row["kind"] != "c":
            continue
        if not row["valid"]:
            table.notes.append(f"check {row['name']} is not valid: older rows may break it ({row['expression']})")
        elif row["calls"]:
            table.notes.append(f"check {row['name']} calls {row['calls']}(), a function of the source's own: "
                               f"{row['expression']}")  # fmt: skip
        else:
            table.checks.append(Check(row["name"], row["expression"]))


def _plain(check: Check, types: "_Types", checks: dict[str, str]) -> Check:
    """The check without types that only the source knows."""
    sql = types.without_own(check.sql)
    checks[sql] = check.sql
    return Check(check.name, sql)


class _Types:
    """The types that users made: domains and enums."""

    def __init__(self, rows: list[Any]) -> None:
        self.rows = {row["oid"]: row for row in rows}
        self.shown = {row["shown"]: row["base_shown"] if row["kind"] == "d" else "text" for row in rows}
        names = sorted(map(re.escape, self.shown), key=len, reverse=True)
        self.casts = re.compile(rf"::({'|'.join(names)})(?![\w.\"])") if names else None

    def column(self, row: Any, constraints: list[Any]) -> Column:
        """The column, with its base type where it has a domain."""
        name, modifier, required, labels, type_ = row["typname"], row["modifier"], row["required"], (), row["type"]
        while (own := self.rows.get(type_)) and own["kind"] == "d":
            name, type_, required = own["name"], own["base"], required or own["required"]
            modifier = own["modifier"]
        landed = self.in_raw(row)
        if own:
            labels = tuple(own["labels"] or ())
        is_core = own is None and (row["core"] or type_ != row["type"])
        kind: Kind = "text" if own else "array" if landed.type.endswith("[]") or row["element"] else "other"
        kind = _KINDS.get(name, kind) if is_core else kind
        if any(c["kind"] == "n" and not c["valid"] and c["columns"] == [row["attname"]] for c in constraints):
            required = False  # NOT NULL that was not tried on older rows
        scale, size = _sizes(name, modifier) if is_core else (None, None)
        note = f"computed by the source: {row['computed']}" if row["computed"] else ""
        return Column(row["attname"], kind, landed.type, row["declared"], not required, row["comment"], labels,
                      scale, size, note=note)  # fmt: skip

    def in_raw(self, row: Any) -> raw.Column:
        """The column's type in raw, and what reads it: of a domain lands what stands beneath it."""
        found = {name: row[name] for name in ("attname", "typname", "element", "core")} | {"domain": False}
        type_ = row["type"]
        while (own := self.rows.get(type_)) and own["kind"] == "d":
            found |= {"typname": own["name"], "element": own["element"], "core": own["core"], "domain": True}
            type_ = own["base"]
        return column_in_raw(found)

    def checks(self, row: Any) -> list[Check]:
        """The checks of the column's domain, over the column."""
        found, type_ = [], row["type"]
        while (own := self.rows.get(type_)) and own["kind"] == "d":
            for name, sql in own["checks"] or []:
                found.append(Check(f"{row['attname']}: {name}", _over(sql, row["attname"])))
            type_ = own["base"]
        return found

    def without_own(self, sql: str) -> str:
        """The predicate with a domain's base type, and text for an enum, where it casts to them."""
        while self.casts and (changed := self.casts.sub(lambda found: f"::{self.shown[found[1]]}", sql)) != sql:
            sql = changed
        return sql


def _over(sql: str, column: str) -> str:
    """A domain's predicate with the column's name in place of VALUE, but within texts."""
    parts = re.split(r"('(?:[^']|'')*')", sql)
    return "".join(part if part.startswith("'") else re.sub(r"\bVALUE\b", lambda _: as_named(column), part)
                   for part in parts)  # fmt: skip


def _sizes(name: str, modifier: int) -> tuple[int | None, int | None]:
    """The digits after the point, and all digits or letters; None where the type fixes none."""
    if modifier < 4 or name not in {"numeric", "varchar", "bpchar"}:
        return None, None
    given = modifier - 4
    return (((given & 0x7FF) ^ 0x400) - 0x400, given >> 16) if name == "numeric" else (None, given)
