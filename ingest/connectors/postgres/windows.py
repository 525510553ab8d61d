"""Windows of an indexed cursor, for huge tables to which rows are only appended (`append_only: true`).

A window is [low, high). `high` is the start of the oldest transaction that was open before the snapshot was taken: a
row that the server stamps bears the start of its transaction, or a later moment. So a window misses no row, and no row
lands twice. Rows that break this rule (clocks of applications, changes, deletes, NULL) are found by the sweep, a
landing by row version every `sweep`. Where open transactions can't be seen (a standby, an account without
pg_read_all_stats), every landing is a sweep.
"""

from dataclasses import dataclass
from datetime import datetime

from ingest.connectors.base import State
from ingest.raw.columns import Column, as_named
from ingest.raw.connection import Wire
from weir.core.causes import Cause
from weir.core.errors import WeirError
from weir.project.plan import Table, duration

SWEEP = "1 day"
_MARGIN = "2 seconds"  # a transaction shows in pg_stat_activity a moment after it has begun
_CAN_SEE = "select not pg_is_in_recovery() and pg_has_role('pg_read_all_stats', 'usage')"
# Weir's own sessions only read.
_OLDEST = f"""select (least($1::text::timestamptz, min(xact_start)) - interval '{_MARGIN}')::text from pg_stat_activity
where datname = current_database() and application_name is distinct from 'weir land'
and pid <> pg_backend_pid() and backend_type <> 'autovacuum worker'"""
# PostgreSQL keeps when a transaction was prepared, not when it began: so no window ends while one is prepared.
_PREPARED = "select exists (select from pg_prepared_xacts where database = current_database())"


@dataclass(frozen=True)
class Ahead:
    """The transactions that were open at the source just before the snapshot."""

    now: str
    high: str | None  # every row stamped before it is visible; None where open transactions can't be seen
    held: bool  # a transaction is prepared


def look(wire: Wire) -> Ahead:
    """Read the clock, then the open transactions, then the prepared ones: in this order none is missed."""
    now = str(wire.value("select clock_timestamp()::text"))
    sees = wire.connection.get_server_version().major >= 10 and wire.value(
        _CAN_SEE
    )  # 9.6 has neither role nor backend_type
    high = wire.value(_OLDEST, now) if sees else None
    return Ahead(now, high, bool(wire.value(_PREPARED)))


def require_moment(table: Table, columns: list[Column]) -> None:
    """Raise WeirError where the cursor can't be compared with the server's clock."""
    kind = next((c.type for c in columns if c.expr == as_named(str(table.cursor))), "")
    if kind != "timestamp with time zone":
        raise WeirError(
            f"append_only needs a cursor of type timestamp with time zone ({table.cursor} is {kind or 'excluded'}): "
            "leave append_only out, and the table lands by row version",
            cause=Cause.SHAPE_CHANGED,
        )


def window(table: Table, state: State, ahead: Ahead) -> tuple[str, str] | None:
    """The condition of the next window, and where it ends; None when a sweep is due or no end is known."""
    low, every = state.get("low"), duration(table.sweep or SWEEP).total_seconds()
    if low is None or state["xids"] is None or ahead.high is None or _age(state["swept"], ahead.now) >= every:
        return None
    high = low if ahead.held else max(low, ahead.high, key=datetime.fromisoformat)
    cursor = as_named(str(table.cursor))
    return f"{cursor} >= '{low}'::timestamptz and {cursor} < '{high}'::timestamptz", high


def following(ahead: Ahead) -> State:
    """The state after all rows of a snapshot have landed."""
    return {"low": None if ahead.held else ahead.high, "swept": ahead.now}


def _age(then: str, now: str) -> float:
    return (datetime.fromisoformat(now) - datetime.fromisoformat(then)).total_seconds()
