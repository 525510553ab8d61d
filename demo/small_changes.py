"""Writes small changes to the demo's sources, which `python -m demo tick` does not make: the same number at each size.

In: the demo of the home that the environment names. Out: changed sources, the demo's present an hour later, and the
number of rows on standard output; `nothing` moves the present on alone. Alone: `python -m demo.small_changes
hour 50`.
"""

import json
import sys
from datetime import timedelta

from demo import sources
from demo.corruption.manifest import Manifest
from demo.corruption.rows import mend
from demo.systems.databases import open_databases
from demo.systems.event_store import Files, open_store
from weir import warehouse
from weir.core.env import load_env, write_env
from weir.core.errors import WeirError
from weir.core.settings import as_of

_HELD_BACK = """
select parent_key, count(*) from quality.held_back
where model = 'stg_product__events' and parent_key = any(%s) group by parent_key"""


def hour(events: int) -> int:
    """Add that many events of the hour that has just passed; they are like those of the day before."""
    now = as_of()
    store, day = _files(), (now - timedelta(days=1)).date()
    lines = []
    for number, document in enumerate(_documents(store, day.isoformat())[:events]):
        moment = now + timedelta(seconds=3600 * number / events)
        lines.append(_copied(document, f"hour-{now:%Y%m%d%H}-{number}", f"{moment:%Y-%m-%dT%H:%M:%S}.000Z"))
    today = now.date().isoformat()
    store.amend(today, {}, lines) if store.path(today).exists() else store.write(today, lines)
    return len(lines)


def week(events: int) -> int:
    """Add that many events to the seven days that began five weeks ago, as if they had come late."""
    store, first, written = _files(), (as_of() - timedelta(days=35)).date(), 0
    for number in range(7):
        day = (first + timedelta(days=number)).isoformat()
        wanted = events * (number + 1) // 7 - events * number // 7
        found = _documents(store, day)[:wanted]
        store.amend(day, {}, [_copied(each, f"{each['_id']}-late") for each in found])
        written += len(found)
    return written


def mended(rows: int) -> int:
    """Mend the corrupt account whose events that are held back are closest to that number; returns theirs."""
    manifest = Manifest.load()
    entries = {entry.key: entry for entry in manifest.of("accounts", known="staging")}
    with warehouse.connect(warehouse.Role.OWNER) as connection:
        held: dict[str, int] = dict(connection.execute(_HELD_BACK, [list(entries)]).fetchall())
    if not held:
        raise WeirError("no corrupt account has events that are held back: make the demo with more accounts")
    key = min(held, key=lambda each: (abs(held[each] - rows), each))
    with open_databases() as databases:
        mend(databases, manifest, entries[key], as_of().strftime("%Y-%m-%dT%H:%M:%SZ"))
        databases.commit()
    below = manifest.of("events", "child_of_quarantined")
    manifest.drop(child for child in below if child.detail["parent"] == key)
    manifest.save()
    return int(held[key])


def _files() -> Files:
    store = open_store()
    if not isinstance(store, Files):
        raise WeirError("PRODUCT_URL names no folder: this benchmark writes files of events")
    return store


def _documents(store: Files, day: str) -> list[dict[str, object]]:
    """The events of a day, those left out that are no JSON."""
    found = []
    for line in store.lines(day):
        try:
            found.append(json.loads(line))
        except ValueError:
            continue
    return found


def _copied(document: dict[str, object], key: str, moment: str = "") -> str:
    """Copy the event, under another key, at another moment where one is given."""
    moments = {name: moment for name in ("ts", "occurred_at") if moment and name in document}
    return json.dumps(document | {"_id": key} | moments, separators=(",", ":"))


def main(what: str, number: str) -> None:
    """Make the change and move the demo's present on by an hour."""
    load_env()
    if sources.read_state() is None:
        raise WeirError("there is no demo yet: type `python -m demo make`")
    written = {"hour": hour, "week": week, "mended": mended, "nothing": lambda _: 0}[what](int(number))
    write_env({"WEIR_AS_OF": f"{as_of() + timedelta(hours=1):%Y-%m-%dT%H:%M:%SZ}"})
    print(written)


if __name__ == "__main__":
    main(*sys.argv[1:])
