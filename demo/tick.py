"""Moves the demo's time on: new, changed and deleted rows in every source, late ones, a new and a renamed column.

In: days. Out: the new state, rows by table (new, changed, deleted), remarks. Half of the kinds of corruption are mended
in one row each, of the other half one new row each is spoiled; the next tick has it the other way round.
"""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import numpy as np

from demo import app_store, billing_store, corrupt_files, drop_files, kinds, late, sources, support
from demo.app import App
from demo.billing import Billing
from demo.clock import DAY, FUTURE_DAYS, WEEK
from demo.corrupt import mend, spoil
from demo.corrupt_events import EventSpoiler, mend_event
from demo.databases import Databases, open_databases
from demo.drops import Drops
from demo.event_store import Store, open_store
from demo.events import Stream
from demo.make import finish
from demo.manifest import Manifest
from demo.people import populate
from demo.sources import State
from demo.world import simulate
from weir.settings import WeirError

Counts = dict[tuple[str, str], tuple[int, int, int]]


def tick(days: int) -> tuple[State, Counts, list[str]]:
    """Move time on by so many days. Raises WeirError when there is no demo, or it would leave its future."""
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
        step.files(f"{now - timedelta(days=1):%Y-%m-%d}")
        finish(databases, step.manifest, new_state)
    return new_state, step.counts, step.remarks


