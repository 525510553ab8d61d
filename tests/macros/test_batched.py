"""The materialization `batched`: the price of an increment, the result of a full refresh."""

from typing import Any

import pytest

from tests.support.batches import declare, differing
from tests.support.shop import Shop, messages

NOTHING = "NOTHING NEW"


def event(number: int, account: Any, at: Any, amount: str = "1.00", **more: Any) -> dict[str, Any]:
    """An event as it lands."""
    return {"event_id": str(number), "account_id": str(account), "happened_at": at, "amount": amount, **more}


@pytest.fixture
def batches(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> Shop:
    """Three accounts, and the events of four in the last months of 2025; built."""
    declare(shop)
    shop.land("accounts", 1, [{"account_id": str(n), "plan": "free"} for n in (1, 2, 3)])
    days = [(month, n) for month in (10, 11, 12) for n in (1, 2, 3, 4)]
    shop.land("events", 1, [event(10 * month + n, n, f"2025-{month:02}-1{n}T12:00:00Z") for month, n in days])
    at(shop, monkeypatch, "2026-01-05T00:00:00Z")
    return shop


def at(shop: Shop, monkeypatch: pytest.MonkeyPatch, moment: str, *arguments: str) -> dict[str, str]:
    """Build at a moment; what each batched node said. Every batched table must be right then."""
    monkeypatch.setenv("DBT_ENV_CUSTOM_ENV_WEIR_AS_OF", moment)
    result = shop.dbt("run", *arguments)
    assert result.success, messages(result)
    if not arguments:
        assert differing(shop) == {}
    return {
        node.node.name: node.message
        for node in result.result
        if getattr(node.node.config, "materialized", "") == "batched"
    }


def changed(shop: Shop, model: str, since: int = 0) -> list[str]:
    """The batches of a model that changed after a step."""
    rows = shop.rows(
        f"select batch::date from dev_ops.batches where model = '{model}' and changed > {since} order by 1"
    )
    return [str(day) for (day,) in rows]


def step(shop: Shop, model: str) -> int:
    """The number of the model's newest step."""
    return int(shop.rows(f"select step from dev_ops.batched_models where model = '{model}'")[0][0])


def test_a_build_of_nothing_new_makes_nothing(batches: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    assert set(at(batches, monkeypatch, "2026-01-05T00:00:00Z").values()) == {NOTHING}


def test_a_new_event_makes_its_day_anew_and_the_months_it_reaches(
    batches: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = step(batches, "int_daily")
    batches.land("events", 2, [event(500, 2, "2025-11-12T13:00:00Z")])
    said = at(batches, monkeypatch, "2026-01-05T00:00:00Z")
    assert changed(batches, "int_daily", before) == ["2025-11-12"]
    assert said["int_daily"] == "1 rows of 1 batches made anew, 1 rows of 1 batches different"
    assert said["int_features"] == "9 rows of 3 batches made anew, 3 rows of 3 batches different"
    assert said["int_orphans"] == "0 rows of 0 batches made anew, 0 rows of 0 batches different"


def test_an_event_that_moves_makes_the_old_day_anew_too(batches: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    before = step(batches, "int_daily")
    batches.land("events", 2, [event(101, 1, "2025-12-24T13:00:00Z")])
    at(batches, monkeypatch, "2026-01-05T00:00:00Z")
    assert changed(batches, "int_daily", before) == ["2025-10-11", "2025-12-24"]


@pytest.mark.parametrize("row", [{"_op": "delete", "event_id": "101"}, event(101, 1, "2025-10-11T12:00:00Z", "-1")])
def test_an_event_that_goes_makes_its_day_anew(
    batches: Shop, monkeypatch: pytest.MonkeyPatch, row: dict[str, Any]
) -> None:
    before = step(batches, "int_daily")
    batches.land("events", 2, [row])
    at(batches, monkeypatch, "2026-01-05T00:00:00Z")
    assert changed(batches, "int_daily", before) == ["2025-10-11"]


def test_an_account_that_comes_makes_its_own_rows_anew_alone(batches: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    batches.land("accounts", 2, [{"account_id": "4", "plan": "pro"}])
    said = at(batches, monkeypatch, "2026-01-05T00:00:00Z")
    assert said["int_orphans"] == "0 rows of 0 batches made anew, 0 rows of 3 batches different"
    assert said["int_daily"] == "3 rows of 3 batches made anew, 3 rows of 3 batches different"
    assert said["int_features"] == "4 rows of 4 batches made anew, 4 rows of 4 batches different"


def test_an_account_that_changed_in_what_nobody_reads_makes_nothing_anew(
    batches: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    batches.land("accounts", 2, [{"account_id": "1", "plan": "pro"}])
    said = at(batches, monkeypatch, "2026-01-05T00:00:00Z")
    assert said["int_orphans"] == NOTHING
    assert said["int_features"] == "4 rows of 4 batches made anew, 4 rows of 4 batches different"


def test_time_alone_makes_the_running_batch_anew(batches: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    before = step(batches, "int_features")
    said = at(batches, monkeypatch, "2026-01-20T00:00:00Z")
    assert changed(batches, "int_features", before) == ["2026-01-01"]
    assert said["int_daily"] == "0 rows of 0 batches made anew, 0 rows of 0 batches different"
    assert said["int_orphans"] == NOTHING
    # and when it is set back
    at(batches, monkeypatch, "2025-12-20T00:00:00Z")


def test_events_without_a_time_are_a_batch_of_their_own(batches: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    before = step(batches, "int_daily")
    batches.land(
        "events", 2, [event(500, 1, None), event(501, 1, "9999-12-31T23:59:59Z"), event(502, 1, "0001-01-01T00:00:00Z")]
    )
    at(batches, monkeypatch, "2026-01-05T00:00:00Z")
    rows = batches.rows(
        f"select batch::text from dev_ops.batches where model = 'int_daily' and changed > {before} order by batch"
    )
    assert [row[0] for row in rows] == ["-infinity", "0001-01-01 00:00:00+00", "9999-12-31 00:00:00+00"]
    batches.land("events", 3, [event(500, 1, "2025-12-31T00:00:00Z")])
    at(batches, monkeypatch, "2026-01-05T00:00:00Z")


def test_a_column_that_changes_its_type_makes_the_whole_anew(batches: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    path = batches.folder / "models/intermediate/int_months.sql"
    path.write_text(path.read_text().replace("m::date as month", "m::timestamp as month"))
    said = at(batches, monkeypatch, "2026-01-05T00:00:00Z")
    assert said["int_features"].startswith("SELECT")
    assert said["int_daily"] == NOTHING


def test_another_batch_size_makes_the_whole_anew(batches: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    path = batches.folder / "models/intermediate/int_daily.sql"
    path.write_text(path.read_text().replace("batch_size='day'", "batch_size='year'"))
    said = at(batches, monkeypatch, "2026-01-05T00:00:00Z")
    assert said["int_daily"].startswith("SELECT")
    batches.land("events", 2, [event(500, 2, "2025-11-12T13:00:00Z")])
    assert at(batches, monkeypatch, "2026-01-05T00:00:00Z")["int_daily"].startswith("9 rows of 1 batches")


def test_a_view_that_reads_a_batched_table_stays(batches: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    batches.execute("create view public.mine as select count(*) as days from dev_intermediate.int_daily")
    at(batches, monkeypatch, "2026-01-05T00:00:00Z", "--full-refresh", "--select", "int_daily")
    assert batches.rows("select days from public.mine") == [(9,)]


def test_empty_changes_nothing_that_is_there(batches: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    assert at(batches, monkeypatch, "2026-01-05T00:00:00Z", "--empty", "--select", "int_daily") == {
        "int_daily": NOTHING
    }
    assert batches.rows("select count(*) from dev_intermediate.int_daily") == [(9,)]


@pytest.mark.parametrize(
    ("config", "told"),
    [
        ("batch_size='day'", "a batched model names the column by which its rows fall into batches"),
        ("event_time='day', batch_size='week'", "batch_size is hour, day, month or year, not week"),
        ("event_time='days', batch_size='day'", "the model has no column days, which its event_time names"),
        (
            "event_time='day', batch_size='day', by='account'",
            "the model has no column account, which its `by` names: let it name one of day, events",
        ),
        (
            "event_time='day', batch_size='day', reach={'int_event': 2}",
            "reach names int_event, which the model does not read",
        ),
        ("event_time='day', batch_size='day', reach={'int_events': 'ever'}", "a reach is a number of batches or 'all'"),
        ("event_time='day', batch_size='day', reach=2", "reach says of each input how many batches further on"),
        ("event_time='day'", "batch_size is hour, day, month or year, and it is missing"),
        (
            "event_time='events', batch_size='day'",
            "event_time names events, which is bigint: let it name a column that",
        ),
    ],
)
def test_a_declaration_that_can_not_be_is_told(batches: Shop, config: str, told: str) -> None:
    batches.write("models/intermediate/int_daily.sql", (
        "-- Grain: one row per day.\n{{ config(materialized='batched', " + config + ") }}\n"
        "select happened_at::date as day, count(*) as events from {{ ref('int_events') }} group by 1"
    ))  # fmt: skip
    result = batches.dbt("run", "--select", "int_daily")
    assert not result.success
    assert told in messages(result)


def test_a_reach_too_short_is_found_by_a_proof_and_put_right(batches: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    path = batches.folder / "models/intermediate/int_features.sql"
    path.write_text(path.read_text().replace("'int_daily': 2", "'int_daily': 0"))
    at(batches, monkeypatch, "2026-01-05T00:00:00Z")
    batches.land("events", 2, [event(500, 2, "2025-11-12T13:00:00Z")])
    monkeypatch.setenv("DBT_ENV_CUSTOM_ENV_WEIR_AS_OF", "2026-01-05T00:00:00Z")
    batches.build()
    assert differing(batches) == {"int_features": 10}  # three rows of November, one of each later month
    monkeypatch.setenv("DBT_ENV_CUSTOM_ENV_WEIR_PROVE", "1")
    at(batches, monkeypatch, "2026-01-05T00:00:00Z")
    found = batches.rows("select model, batch::date::text from dev_ops.batch_faults order by 1, 2")
    assert found == [("int_features", month) for month in ("2025-11-01", "2025-12-01", "2026-01-01")]
    # what is right is not found a second time
    at(batches, monkeypatch, "2026-01-05T00:00:00Z")
    assert batches.rows("select count(*) from dev_ops.batch_faults") == [(3,)]


def test_a_proof_puts_rows_edited_by_hand_right_and_the_record_too(
    batches: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    at(batches, monkeypatch, "2026-01-05T00:00:00Z")
    record = "select batch, rows, digest from dev_ops.batches where model = 'int_daily' order by batch"
    right = batches.rows(record)
    batches.execute("update dev_intermediate.int_daily set events = 9 where account_id = 1")
    batches.execute("delete from dev_intermediate.int_daily where account_id = 2")
    monkeypatch.setenv("DBT_ENV_CUSTOM_ENV_WEIR_PROVE", "1")
    at(batches, monkeypatch, "2026-01-05T00:00:00Z")
    assert differing(batches) == {} and batches.rows(record) == right
