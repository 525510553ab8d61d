"""A collection whose documents land in the lake alone: windows of its cursor, deletes, what no window sees."""

import json
from pathlib import Path

import pytest
from pymongo.database import Database

from tests.support.lake import balanced, live
from tests.support.landing import Landing
from tests.support.mongodb_shop import DAY, HOUR, NOW, SHOP

pytestmark = pytest.mark.slow


@pytest.fixture
def orders(shop: Database, landing: Landing, lake: Path) -> Database:
    landing.declare(SHOP.replace("updated_at}", "updated_at, land: lake}"))
    return shop


def one(landing: Landing, **options: bool) -> tuple[str, int, int]:
    event = landing.one(**options).tables[0]
    return event.how, event.landed, event.deleted


def test_windows_bring_what_is_new_and_counts_find_what_is_gone(landing: Landing, orders: Database, lake: Path) -> None:
    orders.orders.insert_one({"_id": 1000, "updated_at": NOW})
    assert one(landing) == ("first load", 101, 0)
    assert one(landing) == ("cursor less 1 day", 0, 0)
    orders.orders.insert_one({"_id": 1001, "updated_at": NOW + HOUR})
    orders.orders.update_one({"_id": 1}, {"$set": {"note": "changed", "updated_at": NOW}})
    assert one(landing) == ("cursor less 1 day", 2, 0)
    orders.orders.delete_many({"_id": {"$in": [2, 1000]}})
    orders.orders.insert_one({"_id": "a\tb", "updated_at": NOW})
    assert one(landing, full=True) == ("cursor less 1 day", 3, 2)
    assert one(landing) == ("cursor less 1 day", 0, 0)
    found = {key: json.loads(document) for key, document in live(lake, "shop/orders", "_id", "_id", "document")}
    assert sorted(found) == sorted(str(each["_id"]) for each in orders.orders.find({}, {"_id": 1}))
    assert found["1"]["note"] == "changed"
    assert landing.rows("select source_rows from ops.landings order by landed_at desc limit 1") == [(101,)]
    balanced(landing, lake)


def test_a_document_that_no_window_saw_is_told(landing: Landing, orders: Database, lake: Path) -> None:
    orders.orders.insert_one({"_id": 1000, "updated_at": NOW})
    one(landing)
    orders.orders.insert_one({"_id": 1001, "updated_at": NOW - 5 * DAY})
    (result,) = landing.land().values()
    assert "shop.orders: 1 documents are at the source that no window of orders has brought" in result.message
    landing.declare(SHOP.replace("updated_at}", "updated_at, land: lake, overlap: 6 days}"))
    assert one(landing) == ("cursor less 6 days", 1, 0)
    balanced(landing, lake)


def test_a_collection_without_a_cursor_is_refused(landing: Landing, shop: Database, lake: Path) -> None:
    landing.declare(SHOP.replace(", cursor: updated_at", ", land: lake"))
    (result,) = landing.land().values()
    assert "shop.orders: land: lake is for collections with a cursor" in result.message
