"""What follows a look, of a run or of a command by hand: the record of incidents, what is printed, and who is told.

In: a Looked. Out: `ops.incidents`, printed lines, alerts. A fault in here is printed as a warning, and fails nothing.
"""

from collections.abc import Callable

import psycopg

from weir import warehouse
from weir.core import terminal
from weir.core.errors import WeirError
from weir.core.faults import one_line
from weir.incidents import alert, outage
from weir.incidents.fault import Looked
from weir.incidents.record import Settled, settle
from weir.incidents.report import print_settled


def settled(see: Callable[[], list[Looked]], run_id: str | None = None) -> Settled:
    """Settle what `see` gives, one look after the other; what opens in one may be over by the next."""
    try:
        return _settle(see, run_id)
    except Exception as fault:
        terminal.warn(f"incidents: {one_line(fault)}")
        return Settled()


def _settle(see: Callable[[], list[Looked]], run_id: str | None) -> Settled:
    try:
        opened = warehouse.connect(autocommit=True)
    except (WeirError, psycopg.OperationalError) as lost:
        outage.begin(lost)
        return Settled()
    with opened as connection:
        both = outage.end(connection, run_id)
        for looked in see():
            with connection.transaction():
                found = settle(connection, looked, run_id)
            both.opened += found.opened
            both.closed += found.closed
        print_settled(connection, both)
        alert.deliver(connection, run_id)
    return both
