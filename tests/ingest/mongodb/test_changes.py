"""MongoDB: changes, deletes, windows of a cursor of any type, hostile input, and a source that dies meanwhile."""

from datetime import datetime

import pytest
from bson import Binary, Code, DatetimeMS, Decimal128, Int64, MaxKey, ObjectId, Timestamp

from ingest.connectors.mongodb import connector
from tests.support.mongodb_shop import DAY, HOUR, NOW, SHOP

pytestmark = pytest.mark.slow


def test_whole_compares_find_changes_and_deletes(landing, shop):
    event = landing.one().tables[0]
    assert (event.how, event.landed) == ("first load", 100)
    shop.orders.update_one({"_id": 1}, {"$set": {"note": "changed", "updated_at": datetime(2001, 1, 1)}})
    shop.orders.update_one({"_id": 3}, {"$set": {"new": {"field": [1.50, None]}}})
    shop.orders.delete_one({"_id": 2})
    shop.orders.insert_one({"_id": ObjectId("55f131b2c7447c3da7f739a1")})
    event = landing.one().tables[0]
    assert (event.how, event.landed, event.deleted) == ("compare", 4, 1)
    assert landing.one().tables[0].landed == 0
    landing.balanced()
    landing.proven()
    live = dict(landing.live("raw_shop.orders", "_id", "_id, document"))
    assert len(live) == 100
    assert live["3"]["new"] == {"field": [1.5, None]}
    assert live["55f131b2c7447c3da7f739a1"] == {"_id": {"$oid": "55f131b2c7447c3da7f739a1"}}


def test_a_window_with_overlap_and_what_it_cannot_see(landing, shop, monkeypatch):
    monkeypatch.setattr(connector, "SMALL", 10)
    shop.orders.insert_one({"_id": 1000, "updated_at": NOW})
    landing.one()
    shop.orders.insert_many([{"_id": 1001, "updated_at": NOW + HOUR}, {"_id": 1002, "updated_at": NOW - 20 * HOUR}])
    shop.orders.insert_many([{"_id": 1003}, {"_id": 1004, "updated_at": None}, {"_id": 1005, "updated_at": NOW}])
    shop.orders.update_one({"_id": 1}, {"$set": {"updated_at": NOW}})
    event = landing.one().tables[0]
    assert (event.how, event.landed, event.extracted) == ("cursor less 1 day", 6, 7)
    assert landing.one().tables[0].landed == 0
    landing.proven()
    # one that is late beyond the overlap, or gone, shows in the number of documents
    shop.orders.insert_one({"_id": 1006, "updated_at": NOW - 5 * DAY})
    event = landing.one().tables[0]
    assert (event.how, event.landed) == ("compare", 1)
    shop.orders.delete_many({"_id": {"$in": [5, 1000]}})
    event = landing.one().tables[0]
    assert (event.how, event.landed, event.deleted) == ("compare", 2, 2)
    # a change that leaves the cursor alone is for the compare on schedule
    shop.orders.update_one({"_id": 50}, {"$set": {"note": "unseen"}})
    assert landing.one().tables[0].landed == 0
    assert landing.one(full=True).tables[0].landed == 1
    landing.balanced()
    landing.proven()


