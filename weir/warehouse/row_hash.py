"""The hash of a row by which two tables are compared: 64 bits of all its bytes, to be added up over many rows.

PostgreSQL's own hash of a record adds up hashes of its columns. Over several rows its sum stays the same where two
rows have exchanged the values of a column, and it takes 1.0 for 1.00. So the hash is made of the row's binary form.
"""

from collections.abc import Mapping

# Types whose binary form tells all that `record *<>` sees of them, 1.0 from 1.00 too; of any other the text is hashed.
_BINARY = {"smallint", "integer", "bigint", "numeric", "real", "double precision", "text", "character varying",
           "boolean", "date", "uuid", "bytea", "jsonb", "timestamp without time zone", "timestamp with time zone",
           "time without time zone"}  # fmt: skip


def row_hash(columns: Mapping[str, str]) -> str:
    """The hash as SQL, a bigint; `columns` are expressions with their types. Two rows agree by 1 in 2^64."""
    values = [name if kind.split("(")[0] in _BINARY else f"{name}::text" for name, kind in columns.items()]
    # the hash of a record of one column is the hash of that column's bytes
    return f"hash_record_extended(row(record_send(row({', '.join(values)}))), 0)"
