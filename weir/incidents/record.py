"""The record of incidents: opens, keeps and closes them in `ops.incidents`, by what was looked at.

In: a Looked, the run that looked. Out: the ids of incidents that opened and closed. An incident is one cause at one
subject: found again it stays the same one; its area looked at without it, it closes by itself.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

import psycopg

from weir.core.faults import brief
from weir.core.secrets import redact
from weir.incidents.downstream import Downstream, downstream
from weir.incidents.fault import Fault, Looked
from weir.incidents.story import Readers, tell

LINES = 20  # of evidence that an incident keeps


@dataclass
class Settled:
    """The ids of the incidents that opened and closed."""

    opened: list[int] = field(default_factory=list)
    closed: list[int] = field(default_factory=list)


def settle(connection: psycopg.Connection, looked: Looked, run_id: str | None, now: datetime | None = None) -> Settled:
    """Write down what was found, in the caller's transaction: new incidents, those seen again, those healed."""
    now = now or datetime.now(UTC)
    connection.execute("select pg_advisory_xact_lock(hashtextextended('weir incidents', 0))")
    readers = seen_by_readers(connection)
    found = looked.by_place()
    settled = Settled()
    open_ = connection.execute(_OPEN).fetchall()
    known = {(cause, subject, area): (number, since) for number, cause, subject, area, since in open_}
    for place, (number, _) in known.items():
        if place not in found and looked.covers(place[2]):
            connection.execute(_CLOSE, [now, run_id, number])
            settled.closed.append(number)
    for place, fault in found.items():
        number, since = known.get(place, (None, fault.since or now))
        values = _values(fault, since, _well(connection, fault), readers) | {
            "now": now,
            "run": run_id,
            "number": number,
        }
        row = connection.execute(_AGAIN if number else _NEW, values).fetchone()
        if number is None and row:
            settled.opened.append(int(row[0]))
    return settled


def seen_by_readers(connection: psycopg.Connection) -> Readers:
    """What readers see by the record of publications."""
    row = connection.execute(_IN_FORCE).fetchone()
    return Readers(*row) if row else Readers()


def _well(connection: psycopg.Connection, fault: Fault) -> datetime | None:
    """When what failed to land has landed last, by its receipts; None where it never did, or nothing failed to land."""
    if not fault.area.startswith("land "):
        return None
    source = fault.area.split(" ")[1].split(".")[0]
    tables = [name.split(".", 1)[1] for name in fault.tables] or None
    row = connection.execute(_LAST_LANDED, {"source": source, "tables": tables}).fetchone()
    return row[0] if row else None


def _values(fault: Fault, since: datetime, well: datetime | None, readers: Readers) -> dict[str, object]:
    below: Downstream = downstream(fault.nodes)
    story = tell(fault, well or since, below, readers)
    return {
        "cause": fault.cause.value, "subject": fault.subject, "area": fault.area, "severity": story.severity,
        "title": story.title, "what": story.what, "affected": story.affected, "readers": story.readers,
        "turn": story.turn, "command": story.command or None, "rows": fault.rows, "since": since,
        "evidence": evidence(fault.lines), "downstream": list(below.marts), "exposures": list(below.exposures),
    }  # fmt: skip


def evidence(lines: Sequence[str]) -> list[str]:
    """The lines that an incident keeps: on one line each, without secrets."""
    kept = [brief(redact(line), 600) for line in lines[:LINES]]
    return [*kept, f"and {len(lines) - LINES} more"] if len(lines) > LINES else kept


_OPEN = "select incident_id, cause, subject, area, opened_at from ops.incidents where closed_at is null"
_IN_FORCE = """
select as_of, published_at from ops.publications where rolled_back_at is null order by publication_id desc limit 1"""
_LAST_LANDED = """
select max(landed_at) from ops.landings
where source = %(source)s and (%(tables)s::text[] is null or table_name = any(%(tables)s::text[]))"""
_CLOSE = "update ops.incidents set closed_at = %s, closed_by = %s where incident_id = %s"
_NEW = """
insert into ops.incidents (
    cause, subject, area, severity, title, what, affected, readers, turn, command, rows, evidence, downstream,
    exposures, opened_at, opened_by, last_seen_at
) values (
    %(cause)s, %(subject)s, %(area)s, %(severity)s, %(title)s, %(what)s, %(affected)s, %(readers)s, %(turn)s,
    %(command)s, %(rows)s, %(evidence)s, %(downstream)s, %(exposures)s, %(since)s, %(run)s, %(now)s
) returning incident_id"""
_AGAIN = """
update ops.incidents set
    severity = %(severity)s, title = %(title)s, what = %(what)s, affected = %(affected)s, readers = %(readers)s,
    turn = %(turn)s, command = %(command)s, rows = %(rows)s, evidence = %(evidence)s, downstream = %(downstream)s,
    exposures = %(exposures)s, last_seen_at = %(now)s, times_seen = times_seen + 1
where incident_id = %(number)s returning incident_id"""
