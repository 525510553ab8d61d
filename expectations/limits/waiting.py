"""Counts of the rows of raw that wait for staging, for gate raw.

In: a table of raw and its waiting loads. Out: counts by name. Several loads wait where the gate failed before; then
each row counts by its last version, as it will in staging.
"""

from typing import Any

import psycopg
from psycopg import sql

from weir.project.plan import Source, Table

Connection = psycopg.Connection[dict[str, Any]]


def count(connection: Connection, source: Source, table: Table, loads: list[str], there: list[str]) -> dict[str, int]:
    """Count null_keys, null_cursors and unreadable, each where the table can have such rows.

    Where several loads wait, counts rows_landed and rows_deleted as well. `loads` are sorted newest first, `there` are
    the table's columns.
    """
    upsert = sql.SQL("_op = 'upsert'")
    readable = sql.SQL("{} and _error is null").format(upsert) if "_error" in there else upsert
    keys = [sql.SQL("{} is null").format(sql.Identifier(name)) for name in table.key if name in there]
    tests: dict[str, sql.Composable] = {}
    if keys:
        tests["null_keys"] = sql.SQL("{} and ({})").format(readable, sql.SQL(" or ").join(keys))
    if table.cursor in there:
        tests["null_cursors"] = sql.SQL("{} and {} is null").format(readable, sql.Identifier(table.cursor or ""))
    if "_error" in there:
        tests["unreadable"] = sql.SQL("{} and _error is not null").format(upsert)
    identity = _identity(table, there) if len(loads) > 1 else None
    if not (tests or identity):
        return {}
    judged = [*tests, *(["rows_landed", "rows_deleted"] if identity else [])]
    query = sql.SQL(_LAST if identity else _ALL).format(
        relation=sql.Identifier(f"raw_{source.name}", table.name),
        id=identity or sql.SQL("null"),
        tests=sql.SQL("").join(
            sql.SQL(", {} as {}").format(test, sql.Identifier(name)) for name, test in tests.items()
        ),
        counts=sql.SQL(", ").join(
            sql.SQL("count(*) filter (where {0}) as {0}").format(*[sql.Identifier(n)]) for n in judged
        ),
        loads=loads,
        later=loads[:-1],
    )
    found = connection.execute(query).fetchone()
    return {name: int(value) for name, value in (found or {}).items()}


def _identity(table: Table, there: list[str]) -> sql.Composable | None:
    """The expression that identifies a row, as one text: its key, or for a line without a key its file and number."""
    parts: list[sql.Composable] = [sql.Identifier(name) for name in (table.key or ["_key"]) if name in there]
    if "_file" in there:
        unkeyed = sql.SQL("".join(" and {} is null" for _ in parts)).format(*parts)
        parts += [
            sql.SQL("case when true{} then {} end").format(unkeyed, sql.Identifier(name)) for name in ("_file", "_line")
        ]
    return sql.SQL("row({})::text").format(sql.SQL(", ").join(parts)) if parts else None


_ALL = """
select {counts} from (select _op{tests} from {relation} where _dlt_load_id = any({loads})) as waiting"""
# The last version of each row. Rows inserted and deleted again before any load was staged are not counted.
_LAST = """
with waiting as (
    select {id} as _id, _seq, _op{tests} from {relation} where _dlt_load_id = any({loads})
),

later as (
    select {id} as _id, max(_seq) as _seq from {relation} where _dlt_load_id = any({later}) group by 1
),

last as (
    select waiting.* from waiting left join later on later._id = waiting._id
    where later._seq is null or later._seq <= waiting._seq
),

known as (
    select distinct {id} as _id from {relation}
    where not _dlt_load_id = any({loads}) and {id} in (select _id from last where _op = 'delete')
)

select {counts}
from (
    select last.*, _op = 'upsert' or known._id is not null as rows_landed,
        _op = 'delete' and known._id is not null as rows_deleted
    from last left join known on known._id = last._id
) as standing"""
