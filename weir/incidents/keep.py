"""Keeps what was looked at: writes incidents down, prints those that opened or are over, sends alerts.

In: a Looked, of a run, a command or the watchdog. Out: `ops.incidents`, `ops.alerts`, lines on the terminal. Where the
warehouse does not answer, an outage is noted instead.
"""

import psycopg

from weir import warehouse
from weir.core.errors import WeirError
from weir.incidents import alert, outage
from weir.incidents.fault import Looked
from weir.incidents.record import settle
from weir.incidents.report import print_settled


def keep(looked: Looked, run_id: str | None = None) -> bool:
    """Keep it; returns whether the warehouse could be used."""
    try:
        opened = warehouse.connect(autocommit=True)
    except (WeirError, psycopg.OperationalError) as lost:
        outage.begin(lost)
        return False
    with opened as connection:
        outage.end(connection, run_id)
        with connection.transaction():
            settled = settle(connection, looked, run_id)
        print_settled(connection, settled)
        alert.deliver(connection, run_id)
    return True
