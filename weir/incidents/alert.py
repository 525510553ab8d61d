"""Tells people of incidents: once when one opens, once when it is over, to each destination.

In: `ops.incidents`, `ops.alerts`, ALERT_URLS. Out: messages, and a row of `ops.alerts` for each. What a destination did
not take is tried again at the next look; that it was not taken is an incident itself.
"""

from typing import Any

import psycopg
from psycopg.rows import dict_row

from weir.alerts.addresses import Destination, destinations
from weir.alerts.send import Message, Tone, send
from weir.core.causes import Cause
from weir.core.faults import brief
from weir.incidents.fault import Fault, Looked
from weir.incidents.kinds import kinds
from weir.incidents.record import settle
from weir.incidents.report import lasted
from weir.incidents.story import moment

_NAME = "Weir: "
_LOCK = "hashtextextended('weir alerts', 0)"


def deliver(connection: psycopg.Connection, run_id: str | None = None) -> None:
    """Send what was not sent yet. `connection` commits by itself. Does nothing without ALERT_URLS, or while another
    process sends."""
    to = destinations()
    _forget(connection, to, run_id)
    if not to or connection.execute(f"select pg_try_advisory_lock({_LOCK})").fetchone() != (True,):
        return
    try:
        faults = _deliver(connection, to)
        if faults:
            with connection.transaction():
                settled = settle(connection, looked_at(faults), run_id)
            if settled.opened:
                _deliver(connection, [each for each in to if not faults.get(each.name)])
    finally:
        connection.execute(f"select pg_advisory_unlock({_LOCK})")


def _forget(connection: psycopg.Connection, to: list[Destination], run_id: str | None) -> None:
    """Close the incidents of destinations that ALERT_URLS no longer holds."""
    rows = connection.execute(_UNDELIVERED, [Cause.ALERT_UNDELIVERED.value, [each.name for each in to]]).fetchall()
    if rows:
        with connection.transaction():
            settle(connection, Looked({f"alerts {name}" for (name,) in rows}), run_id)


def _deliver(connection: psycopg.Connection, to: list[Destination]) -> dict[str, str]:
    """Send each message to those that lack it; returns the fault of each destination that was tried."""
    untold = [cause.value for cause, kind in kinds().items() if not kind.alerts]
    values = {"names": [each.name for each in to], "untold": untold}
    rows = connection.cursor(row_factory=dict_row).execute(_DUE, values).fetchall()
    due = {each: [row for row in rows if each.name in row["lacking"]] for each in to}
    faults = send({each: message(lacking) for each, lacking in due.items() if lacking})
    for destination, lacking in due.items():
        fault = faults.get(destination.name, "")
        sent = [
            [row["incident_id"], row["event"], destination.name, not fault, brief(fault) or None] for row in lacking
        ]
        connection.cursor().executemany(_RECORD, sent)
    return faults


def looked_at(faults: dict[str, str]) -> Looked:
    """What a try of destinations shows: the fault of each by name, empty where it took the message."""
    looked = Looked()
    for name, fault in faults.items():
        area = f"alerts {name}"
        looked.add(area, *([Fault(Cause.ALERT_UNDELIVERED, area, name, (f"{name}: {fault}",))] if fault else []))
    return looked


def message(rows: list[dict[str, Any]]) -> Message:
    """The alert on incidents that opened or are over: one of them, or several in one message."""
    told = [_message(row) for row in rows]
    if len(told) == 1:
        return told[0]
    opened = sum(row["event"] == "opened" for row in rows)
    counts = [f"{opened} new"] * bool(opened) + [f"{len(rows) - opened} over"] * (opened < len(rows))
    tones = [each.tone for each in told]
    tone = next((each for each in (Tone.FAILURE, Tone.WARNING) if each in tones), Tone.SUCCESS)
    titles = [each.title.removeprefix(_NAME) for each in told]
    whole = [f"{title}\n{each.text}" for title, each in zip(titles, told, strict=True)]
    text = "\n\n".join(["\n".join(titles), *whole])
    return Message(f"{_NAME}incidents: {', '.join(counts)}", text, tone)


def _message(row: dict[str, Any]) -> Message:
    if row["event"] == "closed":
        text = f"It began {moment(row['opened_at'])} and lasted {lasted(row)}. Nothing is to be done."
        return Message(f"{_NAME}over: {row['title']}", text, Tone.SUCCESS)
    lines = [row["what"], row["affected"], row["readers"], row["turn"]]
    if row["command"]:
        lines += ["", f"To type next: {row['command']}"]
    lines += [f"All of it: weir incident {row['incident_id']}"]
    tone = Tone.FAILURE if row["severity"] == "stopped" else Tone.WARNING
    return Message(f"{_NAME}{row['title']}", "\n".join(lines), tone)


_UNDELIVERED = """
select subject from ops.incidents where closed_at is null and cause = %s and not subject = any(%s::text[])"""
# What opened and is open, and what is over of that which was told; for each the destinations that lack it.
_DUE = """
with events as (
    select incident_id, subject, 'opened' as event from ops.incidents
    where closed_at is null and not cause = any(%(untold)s)
    union all
    select incident_id, subject, 'closed' from ops.incidents where closed_at is not null
),

lacking as (
    select events.incident_id, events.event, array_agg(name) as lacking
    from events cross join unnest(%(names)s::text[]) as name
    where name <> events.subject  -- that it can't be reached is told to the others
        and not exists (
            select from ops.alerts as a
            where a.incident_id = events.incident_id and a.event = events.event and a.destination = name
                and a.sent_at is not null
        )
        and (events.event = 'opened' or exists (
            select from ops.alerts as a
            where a.incident_id = events.incident_id and a.event = 'opened' and a.destination = name
                and a.sent_at is not null
        ))
    group by events.incident_id, events.event
)

select i.*, lacking.event, lacking.lacking
from lacking inner join ops.incidents as i on i.incident_id = lacking.incident_id
order by i.opened_at, i.incident_id, lacking.event desc"""
_RECORD = """
insert into ops.alerts (incident_id, event, destination, sent_at, error)
values (%s, %s, %s, case when %s then clock_timestamp() end, %s)
on conflict (incident_id, event, destination) do update set
    tries = ops.alerts.tries + 1, tried_at = clock_timestamp(), sent_at = excluded.sent_at, error = excluded.error"""
