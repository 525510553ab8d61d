"""`weir watch`: one look of the watchdog, which needs neither Prefect nor a run. From cron or a timer of systemd.

In: the warehouse, Prefect's address, the disk, the clock. Out: incidents, alerts, a heartbeat; exit code 1 where an
incident is open or nothing could be looked at. A warehouse that does not answer is an incident itself.
"""

import os

import psycopg

from flows import server
from weir import warehouse
from weir.core import terminal
from weir.core.causes import Cause
from weir.core.env import load_project
from weir.core.errors import WeirError
from weir.core.faults import one_line
from weir.incidents import watched
from weir.incidents.fault import Looked
from weir.incidents.report import print_open
from weir.incidents.settled import settled
from weir.portal import site
from weir.warehouse.embedded.server import data_folder, running_port


def look() -> int:
    """Look once."""
    from weir.alerts import heartbeat

    load_project()
    watched.run_every()  # what can't be read is said before anything is looked at
    if not os.environ.get("WAREHOUSE_URL") and running_port() is None:
        if not (data_folder() / "postmaster.pid").exists():
            terminal.say("The warehouse was stopped in order, so nothing is watched: `weir up` starts it.")
            return 0
        return _outage(WeirError("the embedded warehouse has died: `weir up` starts it", cause=Cause.WAREHOUSE_DOWN))
    try:
        connection = warehouse.connect(autocommit=True)
    except (WeirError, psycopg.OperationalError) as fault:
        return _outage(fault)
    with connection:
        looked = _look(connection)
        changed = settled(lambda: [looked])
        open_ = print_open(connection)
    if changed.opened or changed.closed:
        site.write_and_tell(server.ui())
    try:
        heartbeat.beat()
    except WeirError as fault:
        terminal.warn(str(fault))
    return int(open_ > 0)


def _look(connection: psycopg.Connection) -> Looked:
    """Look with a warehouse that answers."""
    from flows import watched as of_prefect

    looked = watched.watch(connection)
    try:
        of_prefect.watch(looked)
    except WeirError as fault:
        terminal.warn(str(fault))
    return looked


def _outage(fault: BaseException) -> int:
    from weir.incidents import outage

    story = outage.begin(fault)
    site.write_and_tell(server.ui())
    for line in (story.what, story.affected, story.readers, story.turn):
        terminal.say(line)
    terminal.fail(one_line(fault))
    return 1
