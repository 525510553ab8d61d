"""MongoDB: mistakes in one clear line, and a source that dies in the midst of a landing."""

import os

import pytest

from ingest.connectors.mongodb import connector
from tests.servers.mongodb import shared
from tests.support.mongodb_shop import NOW, SHOP

pytestmark = pytest.mark.slow


def _says(landing, *change):
    landing.declare(SHOP.replace(*change) if change else SHOP)
    (result,) = landing.land().values()
    assert result.state == "failed"
    assert "\n" not in result.message and "secretword" not in result.message
    return result.message


def test_mistakes_in_one_clear_line(landing, shop, monkeypatch):
    monkeypatch.setattr(connector, "WAIT", 1)
    assert "there is no collection order at the source" in _says(landing, "name: orders", "name: order")
    assert "it has: orders" in _says(landing, "name: orders", "name: order")
    assert "cursor names 'changed', which no document has" in _says(landing, "updated_at", "changed")
    assert "key is note, but the key of a collection is _id" in _says(landing, "[_id]", "[note]")
    assert "exclude names '_id'" in _says(landing, "cursor:", "exclude: [_id], cursor:")
    url = os.environ["SHOP_URL"]
    for wrong, expected in {
        "mongodb://weir:secretword@127.0.0.1:1/shop": "can't be reached: see that it is up, and check SHOP_URL",
        url.rpartition("/")[0] + "/": "SHOP_URL must name a database",
        "mongodb://weir:secret@word@127.0.0.1/shop": "is no address that MongoDB's driver understands",
        "mongodb://127.0.0.1:port/shop": "its port must be a number",
        "mongodb://127.0.0.1/shop?tlsCAFile=/nowhere": "driver understands: [Errno 2] No such file or directory: '/now",
    }.items():
        monkeypatch.setenv("SHOP_URL", wrong)
        assert expected in _says(landing)


def test_a_source_killed_meanwhile_leaves_nothing_half_landed(landing, shop, monkeypatch):
    server = shared()
    assert server.process, "MONGODB_TEST_URL names a server that is not ours to kill: leave this test out"
    shop.orders.insert_many([{"_id": n, "note": "x" * 200} for n in range(100, 12_000)], ordered=False)
    monkeypatch.setattr(connector, "BATCH", 100)
    monkeypatch.setattr(connector, "WAIT", 1)
    read = connector.lines

    def cut(batches, *rest):
        for number, block in enumerate(read(batches, *rest)):
            if number == 1:
                server.kill()
            yield block

    monkeypatch.setattr(connector, "lines", cut)
    try:
        message = _says(landing)
    finally:
        server.start()
    assert message.startswith("shop.orders: went away while it was read: see that it is up, then run again")
    assert landing.rows("select to_regclass('raw_shop.orders')") == [(None,)]
    assert landing.rows("select count(*) from ops.landings") == [(0,)]
    monkeypatch.setattr(connector, "lines", read)
    _, database = server.database("shop")
    database.orders.insert_one({"_id": 1, "updated_at": NOW})
    assert landing.one().tables[0].landed == 1
    landing.proven()
