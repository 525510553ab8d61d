"""Makes the demo startup: simulates it, fills its five sources, corrupts rows, writes the manifest.

In: number of accounts, seed, end of the history. Out: two databases, two folders and the helpdesk's data, and the
number of rows by table. Events are written day by day, so that memory does not grow with their number.
"""

import fcntl
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta

from demo import sources
from demo.company.clock import HISTORY_DAYS, NEVER, draw
from demo.company.people import populate
from demo.company.world import simulate
from demo.corruption import kinds
from demo.corruption.events import EventSpoiler
from demo.corruption.files import choose_amounts, spoil_answers, wrong_amounts
from demo.corruption.manifest import Manifest, manifest_file
from demo.corruption.rows import list_children, spoil
from demo.sources import State
from demo.systems import app_store, billing_store, drop_files, helpdesk, support
from demo.systems.app import App
from demo.systems.billing import Billing
from demo.systems.databases import Databases, open_databases
from demo.systems.drops import Drops
from demo.systems.event_store import open_store
from demo.systems.events import Stream
from weir.core.env import write_env
from weir.core.errors import WeirError
from weir.core.settings import home

Counts = dict[tuple[str, str], int]
Report = Callable[[str], None]


@contextmanager
def alone() -> Iterator[None]:
    """Hold the demo's lock. Raises WeirError when another process makes the demo or moves its time on."""
    folder = home() / "demo"
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / ".lock").open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise WeirError("another process is making the demo, or moving its time on: wait for it") from None
        yield


def made_already(wanted: State) -> bool:
    """Whether the sources hold the wanted demo. Raises WeirError when they hold another one."""
    state = sources.read_state()
    if state is None:
        return False
    with open_databases() as databases:
        if not sources.holds(databases, state):
            return False
    if state.made != wanted.made:
        raise WeirError(
            f"there is a demo already, with {state.accounts} accounts, seed {state.seed}, until {state.until}: "
            "`python -m demo make --again` with your arguments makes it anew"
        )
    helpdesk.ensure()
    return True


def make(state: State, report: Report = lambda text: None) -> Counts:
    """Make everything anew; returns rows by source and table. Raises WeirError when a source can't be written."""
    sources.write_state(None)
    manifest, counts = Manifest(), Counts()
    manifest_file().unlink(missing_ok=True)
    report("simulating the company")
    world = simulate(state.accounts, state.seed, state.end)
    people = populate(world)
    until = world.clock.seconds(state.end)
    store, root = open_store(), drop_files.folder("DROPS_URL")
    generator = draw(state.seed, "corruption")
    with open_databases() as databases:
        app = App(world, people, -NEVER, until)
        app_store.create(databases.app)
        billing_store.create(databases.billing)
        report("writing the application, billing and the helpdesk")
        for table in ("plans", "accounts", "subscriptions", "account_settings", "user_preferences"):
            counts["app", table] = app_store.fill(databases.app, table, getattr(app, table)())
        _fill_billing(databases, Billing(world, -NEVER, until), counts)
        for table in ("tickets", "satisfaction_ratings"):
            databases.helpdesk.execute(f"delete from {table}")
        helpdesk_rows = support.Support(world, people, -NEVER, until)
        counts["helpdesk", "tickets"] = support.put(databases.helpdesk, "tickets", helpdesk_rows.tickets())
        counts["helpdesk", "satisfaction_ratings"] = support.put(
            databases.helpdesk, "satisfaction_ratings", helpdesk_rows.ratings()
        )
        # Accounts come first: rows of a corrupt account are not corrupted, and its events are listed as they are
        # written.
        for kind in kinds.KINDS:
            if kind.table == "accounts":
                spoil(databases, manifest, kind, kinds.how_many(kind.name, state.accounts), generator)
        stream = Stream(world, people)
        wanted = [kind for kind in kinds.EVENT_KINDS for _ in range(kinds.how_many(kind, state.accounts))]
        spoiler = EventSpoiler(manifest, store, generator, range(HISTORY_DAYS // 30, HISTORY_DAYS), wanted)
        store.clear()
        counts["product", "events"] = 0
        for number in range(HISTORY_DAYS):
            if number % 30 == 0:
                report(f"writing product events of {world.clock.moment(number * 86_400):%B %Y}")
            day = stream.day(number)
            lines = spoiler.lines(number, day)
            store.write(day.date, lines)
            counts["product", "events"] += len(lines)
        counts["app", "users"] = app_store.fill(databases.app, "users", app.users(stream.last_login))
        report("dropping files and corrupting rows")
        for kind in kinds.KINDS:
            if kind.table != "accounts":
                spoil(databases, manifest, kind, kinds.how_many(kind.name, state.accounts), generator)
        drops = Drops(world, people, 0, until)
        for folder, pattern in (("nps", "*.csv"), ("campaigns", "*.parquet"), ("crm", "*.xlsx")):
            drop_files.clear(root / folder, pattern)
        files = drop_files.write_answers(root, drops.answers())
        counts["drops", "nps_answers"] = sum(files.values())
        for name in kinds.FILE_KINDS[:2]:
            count = kinds.how_many(name, state.accounts)
            spoil_answers(root, manifest, generator, name, count, list(files))
        counts["drops", "campaign_touches"] = 0
        for period in drops.periods():
            name = f"{world.clock.start + timedelta(days=30 * period):%Y-%m-%d}.parquet"
            counts["drops", "campaign_touches"] += drop_files.write_touches(root, name, drops.touches(period))
        valued = [row[0] for row in drops.crm() if row[5] > 0]
        choose_amounts(manifest, generator, valued, kinds.how_many("negative_arr", state.accounts))
        wrong = wrong_amounts(manifest)
        counts["drops", "crm_accounts"] = drop_files.write_crm(root, drops.crm(), wrong)
        finish(databases, manifest, state)
    return counts


def _fill_billing(databases: Databases, billing: Billing, counts: Counts) -> None:
    tables = {"customers": billing.customers(), "invoices": billing.invoices(True),
              "invoice_lines": billing.invoice_lines(), "payments": billing.payments()}  # fmt: skip
    for table, rows in tables.items():
        counts["billing", table] = billing_store.insert(databases.billing, table, rows)


def finish(databases: Databases, manifest: Manifest, state: State) -> None:
    """Save the manifest and the state, mark the databases, set the demo's present in `.env`, start the helpdesk."""
    list_children(databases, manifest)
    manifest.save()
    sources.mark(databases, state)
    databases.commit()
    sources.write_state(state)
    write_env({"WEIR_AS_OF": f"{state.present:%Y-%m-%dT%H:%M:%SZ}"})
    helpdesk.ensure()
