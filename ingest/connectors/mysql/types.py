"""What a MySQL or MariaDB source says of a table: its columns, how each is read exactly, its key.

The types stand here, once. A column has PostgreSQL's type where that holds every value exactly, else it is text as the
server prints it: dates and times, for 0000-00-00, 2024-00-00 and 838:59:59 exist. Literals are hexadecimal and names
in back quotes, so that no sql_mode changes what a query means.
"""

import hashlib
import json
from dataclasses import dataclass
from typing import Any

from ingest.connectors.base import check_columns
from ingest.connectors.mysql.connection import Wire
from ingest.raw.columns import Column
from weir.core.errors import WeirError
from weir.project.names import shortened
from weir.project.sources import Table

# type → raw's type, raw's type where unsigned, how it is read ({} is the column)
EXACT = {
    "tinyint": ("smallint", "smallint", "{}"), "smallint": ("smallint", "integer", "{}"),
    "mediumint": ("integer", "integer", "{}"), "int": ("integer", "bigint", "{}"),
    "bigint": ("bigint", "numeric", "{}"), "decimal": ("numeric", "numeric", "{}"), "year": ("smallint",) * 2 + ("{}",),
    "double": ("double precision",) * 2 + ("{} * 1e0",),  # shortest exact text, also where declared double(10, 2)
    "float": ("real",) * 2 + ("{} * 1e0",),  # by itself the server prints a float's first six digits only
    "bit": ("bit varying",) * 2 + ("LPAD(BIN({}), {size}, 0x30)",), "uuid": ("uuid",) * 2 + ("{}",),
}  # fmt: skip
BYTES = {"binary", "varbinary", "tinyblob", "blob", "mediumblob", "longblob", "vector"}
SHAPES = {"geometry", "point", "linestring", "polygon", "multipoint", "multilinestring", "multipolygon",
          "geometrycollection", "geomcollection"}  # fmt: skip
MOMENTS = {"date", "datetime", "timestamp"}
_AS_UTF8 = {"utf8mb4", "utf8mb3", "utf8", "ascii"}


@dataclass(frozen=True)
class Found(Column):
    """A column at the source. `expr` reads it, FE for NULL; `plain` reads it where columns come apart."""

    origin: str = ""
    plain: str = ""
    nullable: bool = True
    moment: bool = False
    utc: bool = False  # a moment that the session's zone, UTC, tells


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


def describe(wire: Wire, table: Table) -> Relation:
    """The declared table as the account sees it. Raises WeirError when it, or a column named, is not there."""
    database, _, name = table.origin.rpartition(".") if table.origin else ("", "", table.name)
    schema = wire.text(database) if database else "DATABASE()"
    here = f"WHERE table_schema = {schema} AND table_name = {wire.text(name)}"
    found = {row[0] for row in wire.rows(f"SELECT table_name FROM information_schema.columns {here}")}
    here += f" AND BINARY table_name = {wire.text(name)}" if name in found else ""  # `t` and `T` may be two
    rows = wire.rows(f"{_COLUMNS} {here} ORDER BY ordinal_position")
    if not rows:
        have = wire.rows("SELECT table_name FROM information_schema.tables "
                         f"WHERE table_schema = {schema} ORDER BY table_name LIMIT 8")  # fmt: skip
        hint = ", ".join(r[0] for r in have) or "none"
        if (name,) in have:
            raise WeirError(f"the view {name} is broken, or names what its definer may not read: mend it at the source")
        raise WeirError(f"there is no table {table.origin or name} at the source, or the account may not read it "
                        f"(mend its name, or grant it select); it sees: {hint}")  # fmt: skip
    names = [row[0] for row in rows]
    check_columns(table, names)
    if set(table.exclude) & {*table.key, table.cursor}:
        raise WeirError("key and cursor can't be excluded: keep them, or declare others")
    columns = [_column(row) for row in rows if row[0] not in table.exclude]
    keys: dict[str, set[str]] = {}
    for index, column, null in wire.rows(
        f"SELECT index_name, column_name, nullable FROM information_schema.statistics {here} AND non_unique = 0 "
        "AND sub_part IS NULL"
    ):
        keys.setdefault(index, set()).add("?" if null == "YES" or column is None else column)
    # An index on a part of a text, or on an expression, is a smaller set here than at the source: `?` keeps it out.
    prefixed = {r[0] for r in wire.rows("SELECT index_name FROM information_schema.statistics "
                                        f"{here} AND sub_part IS NOT NULL")}  # fmt: skip
    texts = {c.origin for c in columns if c.type == "text"}  # a NUL made visible could make two texts one
    unique = bool(table.key) and not texts & set(table.key) and any(
        columns_ <= set(table.key) for index, columns_ in keys.items() if index not in prefixed
    )  # fmt: skip
    full = ".".join(back(part) for part in [database, name] if part)
    what = [wire.rows("SELECT @@hostname, @@port, DATABASE()"), rows, table.key, table.exclude, table.cursor]
    token = hashlib.md5(json.dumps(what, default=str).encode()).hexdigest()
    return Relation(full, columns, unique, token)


