"""The measures of gate raw: one row per table of a source, each number beside its limit.

In: `ops.landings`, the rows of raw that staging has not taken yet (waiting.py), the measures of earlier gates. Out:
rows for the suite in suites/raw.py. Without history the limits are absolute and wide.
"""

from datetime import UTC, datetime
from itertools import pairwise
from typing import Any

import psycopg
from psycopg import sql

from expectations.limits import likeness, waiting
from expectations.limits.moved import moved
from weir.project.plan import Source, Table
from weir.warehouse.catalog import columns_of

Connection = psycopg.Connection[dict[str, Any]]
# With fewer rows nothing is judged: in a small company a handful of rows is a large share.
FEW = 20
FEW_LANDED = 1000
# A source may be silent for so many days before it is compared with its usual silence.
QUIET_DAYS = 7
QUIET_AT_FIRST = 30  # while two landings are not known yet
LIMITED = (
    "rows_landed",
    "rows_deleted",
    "null_keys",
    "null_cursors",
    "unreadable",
    "days_old",
    "days_silent",
    "rows_there",
)


def measure(connection: Connection, source: Source, run_id: str, as_of: datetime) -> dict[str, Any]:
    """Measure the source's tables.

    Returns {tables: a row of measures per table, loads: the load ids measured, profiles: of new rows, by table,
    moved: what was ever told to have moved, by table}.
    """
    past, profiles, told = _past_gates(connection, source.name)
    rows, loads, seen = [], set(), {}
    for table in source.tables:
        row, judged = _table(connection, source, table, run_id, past.get(table.name, []))
        if judged and table.land != "lake":  # rows in the lake alone are not looked at, but counted
            seen[table.name] = _look(connection, source, table.as_landed(), judged[0], row, profiles, told, as_of)
        rows.append(row)
        loads |= set(judged)
    _freshness(rows, as_of, [gate for gates in past.values() for gate in gates])
    _silence(connection, source, rows, as_of)
    return {"tables": rows, "loads": sorted(loads), "profiles": seen, "moved": told}


def _look(
    connection: Connection, source: Source, table: Table, load: str, row: dict[str, Any],
    past: dict[str, list[likeness.Profile]], told: dict[str, list[str]], as_of: datetime,
) -> likeness.Profile:  # fmt: skip
    """Say in `row` how the newest load's rows are unlike those before; returns their profile. Adds to `told`."""
    known = told.get(table.name, [])
    place = (f"raw_{source.name}", table.name)
    profile = likeness.profile(connection, place, [load], row["rows_landed"])  # older ones were judged
    said = likeness.unlike(profile, past.get(table.name, []), as_of)
    found = {} if row["missing_columns"] else moved(connection, place, table.key, load, profile, as_of)
    said += [f"{what} {where}" for what, where in found.items() if what not in known]
    if found:
        told[table.name] = sorted({*known, *found})
    row["unlike"] = "; ".join(said) or None
    return profile


def _silence(connection: Connection, source: Source, rows: list[dict[str, Any]], as_of: datetime) -> None:
    """Measure for how many days the source has brought nothing; limit = 3 × the longest such time before."""
    query = "select distinct as_of from ops.landings where source = %s and landed > 0 order by as_of desc limit 60"
    moments = [row["as_of"] for row in connection.execute(query, [source.name])]
    if not moments or not rows:
        return
    rows[0]["days_silent"] = round(max((as_of - moments[0]).total_seconds() / 86400, 0), 1)
    gaps = [(newer - older).total_seconds() / 86400 for newer, older in pairwise(moments)]
    usual = max(QUIET_DAYS, round(3 * max(gaps), 1)) if len(gaps) > 1 else QUIET_AT_FIRST
    rows[0]["days_silent_at_most"] = usual


