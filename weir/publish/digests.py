"""Digests of tables: the number of rows, and the sum of PostgreSQL's own hash of each row.

In: a table or a select. Out: a digest, as `ops.gates` and `ops.publication_tables` keep it. Sums add up: the digest of
a table is that of its batches together.
"""

from collections.abc import Collection, Mapping
from decimal import Decimal
from typing import Any

import psycopg
from psycopg import sql
from psycopg.rows import tuple_row

from weir.warehouse.catalog import shape_of

FORM = 2  # of the hash of a row; a digest of another form says nothing of the rows now
# Types that PostgreSQL can hash; any other is hashed as its text.
_HASHED = ("smallint", "integer", "bigint", "numeric", "text", "character varying", "boolean", "date", "uuid", "jsonb",
           "timestamp without time zone", "timestamp with time zone", "real", "double precision")  # fmt: skip


def digest_of(connection: psycopg.Connection[Any], schema: str, mart: str, only: Collection[str] | None = None) -> Any:
    """{rows, columns, sum, postgres, form} of a mart's table, over those columns or all; None where one lacks.

    `columns` holds the type of each column, by its name.
    """
    found = shape_of(connection, schema, mart)
    if not found or not set(only or ()) <= set(found.columns):
        return None
    types = found.columns if only is None else {name: found.columns[name] for name in only}
    return digest(connection, found.relation, types)


def digest(connection: psycopg.Connection[Any], relation: sql.Composable, types: Mapping[str, str]) -> Any:
    """{rows, columns, sum, postgres, form} of a relation, a table or a select, over the columns of these types."""
    query = sql.SQL("select count(*), coalesce(sum({}), 0) from {} as t").format(row_hash(types), relation)
    row: Any = connection.cursor(row_factory=tuple_row).execute(query).fetchone()
    return stated(connection, types, row[0], row[1])


def stated(connection: psycopg.Connection[Any], types: Mapping[str, str], rows: int, total: int | Decimal) -> Any:
    """The digest of a table with these columns and this sum of hashes, as it is written down."""
    postgres = connection.info.server_version // 10_000  # another major version may hash differently
    return {"rows": rows, "columns": {name: types[name] for name in sorted(types)}, "sum": str(total),
            "postgres": postgres, "form": FORM}  # fmt: skip


def are_alike(one: Any, other: Any) -> bool:
    """Whether two digests were made by the same hash, so that their sums can be compared."""
    return bool(one["postgres"] == other["postgres"] and one.get("form") == other.get("form"))


def row_hash(types: Mapping[str, str]) -> sql.Composed:
    """The hash of a row over the columns of these types, in SQL; hashes add up to the digest of the rows.

    A record's hash is itself a weighted sum of its columns' hashes, so that the sum over rows would stay the same where
    two rows have exchanged a value; the hash of that hash does not add up so.
    """
    parts = [
        sql.SQL("{}" if types[name].split("(")[0] in _HASHED else "{}::text").format(sql.Identifier(name))
        for name in sorted(types)
    ]
    return sql.SQL("hashtextextended(hash_record_extended(row({}), 0)::text, 0)").format(sql.SQL(", ").join(parts))