MIXED = {  # by type of the cursor: what is landed first, what is newer, what is late within the overlap
    "date": (NOW - DAY, NOW, NOW - DAY - 20 * HOUR),
    "text": (f"{NOW - DAY:%Y-%m-%dT%H:%M:%SZ}", f"{NOW:%Y-%m-%dT%H:%M:%SZ}", f"{NOW - DAY - HOUR:%Y-%m-%dT%H:%M:%SZ}"),
    "plain text": ("m", "z", "a"),
    "integer": (10, 11, 10),
    "large": (Int64(2**60), Int64(2**60 + 1), Int64(2**60)),
    "double": (0.5, 2.0**61, 2.0**60),
    "decimal": (Decimal128("1"), Decimal128("1E30"), Decimal128("1E29")),
    "timestamp": (Timestamp(NOW - DAY, 5), Timestamp(NOW, 1), Timestamp(NOW - DAY - HOUR, 1)),
    "objectid": tuple(ObjectId.from_datetime(at) for at in (NOW - DAY, NOW, NOW - DAY - HOUR)),
    "boolean": (True, False, False), "binary": (b"b", b"c", b"a"), "document": ({"a": 2}, {"a": 3}, {"a": 1}),
    "list": ([NOW - DAY], [NOW, 5], [NOW - 9 * DAY]), "null": (None, None, None),
    "greatest": (MaxKey(), MaxKey(), MaxKey()), "code": (Code("b"), Code("c"), Code("a")),
}  # fmt: skip

NUMBERS = ["integer", "double", "decimal"]  # all one type to MongoDB: "large" stands for them among all


@pytest.mark.parametrize("kind", ["all", "date", *NUMBERS])
def test_every_type_of_cursor_and_all_in_one(landing, shop, monkeypatch, kind):
    monkeypatch.setattr(connector, "SMALL", 3)
    several = {name: MIXED[name] for name in MIXED if name not in NUMBERS}
    wanted = several if kind == "all" else {kind: MIXED[kind]}
    shop.orders.delete_many({})
    shop.orders.insert_many([{"_id": f"{name} {n}", "updated_at": first} for name, (first, _, _) in wanted.items()
                             for n in range(4)])  # fmt: skip
    landing.one()
    for name, (_, newer, late) in wanted.items():
        shop.orders.insert_one({"_id": {"new": name}, "updated_at": newer})
        shop.orders.insert_one({"_id": Binary(name.encode(), 128), "updated_at": late})
    event = landing.one().tables[0]
    assert (event.how[:6], event.landed) == ("cursor", 2 * len(wanted))
    assert landing.one().tables[0].landed == 0
    landing.balanced()
    landing.proven()


def test_keys_of_every_type_stay_apart(landing, shop):
    shop.orders.drop()
    keys = [1, "1", 2.5, "2.5", Int64(2**60), ObjectId("55f131b2c7447c3da7f739a1"), "55f131b2c7447c3da7f739a1", None,
            "null", True, "true", {"a": 1}, '{"a":1}', datetime(2024, 1, 1), "2024-01-01T00:00:00Z", "", "\t\\N\n",
            b"1", Decimal128("7"), "é", Timestamp(1, 2)]  # fmt: skip
    shop.orders.insert_many({"_id": key, "n": n, "updated_at": NOW} for n, key in enumerate(keys))
    landing.one()
    assert len({key for (key,) in landing.rows("select _id from raw_shop.orders")}) == len(keys)
    shop.orders.delete_many({"_id": {"$in": [keys[1], keys[5], keys[13]]}})
    shop.orders.update_many({}, {"$inc": {"n": 1}})
    event = landing.one().tables[0]
    assert (event.landed, event.deleted) == (len(keys), 3)
    landing.proven()


def test_rows_from_the_far_future_do_not_carry_the_window_there(landing, shop, monkeypatch):
    monkeypatch.setattr(connector, "SMALL", 10)
    future = [datetime(2099, 1, 1), "2099-01-01", float("inf"), float("nan"), "soon", ObjectId("f" * 24)]
    shop.orders.insert_many({"_id": f"future {n}", "updated_at": value} for n, value in enumerate(future))
    landing.one()
    shop.orders.insert_many([{"_id": "a", "updated_at": NOW}, {"_id": "b", "updated_at": NOW.isoformat()},
                             {"_id": "c", "updated_at": 12}, {"_id": "d", "updated_at": ObjectId()}])  # fmt: skip
    event = landing.one().tables[0]
    assert (event.how[:6], event.landed) == ("cursor", 4)
    landing.proven()