def _table(
    connection: Connection, source: Source, table: Table, run_id: str, past: list[dict[str, Any]]
) -> tuple[dict[str, Any], list[str]]:
    table = table.as_landed()
    receipts = connection.execute(_RECEIPTS, {"source": source.name, "table": table.name, "run": run_id}).fetchall()
    pending = [receipt for receipt in receipts if receipt["pending"]]
    staged = [receipt for receipt in receipts if not receipt["pending"]]
    row: dict[str, Any] = dict.fromkeys(f"{name}{end}" for name in LIMITED for end in ("", "_at_most"))
    row |= {"table_name": table.name, "missing_columns": None, "rows_before": None, "unlike": None}
    there = list(columns_of(connection, f"raw_{source.name}", table.name))
    row["newest"] = _newest(connection, source, table, receipts, there)
    if not pending:
        return row, []
    loads = [receipt["load_id"] for receipt in pending]
    wanted = [*table.key, *table.columns, *([table.cursor] if table.cursor and "." not in table.cursor else [])]
    brought = pending[0]["columns"] or there
    row["missing_columns"] = ", ".join(sorted({name for name in wanted if name not in brought})) or None
    row["rows_landed"] = sum(receipt["landed"] for receipt in pending)
    row["rows_deleted"] = sum(receipt["deleted"] for receipt in pending)
    if table.land != "lake":
        row |= waiting.count(connection, source, table, loads, there)
    row["rows_before"] = next((r["source_rows"] for r in staged if r["source_rows"] is not None), None)
    if row["rows_before"] is not None:
        row["rows_deleted_at_most"] = max(min(FEW, row["rows_before"] - 1), (row["rows_before"] - 1) // 2)
    row["rows_there"] = pending[0]["source_rows"]
    row["rows_there_at_most"] = 2 * row["rows_before"] - 1 if (row["rows_before"] or 0) >= FEW else None
    row["rows_landed_at_most"] = _usual_volume(pending, staged)
    landed = row["rows_landed"]
    row["null_keys_at_most"] = _usual_share(past, "null_keys", landed, absolute=0.1, slack=0.01)
    row["null_cursors_at_most"] = _usual_share(past, "null_cursors", landed, absolute=0.5, slack=0.05)
    row["unreadable_at_most"] = _usual_share(past, "unreadable", landed, absolute=0.2, slack=0.01)
    return row, loads


def _usual_volume(pending: list[dict[str, Any]], staged: list[dict[str, Any]]) -> int | None:
    """Limit = 10 × the busiest past landing per day × the days passed; None where only the first load is known."""
    if len(staged) < 2:
        return None
    busiest = max(
        newer["landed"] / max((newer["as_of"] - older["as_of"]).total_seconds() / 86400, 1)
        for newer, older in pairwise(staged)
    )
    days = max((pending[0]["as_of"] - staged[0]["as_of"]).total_seconds() / 86400, 1)
    return max(FEW_LANDED, int(10 * busiest * days))


def _usual_share(past: list[dict[str, Any]], name: str, landed: int, absolute: float, slack: float) -> int:
    """Limit = 5 × the highest past share + `slack`; with no past landings, `absolute`."""
    shares = [row[name] / row["rows_landed"] for row in past if row.get("rows_landed") and row.get(name) is not None]
    share = min(absolute, 5 * max(shares) + slack) if shares else absolute
    return max(FEW, int(share * landed))


def _freshness(rows: list[dict[str, Any]], as_of: datetime, past: list[dict[str, Any]]) -> None:
    """Measure the age of the source's newest row; limit = 3 × the greatest age at earlier gates."""
    aged = [row for row in rows if row["newest"] is not None]
    if not aged:
        return
    freshest = max(aged, key=lambda row: row["newest"])
    freshest["days_old"] = round(max((as_of - freshest["newest"]).total_seconds() / 86400, 0), 1)
    ages = [row["days_old"] for row in past if row.get("days_old") is not None]
    if len(ages) > 1:
        freshest["days_old_at_most"] = max(QUIET_DAYS, round(3 * max(ages), 1))
    for row in aged:
        row["newest"] = row["newest"].isoformat()


def _newest(
    connection: Connection, source: Source, table: Table, receipts: list[dict[str, Any]], there: list[str]
) -> datetime | None:
    """The newest cursor of the newest load that is not in the future; None where the cursor is no moment."""
    if not receipts or table.cursor not in there:
        return None
    query = sql.SQL(
        "select max(moment) as newest from (select {column}::text as moment from {table} where _dlt_load_id = {load} "
        "and {column}::text < {tomorrow}) as cursors where moment ~ '^[0-9]{{4}}-[0-9]{{2}}-[0-9]{{2}}'"
    ).format(
        column=sql.Identifier(table.cursor or ""),
        table=sql.Identifier(f"raw_{source.name}", table.name),
        load=receipts[0]["load_id"],
        tomorrow=receipts[0]["as_of"].date().isoformat() + "T99",
    )
    row: Any = connection.execute(query).fetchone()
    try:
        found = datetime.fromisoformat(row["newest"])
    except (TypeError, ValueError):
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def _past_gates(
    connection: Connection, source: str
) -> tuple[dict[str, list[dict[str, Any]]], dict[str, list[likeness.Profile]], dict[str, list[str]]]:
    """The measures of the last gates that the source passed, the profiles of their rows, what was told, by table."""
    past: dict[str, list[dict[str, Any]]] = {}
    profiles: dict[str, list[likeness.Profile]] = {}
    told: dict[str, list[str]] | None = None
    query = """select results from ops.gates where gate = 'raw' and scope = %s and passed
               order by checked_at desc limit 30"""
    for row in connection.execute(query, [source]):
        if told is None:  # the newest gate has it all
            told = dict((row["results"] or {}).get("moved", {}))
        for table in (row["results"] or {}).get("tables", []):
            past.setdefault(table["table_name"], []).append(table)
        for name, profile in (row["results"] or {}).get("profiles", {}).items():
            profiles.setdefault(name, []).append(profile)
    return past, profiles, told or {}


# Newest first. A load is judged until staging has taken it; where no model reads the table, until a gate has passed it.
_RECEIPTS = """
select load_id, max(as_of) as as_of, sum(landed)::bigint as landed, sum(deleted)::bigint as deleted,
       max(source_rows) as source_rows, (array_agg(columns order by job desc))[1] as columns,
       case when exists (select from pg_temp.staged where (source, table_name) = (%(source)s, %(table)s))
            then not exists (select from pg_temp.staged where (source, table_name, load_id)
                             = (%(source)s, %(table)s, ops.landings.load_id))
            else bool_or(run_id = %(run)s) or load_id not in (
                select jsonb_array_elements_text(results -> 'loads') from ops.gates
                where gate = 'raw' and scope = %(source)s and passed and jsonb_typeof(results -> 'loads') = 'array'
            ) end as pending
from ops.landings
where source = %(source)s and table_name = %(table)s and landed > 0
group by load_id
order by max(landed_at) desc
limit 60"""
