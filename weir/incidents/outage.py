"""An outage of the warehouse: kept in a file while it lasts, for the record of incidents lies in the warehouse itself.

In: the fault of a connection. Out: `home()/outage.json`, alerts; and when the warehouse is back, the incident with both
of its ends.
"""

import fcntl
import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg

from weir.alerts.addresses import destinations
from weir.alerts.send import send
from weir.core.causes import Cause
from weir.core.errors import cause_of
from weir.core.secrets import redact
from weir.core.settings import home
from weir.incidents.alert import message
from weir.incidents.downstream import EVERYTHING, downstream
from weir.incidents.fault import Fault, Looked
from weir.incidents.record import Settled, settle
from weir.incidents.story import Readers, Story, tell

AREA = "warehouse"
_CAUSES = (Cause.WAREHOUSE_DOWN, Cause.WAREHOUSE_PASSWORD, Cause.DISK_FULL)


def begin(fault: BaseException, now: datetime | None = None) -> Story:
    """Note that the warehouse can't be used, and tell people once; returns the story of it."""
    with _alone():
        return _begin(fault, now)


def _begin(fault: BaseException, now: datetime | None) -> Story:
    cause, _ = cause_of(fault)
    kept = _kept() or {
        "cause": (cause if cause in _CAUSES else Cause.WAREHOUSE_DOWN).value,
        "since": (now or datetime.now(UTC)).isoformat(),
        "line": redact(fault),
        "told": [],
    }
    story, since = _story(kept), datetime.fromisoformat(kept["since"])
    to = [each for each in destinations() if each.name not in kept["told"]]
    if to:
        row = {**story.__dict__, "event": "opened", "opened_at": since, "incident_id": ""}
        faults = send(dict.fromkeys(to, message([row])))
        kept["told"] += [name for name, told in faults.items() if not told]
    _file().write_text(json.dumps(kept))
    return story


def end(connection: psycopg.Connection, run_id: str | None = None) -> Settled:
    """Write the outage that is over into the record, in a transaction; returns its incident, if there was one."""
    kept = _kept()
    if kept is None:
        return Settled()
    with connection.transaction():
        for number in settle(connection, Looked({AREA}, [_fault(kept)]), run_id).opened:
            connection.cursor().executemany(
                "insert into ops.alerts (incident_id, event, destination, sent_at) "
                "values (%s, 'opened', %s, clock_timestamp())",
                [[number, name] for name in kept["told"]],
            )
        settled = settle(connection, Looked({AREA}), run_id)
    _file().unlink(missing_ok=True)
    return settled


def lasting() -> tuple[Story, datetime] | None:
    """The story of an outage that was noted and is not over yet, and when it began; None where there is none."""
    kept = _kept()
    return (_story(kept), datetime.fromisoformat(kept["since"])) if kept else None


def _story(kept: dict[str, Any]) -> Story:
    fault = _fault(kept)
    return tell(fault, datetime.fromisoformat(kept["since"]), downstream(fault.nodes), Readers(reachable=False))


def _fault(kept: dict[str, Any]) -> Fault:
    since = datetime.fromisoformat(kept["since"])
    return Fault(Cause(kept["cause"]), AREA, AREA, (kept["line"],), (EVERYTHING,), since=since)


def _kept() -> dict[str, Any] | None:
    try:
        kept: dict[str, Any] = json.loads(_file().read_text())
        _ = Cause(kept["cause"]), datetime.fromisoformat(kept["since"]), kept["line"], list(kept["told"])
        return kept
    except (OSError, ValueError, TypeError, LookupError):
        return None  # damaged, or of another version


@contextmanager
def _alone() -> Iterator[None]:
    """One process at a time: each of them would tell people."""
    home().mkdir(parents=True, exist_ok=True)
    with (home() / "outage.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _file() -> Path:
    return home() / "outage.json"
