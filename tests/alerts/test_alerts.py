"""Alerts: each incident is told once to each address when it opens, and once when it is over."""

import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pytest

from tests.support.receivers import Mailbox, Receiver, mailbox, receiver
from weir.alerts import send as sending
from weir.alerts.addresses import destinations, usable
from weir.core.causes import Cause
from weir.core.errors import WeirError
from weir.core.secrets import redact
from weir.incidents.alert import deliver
from weir.incidents.fault import Fault, Looked
from weir.incidents.record import settle

AT = datetime(2026, 11, 27, 3, 0, tzinfo=UTC)
DOWN = Fault(Cause.SOURCE_UNREACHABLE, "land billing", "billing", ("billing.invoices: can't be reached",), ("billing",),
             ("billing.invoices", "billing.payments"))  # fmt: skip


@pytest.fixture
def mails() -> Iterator[Mailbox]:
    with mailbox() as made:
        yield made


@pytest.fixture
def hook() -> Iterator[Receiver]:
    with receiver() as made:
        yield made


@pytest.fixture
def db(warehouse: str) -> Iterator[psycopg.Connection]:
    with psycopg.connect(warehouse, autocommit=True) as connection:
        yield connection


def look(db: psycopg.Connection, areas: set[str], *faults: Fault, at: datetime = AT) -> None:
    """What a run does at its end: settle, and deliver."""
    with db.transaction():
        settle(db, Looked(areas | {fault.area for fault in faults}, list(faults)), "run", at)
    deliver(db)


def told(db: psycopg.Connection) -> list[tuple[Any, ...]]:
    return db.execute("select incident_id, event, tries, sent_at is not null from ops.alerts order by 1, 2").fetchall()