class _Step:
    """One tick under way."""

    def __init__(self, databases: Databases, manifest: Manifest, app: App, state: State) -> None:
        self.databases, self.manifest, self.app, self.number = databases, manifest, app, state.ticks
        self.generator: np.random.Generator = late.choices(state.seed, state.ticks)
        self.since, self.moment = app.world.clock.text(app.since), app.world.clock.text(app.until - 3600)
        self.store: Store = open_store()
        self.root: Path = drop_files.folder("DROPS_URL")
        self.stream = Stream(app.world, app.people)
        self.counts: Counts = {}
        self.remarks: list[str] = []

    def _count(self, source: str, table: str, new: int = 0, changed: int = 0, deleted: int = 0) -> None:
        before = self.counts.get((source, table), (0, 0, 0))
        self.counts[source, table] = (before[0] + new, before[1] + changed, before[2] + deleted)

    def _turn(self, kind: str) -> str:
        return "mend" if kinds.ALL.index(kind) % 2 == self.number % 2 else "spoil"

    def _mend_databases(self) -> None:
        for kind in kinds.KINDS:
            found = self.manifest.of(kind.table, kind.name)
            if found and self._turn(kind.name) == "mend":
                entry = found[int(self.generator.integers(0, len(found)))]
                mend(self.databases, self.manifest, entry, self.moment)
                self.remarks.append(f"mended: {kind.name} of {kind.table} {entry.key}")
                if kind.table == "accounts":
                    below = self.manifest.of("events", "child_of_quarantined")
                    self.manifest.drop(child for child in below if child.detail["parent"] == entry.key)

    def _spoil_databases(self, accounts: bool) -> None:
        for kind in kinds.KINDS:
            if self._turn(kind.name) == "spoil" and (kind.table == "accounts") == accounts:
                done = spoil(self.databases, self.manifest, kind, 1, self.generator, self.since, self.moment)
                self.remarks.extend([f"spoiled: one of {kind.table}, {kind.name}"] * done)

    def databases_first(self) -> None:
        """Everything that does not hang on the window's events."""
        databases, app, connection = self.databases, self.app, self.databases.app
        if app_store.evolve(connection):
            self.remarks.append("app.users has a new column timezone, and locale is called language now")
        for table in ("accounts", "subscriptions", "account_settings", "user_preferences"):
            self._count("app", table, *app_store.update(connection, table, getattr(app, table)()))
        billing = Billing(app.world, app.since, app.until)
        self._count("billing", "invoices", changed=billing_store.settle(databases.billing, billing.invoices(False)))
        tables = {"customers": billing.customers(), "invoices": billing.invoices(True),
                  "invoice_lines": billing.invoice_lines(), "payments": billing.payments()}  # fmt: skip
        for table, rows in tables.items():
            self._count("billing", table, billing_store.insert(databases.billing, table, rows))
        rows = support.Support(app.world, app.people, app.since, app.until)
        for table, objects in (("tickets", rows.tickets()), ("satisfaction_ratings", rows.ratings())):
            (before,) = databases.helpdesk.execute(f"select count(*) from {table}").fetchone()
            put = support.put(databases.helpdesk, table, objects)
            (after,) = databases.helpdesk.execute(f"select count(*) from {table}").fetchone()
            self._count("helpdesk", table, after - before, put - (after - before))
        self._mend_databases()
        self._spoil_databases(accounts=True)

    def events(self) -> None:
        """The days of the window; some older events mended, one late."""
        store, manifest, days = self.store, self.manifest, range(self.app.since // DAY, self.app.until // DAY)
        for kind in kinds.EVENT_KINDS:
            found = manifest.of("events", kind)
            if found and self._turn(kind) == "mend":
                mend_event(store, manifest, found[int(self.generator.integers(0, len(found)))])
                self._count("product", "events", changed=1)
                self.remarks.append(f"mended: {kind} of events")
        wanted = [kind for kind in kinds.EVENT_KINDS if self._turn(kind) == "spoil"]
        spoiler = EventSpoiler(manifest, store, self.generator, days, wanted)
        for number in days:
            day = self.stream.day(number)
            lines = spoiler.lines(number, day)
            store.write(day.date, lines)
            self._count("product", "events", len(lines))
        self.remarks.extend(f"spoiled: one of events, {kind}" for kind in wanted)

    def databases_last(self) -> None:
        """Users, whose last login the events have told; what is deleted or late."""
        app, databases = self.app, self.databases
        fresh = app.users(self.stream.last_login)
        self._count("app", "users", *app_store.update(databases.app, "users", fresh))
        for (source, table), deleted in late.delete_rows(databases, self.manifest, app).items():
            self._count(source, table, deleted=deleted)
        late.fill_new_column(databases, app)
        self._spoil_databases(accounts=False)
        late.add_late(databases, self.store, self.manifest, app, Stream(app.world, app.people), self.number)
        for source, table in (("app", "users"), ("billing", "payments"), ("helpdesk", "tickets"), ("product", "events")):
            self._count(source, table, new=1)
        self.remarks.append("late: one row each in users, payments, tickets and events, older than what was there")

    def files(self, date: str) -> None:
        """A new NPS file, a new campaign file, the CRM list as it is now."""
        drops, manifest, generator = Drops(self.app.world, self.app.people, self.app.since, self.app.until), \
            self.manifest, self.generator  # fmt: skip
        name = f"nps_{date}.csv"
        answers = drop_files.write_answers(self.root, drops.answers(), name)
        self._count("drops", "nps_answers", answers[name])
        for kind in kinds.FILE_KINDS[:2]:
            found = manifest.of("nps_answers", kind)
            if self._turn(kind) == "spoil":
                corrupt_files.spoil_answers(self.root, manifest, generator, kind, 1, [name])
            elif found:
                corrupt_files.mend_answer(self.root, manifest, found[int(generator.integers(0, len(found)))])
                self._count("drops", "nps_answers", changed=1)
        touches = [row for period in drops.periods() for row in drops.touches(period)]
        self._count("drops", "campaign_touches", drop_files.write_touches(self.root, f"until_{date}.parquet", touches))
        listed = {row[0]: row[5] for row in drops.crm()}
        manifest.drop([entry for entry in manifest.of("crm_accounts") if entry.key not in listed])
        found = manifest.of("crm_accounts", "negative_arr")
        if self._turn("negative_arr") == "spoil":
            corrupt_files.choose_amounts(manifest, generator, [key for key, arr in listed.items() if arr > 0], 1)
        elif found:
            manifest.drop([found[int(generator.integers(0, len(found)))]])
        wrong = corrupt_files.wrong_amounts(manifest)
        self._count("drops", "crm_accounts", changed=drop_files.write_crm(self.root, drops.crm(), wrong))
