"""Moves the demo's time on: new, changed and deleted rows in every source, late ones, a new and a renamed column.

In: days. Out: the new state, rows by table (new, changed, deleted), remarks. A tick mends one row of each of half the
kinds of corruption, and corrupts one row of each other kind; the next tick swaps the halves.
"""

from dataclasses import replace
from datetime import timedelta

import numpy as np

from demo import late, sources, tick_files
from demo.company.clock import DAY, FUTURE_DAYS, WEEK
from demo.company.people import populate
from demo.company.world import simulate
from demo.corruption import kinds
from demo.corruption.events import EventSpoiler, mend_event, possible
from demo.corruption.manifest import Manifest
from demo.corruption.rows import mend, spoil
from demo.make import finish
from demo.sources import State
from demo.systems import app_store, billing_store, support
from demo.systems.app import App
from demo.systems.billing import Billing
from demo.systems.databases import Databases, open_databases
from demo.systems.event_store import Store, open_store
from demo.systems.events import Stream
from weir.core.errors import WeirError

Counts = dict[tuple[str, str], tuple[int, int, int]]


def tick(days: int) -> tuple[State, Counts, list[str]]:
    """Move time on by so many days. Raises WeirError when there is no demo, or its future is shorter."""
    state = sources.read_state()
    if state is None:
        raise WeirError("there is no demo yet: type `python -m demo make`")
    left = (state.end - state.present).days + FUTURE_DAYS - FUTURE_DAYS % (WEEK // DAY)
    if not 1 <= days <= left:
        raise WeirError(f"--days {days} can't be done: the demo's future has {left} days left; give 1 to {left}")
    now = state.present + timedelta(days=days)
    new_state = replace(state, now=f"{now:%Y-%m-%d}", ticks=state.ticks + 1)
    world = simulate(state.accounts, state.seed, state.end)
    app = App(world, populate(world), world.clock.seconds(state.present), world.clock.seconds(now))
    with open_databases() as databases:
        if not sources.holds(databases, state):
            raise WeirError(f"the databases do not hold the demo that was made: {sources.AGAIN}")
        step = _Step(databases, Manifest.load(), app, new_state)
        step.databases_first()
        step.events()
        step.databases_last()
        last_day = f"{now - timedelta(days=1):%Y-%m-%d}"
        mended = [kind for kind in kinds.FILE_KINDS if step.turn(kind) == "mend"]
        tick_files.drop(app, step.manifest, step.generator, last_day, mended, step.count, step.remarks)
        finish(databases, step.manifest, new_state)
    return new_state, step.counts, step.remarks


class _Step:
    """One tick."""

    def __init__(self, databases: Databases, manifest: Manifest, app: App, state: State) -> None:
        self.databases, self.manifest, self.app, self.number = databases, manifest, app, state.ticks
        self.generator: np.random.Generator = late.choices(state.seed, state.ticks)
        self.since, self.moment = app.world.clock.text(app.since), app.world.clock.text(app.until - 3600)
        self.store: Store = open_store()
        self.stream = Stream(app.world, app.people)
        self.counts: Counts = {}
        self.remarks: list[str] = []

    def count(self, source: str, table: str, new: int = 0, changed: int = 0, deleted: int = 0) -> None:
        """Add to the reported counts of the table."""
        before = self.counts.get((source, table), (0, 0, 0))
        self.counts[source, table] = (before[0] + new, before[1] + changed, before[2] + deleted)

    def turn(self, kind: str) -> str:
        """The kind's turn in this tick: to be mended, or to be corrupted."""
        return "mend" if kinds.ALL.index(kind) % 2 == self.number % 2 else "spoil"

    def _mend_databases(self) -> None:
        for kind in kinds.KINDS:
            found = self.manifest.of(kind.table, kind.name)
            if found and self.turn(kind.name) == "mend":
                entry = found[int(self.generator.integers(0, len(found)))]
                mend(self.databases, self.manifest, entry, self.moment)
                self.remarks.append(f"mended: {kind.name} of {kind.table} {entry.key}")
                if kind.table == "accounts":
                    below = self.manifest.of("events", "child_of_quarantined")
                    self.manifest.drop(child for child in below if child.detail["parent"] == entry.key)

    def _spoil_databases(self, accounts: bool) -> None:
        for kind in kinds.KINDS:
            if self.turn(kind.name) == "spoil" and (kind.table == "accounts") == accounts:
                done = spoil(self.databases, self.manifest, kind, 1, self.generator, self.since, self.moment)
                self.remarks.extend([f"spoiled: one of {kind.table}, {kind.name}"] * done)

    def databases_first(self) -> None:
        """Write all rows that do not depend on the window's events."""
        databases, app, connection = self.databases, self.app, self.databases.app
        if app_store.evolve(connection):
            self.remarks.append("app.users has a new column timezone, and locale is called language now")
        for table in ("accounts", "subscriptions", "account_settings", "user_preferences"):
            self.count("app", table, *app_store.update(connection, table, getattr(app, table)()))
        billing = Billing(app.world, app.since, app.until)
        self.count("billing", "invoices", changed=billing_store.settle(databases.billing, billing.invoices(False)))
        tables = {"customers": billing.customers(), "invoices": billing.invoices(True),
                  "invoice_lines": billing.invoice_lines(), "payments": billing.payments()}  # fmt: skip
        for table, rows in tables.items():
            self.count("billing", table, billing_store.insert(databases.billing, table, rows))
        desk = support.Support(app.world, app.people, app.since, app.until)
        for table, objects in (("tickets", desk.tickets()), ("satisfaction_ratings", desk.ratings())):
            (before,) = databases.helpdesk.execute(f"select count(*) from {table}").fetchone()
            put = support.put(databases.helpdesk, table, objects)
            (after,) = databases.helpdesk.execute(f"select count(*) from {table}").fetchone()
            self.count("helpdesk", table, after - before, put - (after - before))
        self._mend_databases()
        self._spoil_databases(accounts=True)

    def events(self) -> None:
        """Write the events of the window; mend some older events, and add a late one."""
        store, manifest, days = self.store, self.manifest, range(self.app.since // DAY, self.app.until // DAY)
        for kind in kinds.EVENT_KINDS:
            found = manifest.of("events", kind)
            if found and self.turn(kind) == "mend":
                mend_event(store, manifest, found[int(self.generator.integers(0, len(found)))])
                self.count("product", "events", changed=1)
                self.remarks.append(f"mended: {kind} of events")
        wanted = [kind for kind in kinds.EVENT_KINDS if self.turn(kind) == "spoil"]
        spoiler = EventSpoiler(manifest, store, self.generator, days, wanted)
        for number in days:
            day = self.stream.day(number)
            lines = spoiler.lines(number, day)
            store.write(day.date, lines)
            self.count("product", "events", len(lines))
        self.remarks.extend(f"spoiled: one of events, {kind}" for kind in wanted if possible(kind, store))

    def databases_last(self) -> None:
        """Write users, whose last login follows from the events; then delete rows, and add late ones."""
        app, databases = self.app, self.databases
        fresh = app.users(self.stream.last_login)
        self.count("app", "users", *app_store.update(databases.app, "users", fresh))
        for (source, table), deleted in late.delete_rows(databases, self.manifest, app).items():
            self.count(source, table, deleted=deleted)
        late.fill_new_column(databases, app)
        self._spoil_databases(accounts=False)
        late.add_late(databases, self.store, self.manifest, app, Stream(app.world, app.people), self.number)
        for source, table in late.TABLES:
            self.count(source, table, new=1)
        self.remarks.append("late: one row each in users, payments, tickets and events, older than what was there")
