"""`weir alert`: who is told of incidents, and what was sent last; with --test a trial message to every address."""

import socket

from weir import warehouse
from weir.alerts.addresses import usable
from weir.alerts.send import Message, Tone, send
from weir.core import terminal
from weir.core.env import load_project
from weir.incidents.alert import looked_at
from weir.incidents.record import settle

_LAST = """
select alerts.destination, alerts.incident_id, incidents.title, alerts.event, alerts.sent_at, alerts.tries,
    coalesce(alerts.error, '')
from ops.alerts inner join ops.incidents using (incident_id)
order by alerts.tried_at desc limit 20"""


def show_alerts(test: bool) -> int:
    """Print the destinations and the last alerts, or send a trial; returns 1 when a destination did not take it."""
    load_project()
    to = usable()
    if not test:
        terminal.say(f"Alerts go to {', '.join(each.name for each in to)}.")
        with warehouse.connect() as connection:
            rows = connection.execute(_LAST).fetchall()
        if rows:
            columns = ["destination", "incident#", "title", "event", "sent", "tries#", "fault"]
            terminal.table("Last alerts", columns, rows)
        return 0
    text = f"This is a trial, sent by a person from {socket.gethostname()}. Nothing has happened."
    faults = send(dict.fromkeys(to, Message("Weir: a trial", text, Tone.INFO)))
    terminal.table("Trial", ["destination", "taken", "fault"], [[name, not why, why] for name, why in faults.items()])
    with warehouse.connect() as connection:
        settle(connection, looked_at(faults), None)
    return int(any(faults.values()))
