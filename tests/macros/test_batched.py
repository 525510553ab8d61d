"""The materialization `batched`: the price of an increment, the result of a full refresh."""

from typing import Any

import pytest

from tests.support.batches import declare, differing
from tests.support.shop import Shop, messages


def event(number: int, account: Any, at: str, amount: str = "1.00", **more: Any) -> dict[str, Any]:
    return {"event_id": str(number), "account_id": str(account), "happened_at": at, "amount": amount, **more}


@pytest.fixture
def batches(shop: Shop) -> Shop:
    declare(shop)
    shop.land("accounts", 1, [{"account_id": str(n), "plan": "free"} for n in (1, 2, 3)])
    shop.land(
        "events",
        1,
        [event(10 * month + n, n, f"2025-{month:02}-1{n}T12:00:00Z") for month in (10, 11, 12) for n in (1, 2, 3, 4)],
    )
    return shop


def at(shop: Shop, monkeypatch: pytest.MonkeyPatch, moment: str) -> dict[str, str]:
    """Build at a moment; what each node said."""
    monkeypatch.setenv("DBT_ENV_CUSTOM_ENV_WEIR_AS_OF", moment)
    monkeypatch.setenv("WEIR_AS_OF", moment)
    result = shop.dbt("run")
    assert result.success, messages(result)
    return {node.node.name: node.message for node in result.result}


def test_a_build_makes_anew_what_changed_alone(batches: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    at(batches, monkeypatch, "2026-01-05T00:00:00Z")
    assert differing(batches) == {}
    said = at(batches, monkeypatch, "2026-01-05T00:00:00Z")
    print(said)
    batches.land("events", 2, [event(500, 2, "2025-12-12T13:00:00Z")])
    said = at(batches, monkeypatch, "2026-01-06T00:00:00Z")
    print(said)
    assert differing(batches) == {}
    batches.land("accounts", 2, [{"account_id": "4", "plan": "pro"}])
    said = at(batches, monkeypatch, "2026-01-07T00:00:00Z")
    print(said)
    assert differing(batches) == {}