def test_an_incident_is_told_once_and_once_when_it_is_over(
    db: psycopg.Connection, mails: Mailbox, hook: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ALERT_URLS", f"{mails.address}, {hook.address}")
    for hours in range(3):  # three runs find it
        look(db, set(), DOWN, at=AT + timedelta(hours=hours))
    assert hook.titles() == ["Weir: billing can't be reached"]
    assert len(mails.mails) == 1
    text = mails.texts()[0]
    for part in (
        "Since 27 November 2026, 03:00 UTC", "its 2 tables (invoices and payments)", "Readers see nothing yet",
        "It is the turn of", "weir run", "weir incident 1",
    ):  # fmt: skip
        assert part in text
    for hours in (3, 4):  # two runs find it healed
        look(db, {"land billing"}, at=AT + timedelta(hours=hours))
    assert hook.titles()[1:] == ["Weir: over: billing can't be reached"]
    assert "lasted 3 hours" in hook.bodies[1]["message"]
    assert hook.bodies[0]["type"] == "failure"
    assert hook.bodies[1]["type"] == "success"
    assert len(mails.mails) == 2


def test_ten_incidents_at_once_are_told_in_one_message(
    db: psycopg.Connection, hook: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ALERT_URLS", hook.address)
    faults = [Fault(Cause.TABLE_GONE, f"land shop.t{n}", f"shop.t{n}") for n in range(10)]
    look(db, set(), *faults)
    assert hook.titles() == ["Weir: incidents: 10 new"]
    for number in range(10):
        assert hook.bodies[0]["message"].count(f"the table shop.t{number} is not at") == 1
    look(db, {fault.area for fault in faults[1:]}, faults[0], Fault(Cause.TABLE_GONE, "land shop.z", "shop.z"))
    assert hook.titles()[1:] == ["Weir: incidents: 1 new, 9 over"]
    assert hook.bodies[1]["type"] == "failure"


def test_a_receiver_that_refuses_is_tried_again_and_is_an_incident_itself(
    db: psycopg.Connection, mails: Mailbox, hook: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ALERT_URLS", f"{mails.address} {hook.address}")
    hook.status = 500
    look(db, set(), DOWN)
    subjects = [mail["subject"] for mail in mails.mails]
    assert subjects == ["Weir: billing can't be reached", "Weir: Alerts can't be delivered"]
    row = db.execute("select subject, evidence from ops.incidents where cause = 'alert can''t be delivered'").fetchone()
    assert row and row[0].startswith("JSON ")
    assert "500" in row[1][0]
    assert "secret" not in row[1][0]
    hook.status = 200
    look(db, set(), DOWN)
    assert hook.titles() == ["Weir: billing can't be reached"]  # not that it could not be reached itself
    look(db, {"land billing"})
    open_ = db.execute("select count(*) from ops.incidents where closed_at is null").fetchone()
    assert open_ == (0,)


def test_a_receiver_that_hangs_holds_nobody_up(
    db: psycopg.Connection, mails: Mailbox, hook: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sending, "DEADLINE", 1.0)
    monkeypatch.setenv("ALERT_URLS", f"{hook.address},{mails.address}")
    hook.hangs = True
    began = time.monotonic()
    faults = [Fault(Cause.TABLE_GONE, f"land shop.t{n}", f"shop.t{n}") for n in range(10)]
    look(db, set(), *faults)
    assert time.monotonic() - began < 6  # it is waited for once, not ten times
    assert len(hook.calls) == 1
    assert [mail["subject"] for mail in mails.mails] == ["Weir: incidents: 10 new", "Weir: Alerts can't be delivered"]


def test_without_a_mail_server_the_fault_is_kept(db: psycopg.Connection, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALERT_URLS", "mailto://ann:pa55word-x@127.0.0.1:1?mode=insecure&from=a@x.io&to=b@x.io")
    look(db, set(), DOWN)
    errors = db.execute("select error from ops.alerts where sent_at is null").fetchall()
    assert errors and "refused" in errors[0][0]
    assert "pa55word" not in str(errors)


def test_two_processes_send_each_message_once(
    db: psycopg.Connection, warehouse: str, hook: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ALERT_URLS", hook.address)
    with db.transaction():
        settle(db, Looked({DOWN.area}, [DOWN]), "run", AT)
    with psycopg.connect(warehouse, autocommit=True) as other:
        other.execute("select pg_advisory_lock(hashtextextended('weir alerts', 0))")
        deliver(db)
        assert hook.titles() == []  # the other one sends
        other.execute("select pg_advisory_unlock_all()")
    deliver(db)
    deliver(db)
    assert len(hook.titles()) == 1


def test_what_opened_and_healed_untold_stays_untold(
    db: psycopg.Connection, hook: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    look(db, set(), DOWN)
    look(db, {"land billing"})
    monkeypatch.setenv("ALERT_URLS", hook.address)
    look(db, {"land billing"})
    assert hook.titles() == []
    assert told(db) == []


def test_a_wrong_address_is_named_without_its_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALERT_URLS", "slak://T1JJ3T3L2secret/A1BRTD4JD/x, json://127.0.0.1/a")
    with pytest.raises(WeirError, match=r"slak [0-9a-f]{4}; mend it in \.env") as caught:
        usable()
    assert "secret" not in str(caught.value)
    monkeypatch.setenv("ALERT_URLS", "what is this")
    with pytest.raises(WeirError, match="no address for alerts"):
        usable()
    monkeypatch.setenv("ALERT_URLS", " ")
    assert destinations() == []
    with pytest.raises(WeirError, match="ALERT_URLS is not set"):
        usable()


def test_no_text_shows_a_token_of_an_address(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(
        "ALERT_URLS", "slack://T1JJ3T3L2/A1BRTD4JD/TIiajkdnlazkcOXrIdevi7FQ tgram://123456789:abcdefg_hij/1"
    )
    for token in ("TIiajkdnlazkcOXrIdevi7FQ", "A1BRTD4JD", "abcdefg_hij"):
        assert token not in redact(f"could not send to https://host.example/{token}")
    assert redact("127.0.0.1 and host.example") == "127.0.0.1 and host.example"


def test_an_address_that_is_gone_or_mended_is_no_incident_any_more(
    db: psycopg.Connection, mails: Mailbox, hook: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ALERT_URLS", f"{mails.address} json://127.0.0.1:1/x")
    look(db, set(), DOWN)
    query = "select count(*) from ops.incidents where cause = 'alert can''t be delivered' and closed_at is null"
    assert db.execute(query).fetchone() == (1,)
    monkeypatch.setenv("ALERT_URLS", f"{mails.address} {hook.address}")
    look(db, set(), DOWN)
    assert db.execute(query).fetchone() == (0,)
    assert mails.mails[-1]["subject"] == "Weir: over: Alerts can't be delivered"


def test_a_receiver_that_sends_on_has_not_taken_it(
    db: psycopg.Connection, hook: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ALERT_URLS", hook.address)
    hook.status = 302
    look(db, set(), DOWN)
    assert told(db) == [(1, "opened", 1, False)]


def test_what_a_person_interrupts_is_told_to_nobody(
    db: psycopg.Connection, hook: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ALERT_URLS", hook.address)
    look(db, set(), Fault(Cause.RUN_INTERRUPTED, "run", "run"))
    assert hook.titles() == []
