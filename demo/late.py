"""Rows that a tick commits late, with timestamps older than those of earlier rows; and rows that it hard-deletes."""

import numpy as np

from demo.company.clock import DAY, draw
from demo.company.people import domain_of
from demo.corruption.manifest import Manifest
from demo.systems import app_store, support
from demo.systems.app import App
from demo.systems.billing_store import insert
from demo.systems.databases import Databases
from demo.systems.event_store import Store
from demo.systems.events import Stream

HOUR = 3600
TABLES = [("app", "users"), ("billing", "payments"), ("helpdesk", "tickets"), ("product", "events")]
FIRST_ID = 8_000_000  # greater than all ids of the simulation


def add_late(databases: Databases, store: Store, manifest: Manifest, app: App, stream: Stream, number: int) -> None:
    """Insert one user, one payment, one ticket and one event with times before the window."""
    world, since = app.world, app.since
    corrupt = manifest.keys("accounts")
    running = (world.segments["start"] < since - 4 * DAY) & (world.segments["end"] > app.until)
    accounts = [n for n in np.unique(world.segments["account"][running]).tolist() if str(n + 1) not in corrupt]
    account = accounts[number * 7 % len(accounts)] if accounts else 0
    moment, domain = world.clock.text(since - 3 * DAY), domain_of(account)
    databases.run(
        "app",
        "insert into users (user_id, account_id, email, full_name, role, created_at, updated_at) "
        "values (?, ?, ?, ?, 'member', ?, ?)",
        [FIRST_ID + number, account + 1, f"late{number}@{domain}", f"Late Comer {number}", moment, moment],
    )
    before = world.clock.text(since - 6 * HOUR)
    _late_payment(databases, manifest, f"P-LATE-{number:03d}", before)
    ticket = {
        "id": FIRST_ID + number, "requester": {"email": f"late{number}@{domain}", "name": f"Late Comer {number}"},
        "subject": "Sent last week, where is the answer?", "status": "open", "priority": "high", "created_at": before,
        "updated_at": before, "first_reply_at": None, "solved_at": None, "tags": ["late"],
    }  # fmt: skip
    support.put(databases.helpdesk, "tickets", iter([ticket]))
    day = stream.day(since // DAY - 2)
    for owner, key, line in zip(day.accounts, day.ids, day.lines, strict=True):
        if str(owner + 1) not in corrupt:
            store.amend(day.date, {}, [line.replace(f'"{key}"', f'"{key}-late{number}"')])
            break


def _late_payment(databases: Databases, manifest: Manifest, key: str, moment: str) -> None:
    """Insert a failed payment of an open invoice, or of any invoice where none is open."""
    rows = databases.run(
        "billing",
        "select invoice_id, total, currency from invoices where updated_at < ? "
        "order by case status when 'open' then 0 else 1 end, invoice_id desc limit 50",
        [moment],
    )
    corrupt = manifest.keys("invoices")
    for invoice, total, currency in rows:
        if invoice not in corrupt:
            payment = (key, invoice, moment, total, currency, "card", "failed", "card_declined", moment)
            insert(databases.billing, "payments", [payment])
            return


def delete_rows(databases: Databases, manifest: Manifest, app: App) -> dict[tuple[str, str], int]:
    """Hard-delete users a month after their soft delete, settings given up, and two old failed payments."""
    people, since, until = app.people, app.since, app.until
    users = people.number[(people.purged >= since) & (people.purged < until)]
    removed = app.newsletter_removed()
    accounts = np.flatnonzero((removed >= since) & (removed < until)) + 1
    old = databases.run(
        "billing",
        "select payment_id from payments where status = 'failed' and updated_at < ? order by payment_id limit 50",
        [app.world.clock.text(since - 60 * DAY)],
    )
    known = manifest.keys("payments")
    payments = [row[0] for row in old if row[0] not in known][:2]
    for payment in payments:
        databases.run("billing", "delete from payments where payment_id = ?", [payment])
    manifest.drop([entry for entry in manifest.of("users") if entry.key in {str(user) for user in users.tolist()}])
    return {
        ("app", "users"): app_store.delete(databases.app, "users", "user_id", users),
        ("app", "user_preferences"): app_store.delete(databases.app, "user_preferences", "user_id", users),
        ("app", "account_settings"): app_store.delete(
            databases.app, "account_settings", "account_id", accounts, "name = 'newsletter'"
        ),
        ("billing", "payments"): len(payments),
    }


def fill_new_column(databases: Databases, app: App) -> None:
    """Fill the column `timezone` of new users, once the application has it."""
    text = app.world.clock.text
    databases.run(
        "app",
        "update users set timezone = s.value from account_settings s where s.account_id = users.account_id "
        "and s.name = 'timezone' and users.timezone is null and users.created_at >= ? and users.created_at < ?",
        [text(app.since), text(app.until)],
    )


def choices(seed: int, number: int) -> np.random.Generator:
    """The random generator of the tick with that number."""
    return draw(seed, "tick", number)
