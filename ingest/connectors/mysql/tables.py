"""Tables made of a MySQL or MariaDB catalog: kinds of columns, keys, rules.

In: the rows of a Catalog. Out: Tables. A check is translated to PostgreSQL's dialect, or told in a note.
"""

import re
from collections import defaultdict
from typing import Any

from ingest.connectors.mysql.types import BYTES, column_in_raw
from ingest.connectors.mysql.whole_catalog import Catalog
from ingest.connectors.translated import in_postgresql
from weir.project.scaffold.described import Check, Column, ForeignKey, Kind, Table

_KINDS: dict[str, Kind] = {
    "tinyint": "integer", "smallint": "integer", "mediumint": "integer", "int": "integer", "bigint": "integer",
    "year": "integer", "decimal": "numeric", "double": "double", "float": "double", "date": "date",
    "datetime": "timestamp", "timestamp": "timestamptz", "time": "time", "json": "json", "uuid": "uuid",
    "char": "text", "varchar": "text", "tinytext": "text", "text": "text", "mediumtext": "text", "longtext": "text",
    "enum": "text", "set": "text", **dict.fromkeys(BYTES, "bytes"),
}  # fmt: skip
_FLAGS = {"tinyint(1)", "bit(1)"}
_LABEL = re.compile(r"'((?:[^']|'')*)'")
_INTRODUCER = re.compile(r"_(?:utf8mb4|utf8mb3|utf8|latin1|ascii)\s*(?=')")


def made_tables(catalog: Catalog, schema: str, own: str, checks: dict[str, str]) -> list[Table]:
    """All tables of the database; `own` is the name of the address's database, in which tables have no schema."""
    return [_table(catalog, row, schema, own, checks) for row in catalog.tables]


def _table(catalog: Catalog, row: Any, schema: str, own: str, checks: dict[str, str]) -> Table:
    name, kind, rows, size, comment = row
    is_view = "VIEW" in kind
    table = Table(name, schema, "view" if is_view else "table", "" if is_view else comment or "", rows=rows, bytes=size)
    said = [(check, _as_written(clause)) for check, clause in catalog.checks[name]]
    documents = {column for column, *_ in catalog.columns[name] if _is_json(column, said)}
    table.columns = [_column(each, documents) for each in catalog.columns[name]]
    if not table.columns:
        table.left_out = "the view is broken, or names what its definer may not read: mend it at the source"
    _set_keys(table, catalog.keys[name])
    _set_parents(table, catalog.parents[name], own)
    for check, clause in said:
        if _LABEL.sub("''", clause) and not any(_json(column) == clause for column in documents):
            sql = in_postgresql(clause, "mysql")
            if sql:
                checks[sql] = clause
                table.checks.append(Check(check, sql, is_exact=False))
            else:
                table.notes.append(f"check {check} can't be said in PostgreSQL's words: {clause}")
    names = [*(key[0] for key in catalog.keys[name]), *(parent[0] for parent in catalog.parents[name])]
    table.parts = " ".join(dict.fromkeys(each for each in [*names, *(check for check, _ in said)] if each != "PRIMARY"))
    return table


def _column(row: Any, documents: set[str]) -> Column:
    name, type_, nullable, precision = row[0], row[1], row[4] == "YES", row[5]
    declared, scale, letters, extra, comment = row[6:11]
    kind: Kind = "json" if name in documents else _KINDS.get(type_, "other")
    labels = tuple(label.replace("''", "'") for label in _LABEL.findall(declared)) if type_ == "enum" else ()
    note = "computed by the source" if "GENERATED" in extra.upper().replace("DEFAULT_GENERATED", "") else ""
    size = precision if kind == "numeric" else letters if type_ in {"char", "varchar"} else None
    return Column(name, kind, column_in_raw(row[:6]).type, declared, nullable, comment or "", labels,
                  int(scale) if kind == "numeric" else None, None if size is None else int(size), note=note,
                  flag=declared.lower() in _FLAGS)  # fmt: skip


def _set_keys(table: Table, keys: list[Any]) -> None:
    """Take keys from unique indexes over whole columns."""
    found: dict[str, list[str | None]] = defaultdict(list)
    for index, column, non_unique, part in keys:
        if not int(non_unique):
            found[index].append(None if part is not None else column)
    for index, columns in found.items():
        names = tuple(column for column in columns if column is not None)
        if len(names) < len(columns):
            continue  # over a part of a text, or over an expression
        if index == "PRIMARY":
            table.primary_key = names
        else:
            table.unique.append(names)


def _set_parents(table: Table, parents: list[Any], own: str) -> None:
    found: dict[str, list[Any]] = defaultdict(list)
    for constraint, *rest in parents:
        found[constraint].append(rest)
    for rows in found.values():
        schema = "" if rows[0][1] == own else rows[0][1]
        table.foreign_keys.append(ForeignKey(tuple(row[0] for row in rows), schema, rows[0][2],
                                             tuple(row[3] for row in rows)))  # fmt: skip


def _as_written(clause: str) -> str:
    r"""The clause as one would write it: MySQL shows _utf8mb4\'x\' for 'x'."""
    return _INTRODUCER.sub("", clause.replace(r"\'", "'"))


def _json(column: str) -> str:
    return f"json_valid(`{column}`)"


def _is_json(column: str, checks: list[tuple[str, str]]) -> bool:
    """Whether the column is MariaDB's JSON, a text with a check."""
    return any(clause == _json(column) for _, clause in checks)
