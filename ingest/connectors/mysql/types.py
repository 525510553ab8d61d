"""The catalog of a MySQL or MariaDB source: a table's columns, the expressions that read them exactly, its key.

In: a declared table. Out: a Relation. The types stand here alone. A column has PostgreSQL's type where that holds every
value exactly; else it lands as the text that the server prints. Dates and times are text, because 0000-00-00,
2024-00-00 and 838:59:59 exist. A timestamp is an instant, and its text says so by +00; one that an earlier version
landed without a zone stays without. Literals are hexadecimal and names stand in back quotes, so that no sql_mode
changes a query.
"""

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from ingest.connectors.base import check_columns, places
from ingest.connectors.mysql.connection import Wire
from ingest.raw.columns import Column
from weir.core.causes import Cause
from weir.core.errors import WeirError
from weir.project.names import shortened
from weir.project.plan import Table

# type → its type in raw, its type in raw where unsigned, the expression that reads it ({} is the column)
EXACT = {
    "tinyint": ("smallint", "smallint", "{}"), "smallint": ("smallint", "integer", "{}"),
    "mediumint": ("integer", "integer", "{}"), "int": ("integer", "bigint", "{}"),
    "bigint": ("bigint", "numeric", "{}"), "decimal": ("numeric", "numeric", "{}"), "year": ("smallint",) * 2 + ("{}",),
    "double": ("double precision",) * 2 + ("{} * 1e0",),  # shortest exact text, also where declared double(10, 2)
    "float": ("real",) * 2 + ("{} * 1e0",),  # without it the server prints only six digits of a float
    "bit": ("bit varying",) * 2 + ("LPAD(BIN({}), {size}, 0x30)",), "uuid": ("uuid",) * 2 + ("{}",),
}  # fmt: skip
BYTES = {"binary", "varbinary", "tinyblob", "blob", "mediumblob", "longblob", "vector"}
SHAPES = {"geometry", "point", "linestring", "polygon", "multipoint", "multilinestring", "multipolygon",
          "geometrycollection", "geomcollection"}  # fmt: skip
MOMENTS = {"date", "datetime", "timestamp"}
_AS_UTF8 = {"utf8mb4", "utf8mb3", "utf8", "ascii"}


@dataclass(frozen=True)
class Found(Column):
    """A column at the source.

    `expr` reads the column when a whole row is sent as one value (NULL is byte 0xFE); `expr_apart` when each column is
    sent separately.
    """

    origin: str = ""
    expr_apart: str = ""
    nullable: bool = True
    moment: bool = False
    utc: bool = False  # a moment that the server converts to the session's zone, which is UTC
    zoned: bool = False  # such a moment, whose text ends with +00


@dataclass
class Relation:
    """A table or view at the source."""

    name: str  # quoted, with its database where declared
    columns: list[Found]
    unique: bool  # the declared key is unique and never NULL, by the source's own promise
    token: str

    def column(self, origin: str) -> Found:
        """The column of that name at the source."""
        return next(c for c in self.columns if c.origin == origin)


def back(name: str) -> str:
    """The name in back quotes."""
    return "`" + name.replace("`", "``") + "`"


def describe(wire: Wire, table: Table, zoned: Callable[[str], bool] = lambda name: True) -> Relation:
    """The declared table as the account sees it. Raises WeirError when it, or a column named, is not there.

    `zoned` says of a timestamp, by its name in raw, whether it lands with its zone.
    """
    for database, name in (meant := places(table)) + meant[:1]:  # where none is there, the first is told
        schema = wire.text(database) if database else "DATABASE()"
        here = f"WHERE table_schema = {schema} AND table_name = {wire.text(name)}"
        if found := {row[0] for row in wire.rows(f"SELECT table_name FROM information_schema.columns {here}")}:
            break
    here += f" AND BINARY table_name = {wire.text(name)}" if name in found else ""  # `t` and `T` may be two
    rows = wire.rows(f"{_COLUMNS} {here} ORDER BY ordinal_position")
    if not rows:
        have = wire.rows("SELECT table_name FROM information_schema.tables "
                         f"WHERE table_schema = {schema} ORDER BY table_name LIMIT 8")  # fmt: skip
        hint = ", ".join(r[0] for r in have) or "none"
        if (name,) in have:
            told = f"the view {name} is broken, or names what its definer may not read: mend it at the source"
            raise WeirError(told, cause=Cause.TABLE_GONE)
        raise WeirError(f"there is no table {table.origin or name} at the source, or the account may not read it "
                        f"(mend its name, or grant it select); it sees: {hint}",
                        cause=Cause.TABLE_GONE)  # fmt: skip
    names = [row[0] for row in rows]
    out = check_columns(table, names)
    columns = [column_in_raw(row, zoned) for row in rows if row[0] not in out]
    keys: dict[str, set[str]] = {}
    for index, column, null in wire.rows(
        f"SELECT index_name, column_name, nullable FROM information_schema.statistics {here} AND non_unique = 0 "
        "AND sub_part IS NULL"
    ):
        keys.setdefault(index, set()).add("?" if null == "YES" or column is None else column)
    # An index on a part of a text, or on an expression, does not make the whole column unique: `?` keeps it out.
    prefixed = {r[0] for r in wire.rows("SELECT index_name FROM information_schema.statistics "
                                        f"{here} AND sub_part IS NOT NULL")}  # fmt: skip
    texts = {c.origin for c in columns if c.type == "text"}  # two texts could become equal when a NUL is made visible
    unique = bool(table.key) and not texts & set(table.key) and any(
        columns_ <= set(table.key) for index, columns_ in keys.items() if index not in prefixed
    )  # fmt: skip
    full = ".".join(back(part) for part in [database, name] if part)
    what = [wire.rows("SELECT @@hostname, @@port, DATABASE()"), rows, table.key, table.read_as, table.cursor]
    token = hashlib.md5(json.dumps(what, default=str).encode()).hexdigest()
    return Relation(full, columns, unique, token)


