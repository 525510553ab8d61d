"""Prints incidents: those that opened and closed, the open ones, one of them whole."""

from datetime import UTC, datetime
from typing import Any

import psycopg
from psycopg.rows import dict_row

from weir.core import terminal
from weir.core.errors import WeirError
from weir.incidents.record import Settled
from weir.incidents.story import moment

SHOWN = 5  # open incidents that are told in whole; of more only the titles


def print_settled(connection: psycopg.Connection, settled: Settled) -> None:
    """Print a line for each incident that opened, and for each that is over."""
    for row in _rows(connection, "incident_id = any(%s)", [settled.opened]):
        number = row["incident_id"]
        terminal.say(f"Incident {number}: {row['title']} (weir incident {number})", style="yellow")
    for row in _rows(connection, "incident_id = any(%s)", [settled.closed]):
        terminal.say(f"Incident {row['incident_id']} is over: {row['title']} ({lasted(row)})", style="green")


def print_open(connection: psycopg.Connection) -> int:
    """Print the open incidents, or that there is none; returns how many."""
    rows = _rows(connection, "closed_at is null")
    if not rows:
        terminal.say("No incident is open.", style="green")
        return 0
    terminal.say(f"{len(rows)} incident{'s are' if len(rows) > 1 else ' is'} open", style="bold red")
    for row in rows[:SHOWN]:
        _print_one(row)
    for row in rows[SHOWN:]:
        terminal.say(f"{row['incident_id']}  {row['title']}", style="bold")
    return len(rows)


def print_all(connection: psycopg.Connection, most: int = 20) -> None:
    """Print the open incidents, and the newest ones that are over as a table."""
    print_open(connection)
    over = _rows(connection, "closed_at is not null", newest=True)[:most]
    if over:
        cells = [[row["incident_id"], row["title"], row["opened_at"], lasted(row)] for row in over]
        terminal.table("Over", ["#", "incident", "began", "lasted"], cells)


def print_whole(connection: psycopg.Connection, number: int) -> None:
    """Print one incident with its evidence. Raises WeirError when there is none of that number."""
    rows = _rows(connection, "incident_id = %s", [number])
    if not rows:
        raise WeirError(f"there is no incident {number}: `weir incident` lists them")
    row = rows[0]
    _print_one(row)
    if row["closed_at"]:
        terminal.say(f"It is over since {moment(row['closed_at'])} ({lasted(row)}).", style="green")
    for title, names in (("Marts that depend on it", row["downstream"]), ("Used by", row["exposures"])):
        if names:
            terminal.say(f"{title}: {', '.join(names)}")
    if row["evidence"]:
        terminal.say("Evidence", style="bold")
        for line in row["evidence"]:
            terminal.say(f"  {line}")
    terminal.say(
        f"Cause: {row['cause']} · found {row['times_seen']} time{'s' if row['times_seen'] > 1 else ''}, last "
        f"{moment(row['last_seen_at'])} · run {row['opened_by'] or 'none'}",
        style="dim",
    )


def lasted(row: dict[str, Any]) -> str:
    """How long the incident lasted, or lasts, in the largest unit."""
    end = row["closed_at"] or datetime.now(UTC)
    seconds = max(0, int((end - row["opened_at"]).total_seconds()))
    for size, unit in ((86400, "day"), (3600, "hour"), (60, "minute")):
        if seconds >= size:
            return f"{seconds // size} {unit}{'s' if seconds >= 2 * size else ''}"
    return f"{seconds} second{'' if seconds == 1 else 's'}"


def _print_one(row: dict[str, Any]) -> None:
    style = "green" if row["closed_at"] else "bold red" if row["severity"] == "stopped" else "bold yellow"
    terminal.say(f"{row['incident_id']}  {row['title']}", style=style)
    for name in ("what", "affected", "readers", "turn"):
        terminal.say(f"   {row[name]}")
    if row["command"] and not row["closed_at"]:
        terminal.say(f"   To type next: {row['command']}", style="bold")


def _rows(
    connection: psycopg.Connection, where: str, values: list[Any] | None = None, newest: bool = False
) -> list[dict[str, Any]]:
    cursor = connection.cursor(row_factory=dict_row)
    order = "closed_at desc, incident_id desc" if newest else "severity desc, opened_at, incident_id"
    return cursor.execute(f"select * from ops.incidents where {where} order by {order}", values or []).fetchall()
