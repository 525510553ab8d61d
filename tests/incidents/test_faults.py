"""Faults of a small company, and clean runs: the library in short, for every day."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest

from expectations.worker import Worker
from tests.incidents.library.company import go
from tests.support.small_company import AS_OF, Company
from weir.core.errors import WeirError
from weir.dbt.worker import DbtProcess


class Small(Company):
    """The small company, with warm processes for its runs."""

    def __init__(self, folder: Path, patch: pytest.MonkeyPatch, url: str) -> None:
        super().__init__(folder, patch)
        self.url, self.as_of = url, datetime.fromisoformat(AS_OF)
        self.orders(1, 200)
        self.people("a.csv", ["ann@x.io,Ann", "bob@x.io,Bob"])
        self.worker, self.dbt = Worker(), DbtProcess("small", self.as_of)

    def run(self) -> BaseException | None:
        """One run; returns what ended it."""
        return go(self, self.as_of)

    def incidents(self) -> list[tuple[Any, ...]]:
        """Cause, subject and marts of the open incidents."""
        with psycopg.connect(self.url) as connection:
            return connection.execute(
                "select cause, subject, downstream from ops.incidents where closed_at is null order by cause"
            ).fetchall()

    def file(self, name: str) -> Path:
        """A file of the project."""
        return self.folder / "project" / name


@pytest.fixture(scope="module")
def company(warehouse_of_module: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Small]:
    import os

    made = Small(tmp_path_factory.mktemp("company"), warehouse_of_module, os.environ["WAREHOUSE_URL"])
    assert made.run() is None
    yield made
    made.worker.end()
    made.dbt.end()


def test_two_sources_that_fail_are_two_incidents_that_close_when_healed(company: Small) -> None:
    cut = company.folder / "leads/cut.csv"
    cut.write_bytes(b"\x1f\x8b\x08\0\0")
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("SHOP_URL")
        assert company.run() is not None
    assert company.incidents() == [
        ("address of the source is missing or wrong", "shop", ["fct_orders"]),
        ("file can't be read", "leads.people", ["dim_people"]),
    ]
    assert company.run() is not None
    assert company.incidents() == [("file can't be read", "leads.people", ["dim_people"])]
    cut.unlink()
    assert company.run() is None
    assert company.incidents() == []


def test_a_model_and_a_test_that_fail_in_one_build_are_two_incidents(company: Small) -> None:
    model, file = company.file("models/marts/dim_people.sql"), company.file("models/marts/_marts.yml")
    good, rules = model.read_text(), file.read_text()
    model.write_text(good.replace("name", "nam"))
    file.write_text(rules.replace("unique, not_null", "{accepted_values: {arguments: {values: ['7']}}}"))
    assert company.run() is not None
    assert company.incidents() == [
        ("model failed", "dim_people", ["dim_people"]),
        ("test failed", "accepted_values_fct_orders_order_id__7", ["fct_orders"]),
    ]
    model.write_text(good)
    file.write_text(rules)
    assert company.run() is None
    assert company.incidents() == []


def test_a_mart_that_was_edited_by_hand_is_an_incident_until_it_is_published_again(company: Small) -> None:
    from cli.steps import publish

    with psycopg.connect(company.url, autocommit=True) as connection:
        connection.execute("update analytics.fct_orders set amount = 0 where order_id = 3")
    assert company.run() is not None
    assert company.incidents() == [("marts edited by hand", "fct_orders", ["fct_orders"])]
    assert publish(company.as_of, ()) == 0
    assert company.incidents() == []


def test_commands_by_hand_open_and_close_incidents_too(company: Small) -> None:
    from cli.steps import build, land

    cut = company.folder / "leads/cut.csv"
    cut.write_bytes(b"\x1f\x8b\x08\0\0")
    assert land(None, None, company.as_of, False) == 1
    there = [("file can't be read", "leads.people", ["dim_people"])]
    assert company.incidents() == there
    assert land(["shop"], None, company.as_of, False) == 0
    assert company.incidents() == there, "another source says nothing of it"
    cut.unlink()
    assert land(None, ["leads.people"], company.as_of, False) == 0
    assert company.incidents() == []

    model = company.file("models/marts/dim_people.sql")
    good = model.read_text()
    model.write_text(good.replace("name", "nam"))
    with pytest.raises(WeirError, match="the build failed"):
        build(None, False, company.as_of)
    assert company.incidents() == [("model failed", "dim_people", ["dim_people"])]
    model.write_text(good)
    assert build("fct_orders", False, company.as_of) == 0
    assert company.incidents() == [("model failed", "dim_people", ["dim_people"])], "a part says nothing of it"
    assert build(None, False, company.as_of) == 0
    assert company.incidents() == []


@pytest.mark.parametrize("number", [5, pytest.param(50, marks=pytest.mark.slow)])
def test_clean_runs_open_no_incident(company: Small, number: int) -> None:
    with psycopg.connect(company.url) as connection:
        before = connection.execute("select count(*) from ops.incidents").fetchone()
        for turn in range(number):
            if turn % 5 == 1:  # each fifth with new rows, on another day
                company.as_of += timedelta(days=1)
                company.orders(1000 * number + turn, 1000 * number + turn + 2, f"{company.as_of:%Y-%m-%d}")
            assert company.run() is None
        assert connection.execute("select count(*) from ops.incidents").fetchone() == before