def _column(row: Any) -> Found:
    name, type_, whole, charset, _, size = row
    read, unsigned = back(name), "unsigned" in whole
    if type_ in EXACT:
        signed, wide, how = EXACT[type_]
        plain = how.format(read, size=size)
        return _made(row, wide if unsigned else signed, plain, plain)
    if type_ in BYTES:
        return _made(row, "bytea", f"CONCAT(0x5C78, HEX({read}))", read)
    if type_ in SHAPES:  # WKT, with the reference system where one is given
        srid = f"IF(ST_SRID({read}) = 0, '', CONCAT(0x535249443D, ST_SRID({read}), 0x3B))"
        plain = f"CAST(CONCAT({srid}, ST_AsText({read})) AS BINARY)"
        return _made(row, "text", plain, plain)
    if charset in _AS_UTF8:
        plain = f"CAST({read} AS BINARY)"
    elif charset or type_ == "json":
        plain = f"CAST(CONVERT({read} USING utf8mb4) AS BINARY)"
    else:
        plain = f"CAST(CAST({read} AS CHAR) AS BINARY)"
    return _made(row, "text", plain, plain)


def _made(row: Any, type_: str, expr: str, plain: str) -> Found:
    nullable = row[4] == "YES"
    read = back(row[0])
    # Not IFNULL: a value too long for the server's buffer comes out NULL too, and must not pass for NULL.
    expr = f"IF({read} IS NULL, _binary 0xFE, {expr})" if nullable else expr
    return Found(shortened(row[0]), type_, expr, row[0], plain, nullable, row[1] in MOMENTS,
                 row[1] == "timestamp")  # fmt: skip


def one_value(relation: Relation, where: str) -> str:
    """A query with one value for each row, all of its columns: each ends with FF, NULL is FE, the row ends with FD.

    No UTF-8 holds these bytes. (The server could escape the text, but its REPLACE takes the square of a text's length.)
    """
    return f"SELECT {line(relation)} FROM {relation.name}{where}"


def line(relation: Relation) -> str:
    """The expression that gives all columns of a row as that one value; NULL where it would be too long."""
    parts = ", _binary 0xFF, ".join(c.expr for c in relation.columns)
    return f"CONCAT({parts}, _binary 0xFFFD)"


def values(relation: Relation, where: str) -> str:
    """A query with the rows' columns apart, not escaped; for each, whether it is NULL comes first."""
    parts = ", ".join(f"{back(c.origin)} IS NULL, {c.plain}" for c in relation.columns)
    return f"SELECT {parts} FROM {relation.name}{where}"


_COLUMNS = """SELECT column_name, LOWER(data_type), LOWER(column_type), LOWER(character_set_name), is_nullable,
numeric_precision FROM information_schema.columns"""
