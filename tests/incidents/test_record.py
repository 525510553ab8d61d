"""The record of incidents: opened once, seen again, closed when healed, whoever looks at the same moment."""

import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pytest

from weir.core.causes import Cause
from weir.incidents.fault import Fault, Looked
from weir.incidents.record import Settled, settle

AT = datetime(2026, 11, 27, 3, 0, tzinfo=UTC)


@pytest.fixture
def db(warehouse: str) -> Iterator[psycopg.Connection]:
    with psycopg.connect(warehouse, autocommit=True) as connection:
        yield connection


def fault(subject: str = "app", cause: Cause = Cause.SOURCE_UNREACHABLE, **other: Any) -> Fault:
    return Fault(cause, f"land {subject}", subject, (f"{subject}: no",), (subject,), **other)


def look(db: psycopg.Connection, areas: set[str], *faults: Fault, hours: int = 0, run: str = "r",
         gone: Callable[[str], bool] = lambda area: False) -> Settled:  # fmt: skip
    with db.transaction():
        found = Looked(areas | {each.area for each in faults}, list(faults), gone)
        return settle(db, found, run, AT + timedelta(hours=hours))


def rows(db: psycopg.Connection, columns: str) -> list[tuple[Any, ...]]:
    return db.execute(f"select {columns} from ops.incidents order by incident_id").fetchall()


def test_a_fault_found_again_is_the_same_incident_and_healed_it_closes(db: psycopg.Connection) -> None:
    assert look(db, set(), fault(), run="r1").opened == [1]
    assert look(db, set(), fault(), hours=1, run="r2") == Settled()
    assert look(db, {"land app"}, hours=2, run="r3").closed == [1]
    assert rows(db, "opened_at, last_seen_at, times_seen, closed_at, opened_by, closed_by") == [
        (AT, AT + timedelta(hours=1), 2, AT + timedelta(hours=2), "r1", "r3")
    ]
    assert look(db, set(), fault(), hours=3).opened == [2], "broken again it is another one"


def test_what_was_not_looked_at_stays_open(db: psycopg.Connection) -> None:
    look(db, set(), fault("app"), fault("shop"))
    assert look(db, {"land shop", "gate raw app"}).closed == [2]
    assert rows(db, "subject, closed_at is null") == [("app", True), ("shop", False)]


def test_a_whole_kind_of_area_and_what_is_gone_close_too(db: psycopg.Connection) -> None:
    node = Fault(Cause.MODEL_FAILED, "build model.w.a", "a")
    look(db, set(), node, fault("old"))
    assert look(db, {"build *"}).closed == [1]
    assert look(db, set(), gone=lambda area: area == "land old").closed == [2]


def test_another_cause_at_the_same_place_is_another_incident(db: psycopg.Connection) -> None:
    look(db, set(), fault())
    settled = look(db, set(), fault(cause=Cause.SOURCE_PASSWORD))
    assert (settled.opened, settled.closed) == ([2], [1])


def test_ten_at_once_are_ten(db: psycopg.Connection) -> None:
    ten = [fault(f"source {number}") for number in range(10)]
    assert look(db, set(), *ten).opened == list(range(1, 11))
    assert look(db, set(), *ten[:4], hours=1) == Settled()
    assert look(db, {f"land source {number}" for number in range(10)}).closed == list(range(1, 11))


def test_two_that_look_at_once_open_one(db: psycopg.Connection, warehouse: str) -> None:
    ready = threading.Barrier(4)
    opened: list[int] = []

    def work() -> None:
        with psycopg.connect(warehouse) as connection:
            ready.wait()
            opened.extend(settle(connection, Looked({"land app"}, [fault()]), "r", AT).opened)
            connection.commit()

    threads = [threading.Thread(target=work) for _ in range(4)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert opened == [1]
    assert rows(db, "times_seen") == [(4,)]


def test_what_does_not_land_is_told_since_it_last_did(db: psycopg.Connection) -> None:
    for table, hour in (("users", 3), ("plans", 5)):
        db.execute(
            "insert into ops.landings (load_id, job, source, table_name, landed_at, as_of, how, promise, extracted, "
            "landed) values ('1', %s, 'app', %s, %s, now(), 'compare', 'exact', 1, 1)",
            [table, table, datetime(2026, 11, 26, hour, tzinfo=UTC)],
        )
    look(db, set(), fault("app"), fault("app.users", Cause.TABLE_GONE, tables=("app.users",)), fault("shop"))
    told = [what.split(",")[0] for (what,) in rows(db, "substr(what, 1, 40) || ','")]
    assert told == ["Since 26 November 2026", "Since 26 November 2026", "Since 27 November 2026"]
    assert [what[22:34] for (what,) in rows(db, "what")] == [", 05:00 UTC,", ", 03:00 UTC,", ", 03:00 UTC,"]
    assert {at for (at,) in rows(db, "opened_at")} == {AT}, "it opened when it was found"


def test_names_with_every_odd_letter_and_secrets(db: psycopg.Connection, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("APP_URL", "postgresql://weir:s3cr3t-word@db/app")
    odd = 'a "b" {c} %s <i> \n d'
    look(
        db,
        set(),
        Fault(Cause.KEY_UNFIT, f"land {odd}", odd, ("postgresql://weir:s3cr3t-word@db/app " + "x" * 999,), (odd,)),
    )
    [(subject, title, evidence)] = rows(db, "subject, title, evidence")
    assert subject == odd
    assert title == 'The key of a "b" {c} %s <i> d does not fit'
    assert "s3cr3t" not in evidence[0] and len(evidence[0]) <= 600
