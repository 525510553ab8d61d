"""Reads what the portal shows: views of `ops` and `quality`, and published marts, row by row as they are.

In: a connection that reads. Out: rows, or a sentence that says why there are none. Nothing is counted here: each number
stands in a view or a mart. A view that is missing costs its own section, never the page.
"""

import time
from dataclasses import dataclass, field
from typing import Any

import psycopg
from psycopg import sql
from psycopg.rows import dict_row

from weir.core.faults import brief
from weir.core.secrets import redact
from weir.portal.declared import Chart
from weir.project.marts import PUBLISHED

MOST = 5000  # rows of one chart
PATIENCE = 8.0  # seconds for all that is read
Row = dict[str, Any]

VIEWS = {
    "today": "select * from ops.ops_today",
    "incidents": "select * from ops.ops_incidents where closed_at is null "
    "order by case severity when 'stopped' then 0 else 1 end, opened_at, incident_id",
    "incidents over": "select * from ops.ops_incidents where closed_at is not null order by closed_at desc limit 5",
    "freshness": "select * from ops.ops_freshness order by source, table_name",
    "deliveries": "select * from ops.ops_deliveries where day > (select max(day) - 60 from ops.ops_deliveries) "
    "order by source, day",
    "balance": "select * from ops.ops_balance_by_table order by verdict = 'holds', source, table_name, model",
    "quarantine": "select * from ops.ops_quarantine order by open_rows desc, model, reasons limit 200",
    "held back": "select * from quality.held_back_by_reason order by rows desc, model, reason limit 200",
    "gates": "select * from ops.ops_gates where is_newest order by passed, gate, scope limit 200",
    "runs": "select * from ops.ops_runs order by started_at desc, run_id desc limit 40",
    "steps": "select * from ops.ops_run_steps where command = 'run' "
    "order by started_at desc, run_id desc, step limit 240",
    "growth": "select * from ops.ops_growth order by bytes desc, schema_name, table_name limit 12",
    "disk": "select * from ops.ops_disk order by day desc limit 90",
    "publications": "select * from ops.ops_publications where publication_id = "
    "(select publication_id from ops.ops_today) and mart not like 'analytics_private.%' order by mart",
    "readers": "select * from ops.ops_readers order by read_count desc, mart, login limit 100",
    "unread": "select * from ops.ops_unread_marts where last_read_at is null order by mart",
}


@dataclass(frozen=True)
class Found:
    """Rows of a view or a mart; or none, and why."""

    rows: list[Row] = field(default_factory=list)
    fault: str = ""
    missing: bool = False  # there is no such view or mart, or it lacks a column: it is older than this Weir


class Reader:
    """Reads one view after the other, all in the time that there is."""

    def __init__(self, connection: psycopg.Connection) -> None:
        self._connection = connection
        self._until = time.monotonic() + PATIENCE

    def view(self, name: str) -> Found:
        """The rows of one of VIEWS."""
        return self._read(sql.SQL(VIEWS[name]), name)

    def chart(self, chart: Chart) -> Found:
        """The rows of a mart that its chart shows."""
        found = self._read(_of_mart(chart), chart.mart)
        if len(found.rows) > MOST:
            return Found(fault=f"{chart.mart} has more than {MOST:,} rows for this chart: let it say `last`, or make a "
                               "smaller mart of it")  # fmt: skip
        return found

    def _read(self, query: sql.SQL | sql.Composed, name: str) -> Found:
        left = self._until - time.monotonic()
        if left <= 0.05:
            return Found(
                fault=f"there was no time left to read it: {PATIENCE:.0f} seconds are given to all of the page"
            )
        try:
            with self._connection.transaction(), self._connection.cursor(row_factory=dict_row) as cursor:
                cursor.execute(f"set local statement_timeout = {int(left * 1000)}")
                return Found(cursor.execute(query).fetchall())
        except psycopg.errors.QueryCanceled:
            return Found(
                fault=f"it took longer than {PATIENCE:.0f} seconds to read, which are given to all of the page"
            )
        except (psycopg.errors.UndefinedTable, psycopg.errors.InvalidSchemaName, psycopg.errors.UndefinedColumn):
            return Found(fault="it is not there yet: the next run that builds and publishes makes it", missing=True)
        except psycopg.Error as fault:
            return Found(fault=f"it could not be read: {brief(redact(fault))}")


def _of_mart(chart: Chart) -> sql.Composed:
    table = sql.Identifier(PUBLISHED, chart.mart)
    names = [name for name in (chart.x, chart.by, *chart.y) if name]
    columns = sql.SQL(", ").join(map(sql.Identifier, dict.fromkeys(names)))
    query = sql.SQL("select {} from {}").format(columns, table)
    if chart.chart == "table":
        orders = [
            sql.SQL("{} desc nulls last" if falls else "{} asc nulls last").format(sql.Identifier(name))
            for name, falls in chart.order
        ]
        if orders:
            query += sql.SQL(" order by ") + sql.SQL(", ").join(orders)
        return query + sql.SQL(" limit {}").format(sql.Literal(min(chart.last or 50, MOST)))
    newest = sql.Identifier(chart.by if chart.chart == "cohorts" else chart.x)
    query += sql.SQL(" where {} is not null").format(newest)
    if chart.last:
        query += sql.SQL(
            " and {0} in (select distinct {0} from {1} where {0} is not null order by {0} desc limit {2})"
        ).format(newest, table, sql.Literal(chart.last))
    order = sql.SQL(", ").join(map(sql.Identifier, dict.fromkeys(filter(None, (chart.x, chart.by)))))
    return query + sql.SQL(" order by {} limit {}").format(order, sql.Literal(MOST + 1))
