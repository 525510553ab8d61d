"""The fixture `shop`: a database of MongoDB, declared."""

import pytest
from pymongo.database import Database

from tests.servers.mongodb import shared
from tests.support.mongodb_shop import DAY, NOW, SHOP


@pytest.fixture
def shop(landing, monkeypatch) -> Database:
    url, database = shared().database("shop")
    monkeypatch.setenv("SHOP_URL", url)
    database.orders.insert_many({"_id": n, "note": f"note {n}", "updated_at": NOW - 10 * DAY} for n in range(100))
    landing.declare(SHOP)
    return database