def column_in_raw(row: Any, zoned: Callable[[str], bool] = lambda name: True) -> Found:
    """The column of a catalog row: its type in raw, and the expressions that read it."""
    name, type_, whole, charset, _, size = row
    read, unsigned = back(name), "unsigned" in whole
    if type_ in EXACT:
        signed, wide, how = EXACT[type_]
        expr_apart = how.format(read, size=size)
        return _made(row, wide if unsigned else signed, expr_apart, expr_apart)
    if type_ in BYTES:
        return _made(row, "bytea", f"CONCAT(0x5C78, HEX({read}))", read)
    if type_ in SHAPES:  # WKT, with the reference system where there is one
        srid = f"IF(ST_SRID({read}) = 0, '', CONCAT(0x535249443D, ST_SRID({read}), 0x3B))"
        expr_apart = f"CAST(CONCAT({srid}, ST_AsText({read})) AS BINARY)"
        return _made(row, "text", expr_apart, expr_apart)
    if charset in _AS_UTF8:
        expr_apart = f"CAST({read} AS BINARY)"
    elif charset or type_ == "json":
        expr_apart = f"CAST(CONVERT({read} USING utf8mb4) AS BINARY)"
    else:
        expr_apart = f"CAST(CAST({read} AS CHAR) AS BINARY)"
    if type_ == "timestamp" and zoned(shortened(name)):  # 0000-00-00 00:00:00 is no instant
        expr_apart = f"CONCAT({expr_apart}, IF(YEAR({read}) = 0, '', 0x2B3030))"
        return _made(row, "text", expr_apart, expr_apart, zoned=True)
    return _made(row, "text", expr_apart, expr_apart)


def _made(row: Any, type_: str, expr: str, expr_apart: str, zoned: bool = False) -> Found:
    nullable = row[4] == "YES"
    read = back(row[0])
    # Not IFNULL: a value too long for the server's buffer is NULL as well, and must not be taken for one.
    expr = f"IF({read} IS NULL, _binary 0xFE, {expr})" if nullable else expr
    return Found(shortened(row[0]), type_, expr, row[0], expr_apart, nullable, row[1] in MOMENTS,
                 row[1] == "timestamp", zoned)  # fmt: skip


def one_value(relation: Relation, where: str) -> str:
    """The query that sends each row as one value: each column ends with FF, NULL is FE, the row ends with FD.

    UTF-8 never holds these bytes. (The server could escape the text, but its REPLACE is quadratic.)
    """
    return f"SELECT {line(relation)} FROM {relation.name}{where}"


def line(relation: Relation) -> str:
    """The expression that joins all columns of a row into one value; NULL where that would be too long."""
    parts = ", _binary 0xFF, ".join(c.expr for c in relation.columns)
    return f"CONCAT({parts}, _binary 0xFFFD)"


def values(relation: Relation, where: str) -> str:
    """The query that sends columns separately, not escaped; before each stands whether it is NULL."""
    parts = ", ".join(f"{back(c.origin)} IS NULL, {c.expr_apart}" for c in relation.columns)
    return f"SELECT {parts} FROM {relation.name}{where}"


_COLUMNS = """SELECT column_name, LOWER(data_type), LOWER(column_type), LOWER(character_set_name), is_nullable,
numeric_precision FROM information_schema.columns"""
CATALOG = """
SELECT t.table_schema, t.table_name, t.table_schema = DATABASE(), (
    SELECT CONCAT('[', GROUP_CONCAT(JSON_QUOTE(s.column_name) ORDER BY s.seq_in_index), ']')
    FROM information_schema.statistics s
    WHERE s.table_schema = t.table_schema AND s.table_name = t.table_name AND s.index_name = 'PRIMARY')
FROM information_schema.tables t
WHERE t.table_type = 'BASE TABLE' AND t.table_schema NOT IN ('mysql', 'information_schema', 'performance_schema', 'sys')
ORDER BY 1, 2"""
