"""Incidents of real runs, Prefect's frame included: what ends a run is told by its cause until a run ends well."""

import signal
from pathlib import Path

import pytest

from tests.support.flow import query, run, start, until
from tests.support.small_company import Company

pytestmark = pytest.mark.slow


def incidents() -> list[tuple[str, str, bool]]:
    return query("select cause, subject, closed_at is null from ops.incidents order by incident_id")


def test_what_ends_a_run_is_an_incident_until_a_run_ends_well(published: Company, tmp_path: Path) -> None:
    model = published.folder / "project/models/marts/dim_people.sql"
    good = model.read_text()
    away = published.folder / "shop.db"
    assert incidents() == []

    away.rename(tmp_path / "shop.db")
    model.write_text(good.replace("name", "nam"))
    code, out, err = run()
    assert code == 1
    # Two root causes at once: the source that is down, and the model that can't be built.
    assert incidents() == [("source is not there", "shop", True), ("model failed", "dim_people", True)], err
    assert "shop is not there (weir incident 1)" in " ".join(out.split())
    (tmp_path / "shop.db").rename(away)
    model.write_text(good)
    code, out, err = run()
    assert (code, err) == (0, "")
    assert "Incident 1 is over: shop is not there" in " ".join(out.split())
    assert [is_open for _, _, is_open in incidents()] == [False, False]


def test_a_killed_and_an_interrupted_run_are_over_with_the_next(published: Company) -> None:
    before = len(incidents())
    process = start()
    until(process, lambda: bool(query("select 1 from ops.runs where state = 'running'")))
    process.kill()
    process.communicate(timeout=60)
    published.orders(400, 410)
    process = start()
    until(process, lambda: bool(query("select 1 from ops.landings where run_id = (select run_id from ops.runs "
                                      "order by started_at desc limit 1)")))  # fmt: skip
    process.send_signal(signal.SIGINT)
    assert process.wait(60) == 130
    process.communicate(timeout=60)
    assert incidents()[before:] == [("run was killed", "run", False), ("run was interrupted", "run", True)]
    assert run()[0] == 0
    assert [is_open for _, _, is_open in incidents()] == [False] * (before + 2)