def test_dates_that_python_has_no_year_for_as_cursor(landing, shop, monkeypatch):
    monkeypatch.setattr(connector, "SMALL", 1)
    shop.orders.delete_many({})
    shop.orders.insert_many({"_id": n, "updated_at": DatetimeMS(-(2**60) + n)} for n in range(3))
    landing.one()
    shop.orders.insert_many([{"_id": 3, "updated_at": DatetimeMS(-(2**60) + 1)}, {"_id": 4, "updated_at": NOW}])
    event = landing.one().tables[0]
    assert (event.how, event.landed) == ("cursor less 1 day", 2)
    landing.proven()


def test_a_cursor_within_a_document_another_overlap_and_fields_left_out(landing, shop, monkeypatch):
    monkeypatch.setattr(connector, "SMALL", 3)
    shop.orders.delete_many({})
    shop.orders.insert_many({"_id": n, "meta": {"at": NOW, "secret": "s"}, "card": "4711"} for n in range(5))
    more = "cursor: meta.at, overlap: 2 hours, exclude: [card, meta.secret]"
    landing.declare(SHOP.replace("cursor: updated_at", more))
    landing.one()
    assert landing.rows("select \"meta.at\", document from raw_shop.orders where _id = '1'") == [
        (f"{NOW:%Y-%m-%dT%H:%M:%SZ}", {"_id": 1, "meta": {"at": {"$date": f"{NOW:%Y-%m-%dT%H:%M:%SZ}"}}})
    ]
    shop.orders.insert_one({"_id": 7, "meta": {"at": NOW - HOUR}, "card": "4712"})
    event = landing.one().tables[0]
    assert (event.how, event.landed) == ("cursor less 2 hours", 1)
    landing.proven()
    assert landing.rows("select count(*) from raw_shop.orders where document::text like '%471%'") == [(0,)]
    landing.declare(SHOP.replace("cursor: updated_at", more.replace("card, ", "")))  # then all is compared
    event = landing.one().tables[0]
    assert (event.how, event.landed) == ("compare", 6)


def test_no_cursor_an_empty_collection_and_an_object_id_as_cursor(landing, shop, monkeypatch):
    monkeypatch.setattr(connector, "SMALL", 3)
    shop.create_collection("empty")
    shop.plain.insert_many([{"a": n} for n in range(5)])
    landing.declare(SHOP.replace("- name: orders", "- name: plain\n          - name: empty\n          - name: orders")
                    .replace("updated_at", "_id"))  # fmt: skip
    landing.one()
    shop.plain.insert_one({"a": 9})
    shop.empty.insert_one({"a": 9})
    shop.orders.insert_one({"_id": 1000})
    events = {event.table: (event.how, event.landed) for event in landing.one().tables}
    assert events == {"plain": ("compare", 1), "empty": ("first load", 1), "orders": ("cursor", 1)}
    landing.proven()


def test_what_postgres_cannot_hold_is_flagged(landing, shop):
    shop.orders.insert_one({"_id": "a\0b", "note": "x\0y", "updated_at": "2024\0"})
    landing.one()
    assert landing.rows("select _id, updated_at, document ->> 'note' from raw_shop.orders where _escaped") == [
        ('"a\\\\u0000b"', "2024\\u0000", "x\\u0000y")
    ]
    landing.proven()


def test_large_documents_and_names(landing, shop):
    name = 'Größe "x" ' + "n" * 60
    shop[name].insert_many({"_id": n, "text": "é\\\n" * 1_000_000, "": 1, "a.b": [{}] * 10} for n in range(3))
    landing.declare(SHOP.replace("- name: orders", f"- name: big\n            config: {{meta: {{from: '{name}'}}}}\n"
                                 "          - name: orders"))  # fmt: skip
    landing.one()
    found = landing.rows("select length(document ->> 'text'), document -> 'a.b' ->> 9 from raw_shop.big")
    assert found == [(3_000_000, "{}")] * 3
    landing.proven()
