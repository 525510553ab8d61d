"""The small changes of the benchmark of runs: as many events as asked for, at their time, and none lost."""

import json
from datetime import date, timedelta
from pathlib import Path

import pytest

from demo import small_changes
from demo.systems.event_store import Files

OLD = '{"_id":"ev-1","account_id":2,"type":"login","ts":"2026-06-30T10:00:00.000Z"}'
NEW = '{"v":2,"_id":"ev-2","account":{"id":"3"},"event":"export","occurred_at":"2026-06-30T11:00:00.000+00:00"}'


@pytest.fixture
def store(home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Files:
    """Five weeks of files, each with two events and a line that is no JSON, before 1 July."""
    monkeypatch.setenv("PRODUCT_URL", f"file://{tmp_path}/product")
    monkeypatch.setenv("WEIR_AS_OF", "2026-07-01T00:00:00Z")
    found = Files(tmp_path / "product")
    (found.root / "events").mkdir(parents=True)
    for days in range(1, 36):
        found.write((date(2026, 7, 1) - timedelta(days=days)).isoformat(), [OLD, '{"_id":"ev-', NEW])
    return found


def test_an_hour_brings_events_of_that_hour_in_both_shapes_and_loses_none(store: Files) -> None:
    assert small_changes.hour(2) == 2
    first, second = (json.loads(line) for line in store.lines("2026-07-01"))
    assert first["ts"] == "2026-07-01T00:00:00.000Z" and second["occurred_at"] == "2026-07-01T00:30:00.000Z"
    assert first["account_id"] == 2 and second["account"] == {"id": "3"}
    assert len({first["_id"], second["_id"], "ev-1", "ev-2"}) == 4
    small_changes.hour(2)
    assert len(store.lines("2026-07-01")) == 4
    assert store.lines("2026-06-30") == [OLD, '{"_id":"ev-', NEW]


def test_a_late_week_adds_to_the_seven_days_that_began_five_weeks_ago(store: Files) -> None:
    assert small_changes.week(10) == 10
    days = [(date(2026, 5, 27) + timedelta(days=number)).isoformat() for number in range(7)]
    added = [store.lines(day)[3:] for day in days]
    assert [len(lines) for lines in added] == [1, 1, 2, 1, 2, 1, 2]
    assert json.loads(added[0][0]) == json.loads(OLD) | {"_id": "ev-1-late"}
    assert len(store.lines("2026-06-03")) == 3
