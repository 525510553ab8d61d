"""The balance: counts every row from the source to staging and quarantine.

In: `ops.landings`, raw, `ops.ledger`, staging, `quality.quarantine`. Out: one `Line` of counts per table (and staging
model), and its `Equation`s. The warehouse makes all counts; `weir verify` compares row by row.
"""

from dataclasses import replace
from typing import Any

import psycopg
from psycopg import sql
from psycopg.rows import dict_row

from weir import warehouse
from weir.ledger.equations import Line
from weir.ledger.staged import rows_of
from weir.warehouse.catalog import exists


def lines(run_id: str | None = None) -> list[Line]:
    """The counts of every table that the run landed, or of every table over all runs."""
    with warehouse.connect() as connection:
        connection.execute("set transaction isolation level repeatable read read only")
        cursor = connection.cursor(row_factory=dict_row)
        tables: dict[tuple[str, str], list[dict[str, Any]]] = {}
        for receipt in cursor.execute(_RECEIPTS, {"run": run_id}):
            tables.setdefault((receipt["source"], receipt["table_name"]), []).append(receipt)
        ledger: dict[tuple[str, str], dict[str, dict[str, dict[str, Any]]]] = {}
        for step in cursor.execute(_LEDGER):
            models = ledger.setdefault((step["source"], step["table_name"]), {})
            models.setdefault(step["model"], {})[step["load_id"]] = step
        found = []
        for place, receipts in tables.items():
            line = _landed(connection, *place, receipts, all_loads=run_id is None)
            models = ledger.get(place) or {}
            found += [_staged(connection, line, receipts, model, steps) for model, steps in models.items()] or [line]
        return found


def _landed(
    connection: psycopg.Connection, source: str, table: str, receipts: list[dict[str, Any]], all_loads: bool
) -> Line:
    """The line of a table, with the counts up to raw."""
    expected = {receipt["load_id"]: int(receipt["landed"]) for receipt in receipts if receipt["landed"]}
    line = Line(
        source,
        table,
        extracted=sum(int(receipt["extracted"]) for receipt in receipts),
        unchanged=sum(int(receipt["unchanged"]) for receipt in receipts),
        tombstones=sum(int(receipt["tombstones"]) for receipt in receipts),
        landed=sum(expected.values()),
        loads=len(expected),
        duplicates=int(receipts[0]["duplicates"] or 0),
    )
    counted: dict[str, int] = {}
    if any(receipt["in_lake"] for receipt in receipts):
        values = [all_loads, list(expected), source, table]
        counted = dict(connection.execute(_IN_LAKE, values).fetchall())
    elif exists(connection, f"raw_{source}", table):
        # without parameters, because a % in a name would be taken for one
        query = sql.SQL("select _dlt_load_id, count(*) from {} where {} or _dlt_load_id = any({}) group by 1")
        relation = sql.Identifier(f"raw_{source}", table)
        counted = dict(connection.execute(query.format(relation, all_loads, list(expected))).fetchall())
    line.in_raw = sum(counted.values())
    line.wrong = sorted(load for load in expected | counted if expected.get(load, 0) != counted.get(load, 0))
    return line


def _staged(
    connection: psycopg.Connection,
    landed: Line,
    receipts: list[dict[str, Any]],
    model: str,
    steps: dict[str, dict[str, Any]],
) -> Line:
    """The line with the counts of a staging model, by the newest step for each load."""
    mine = [steps[receipt["load_id"]] for receipt in receipts if receipt["load_id"] in steps and receipt["landed"]]
    line = replace(
        landed,
        model=model,
        staged_loads=len(mine),
        accepted=sum(int(step["accepted"]) for step in mine),
        accepted_by_hand=sum(int(step["accepted_by_hand"]) for step in mine),
        rejected=sum(int(step["rejected"]) for step in mine),
        superseded=sum(int(step["superseded"]) for step in mine),
        deleted=sum(int(step["deleted"]) for step in mine),
        erased=sum(int(step["erased"]) for step in mine),
        erased_rows=int(receipts[0]["erased"]),
        source_rows=receipts[0]["source_rows"],
    )
    line.staging = rows_of(connection, model)
    query = sql.SQL("select count(distinct key) from quality.quarantine where model = {} and resolved_at is null")
    line.quarantined = _count(connection, query.format(sql.Literal(model)))
    return line


def _count(connection: psycopg.Connection, query: sql.Composed) -> int:
    row = connection.execute(query).fetchone()
    return int(row[0]) if row else 0


# Rows that were not compared (row versions, a first load) are all new; of others some were unchanged.
_RECEIPTS = """
with receipts as (
    select *, case when compared then extracted - (landed - deleted) else 0 end as unchanged
    from ops.landings
),

newest as (  -- the number of rows at the source is known only if the table's newest receipt counted them
    select distinct on (source, table_name) source, table_name, source_rows, duplicates, erased
    from ops.landings
    order by source, table_name, landed_at desc, load_id desc
)

select
    source, table_name, load_id, sum(extracted) as extracted, sum(unchanged) as unchanged,
    sum(deleted) as tombstones, sum(landed) as landed, max(newest.source_rows) as source_rows,
    max(newest.duplicates) as duplicates, max(newest.erased) as erased, bool_or(in_lake) as in_lake
from receipts join newest using (source, table_name)
where %(run)s::text is null or run_id = %(run)s
group by source, table_name, load_id
order by source, table_name, load_id"""
# What landing counted in the file; that the file is there, and whole, each build sees to.
_IN_LAKE = """
select load_id, rows from ops.lake_files
where (%s or load_id = any(%s)) and source = %s and table_name = %s"""
_LEDGER = """
select distinct on (model, load_id)
    source, table_name, model, load_id, accepted, accepted_by_hand, rejected, superseded, deleted, erased
from ops.ledger
order by model, load_id, built_at desc"""
