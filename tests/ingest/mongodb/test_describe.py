"""What a MongoDB database says of itself: collections, the paths of their documents, samples, counts."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from bson import Decimal128, Int64, ObjectId
from pymongo.database import Database

from ingest.connectors.registry import open_describer
from tests.servers.mongodb import shared
from weir.core.errors import WeirError
from weir.project.scaffold.described import Describer, Table
from weir.project.scaffold.described import Test as Asked

pytestmark = pytest.mark.slow
START = datetime(2024, 1, 1, tzinfo=UTC)


@pytest.fixture
def told() -> tuple[str, Database[dict[str, Any]]]:
    return shared().database("told")


@contextmanager
def described(url: str) -> Iterator[tuple[Describer, dict[str, Table]]]:
    with open_describer("SHOP_URL", url) as describer:
        yield describer, {table.name: table for table in describer.tables([])}


def order(n: int) -> dict[str, Any]:
    """A document with a field of every kind."""
    return {
        "_id": ObjectId(), "n": n, "long": Int64(2**40 + n), "price": Decimal128("1.50"), "x": n / 3,
        "at": START + timedelta(days=n), "meta": {"updatedAt": START + timedelta(hours=n), "by": "ann"},
        "paid": n % 2 == 0, "tags": ["a", "b"], "day": "2024-01-31", "mixed": "five" if n == 5 else n,
        "user": ObjectId(),
        "sizes": {f"size{n}": n}, "none": None, "due": None if n % 10 == 0 else START,
    }  # fmt: skip


def test_paths_as_extended_json_lands_them(told: tuple[str, Any]) -> None:
    url, database = told
    orders = [order(n) for n in range(100)]
    orders[7]["rare"] = True
    database.orders.insert_many(orders)
    database.empty.insert_one({"_id": 1})
    database.empty.delete_many({})
    with described(url) as (describer, tables):
        table = tables["orders"]
        assert (table.kind, table.rows, table.primary_key) == ("collection", 100, ("_id",))
        found = {c.name: c for c in table.columns}
        assert {name: (c.path, c.kind) for name, c in found.items()} == {
            "_id": ((), "text"), "n": (("n",), "integer"), "long": (("long",), "integer"),
            "price": (("price", "$numberDecimal"), "numeric"), "x": (("x",), "numeric"),
            "at": (("at", "$date"), "timestamptz"), "meta.updatedAt": (("meta", "updatedAt", "$date"), "timestamptz"),
            "meta.by": (("meta", "by"), "text"), "paid": (("paid",), "boolean"), "tags": (("tags",), "array"),
            "day": (("day",), "text"), "mixed": (("mixed",), "text"), "user": (("user", "$oid"), "text"),
            "sizes": (("sizes",), "json"), "none": (("none",), "text"), "due": (("due", "$date"), "timestamptz"),
        }  # fmt: skip
        assert (found["_id"].landed, found["n"].landed) == ("text", "jsonb")
        assert found["mixed"].note == "integer in 99, text in 1 of 100 documents"
        assert (found["due"].share, found["due"].nullable) == (1, True)
        assert table.notes[0] == "rare, and no columns: rare (1%)"
        assert [c.name for c in tables["empty"].columns] == ["_id"]
        sample = describer.sample(table, 1000)
        assert (sample.rows, sample.is_whole) == (100, True)
        at = sample.values["n"].index("3")
        assert sample.values["price"][at] == "1.50"
        assert sample.values["at"][at] == "2024-01-04T00:00:00Z"
        assert sample.values["_id"][at] == str(orders[3]["_id"])
        assert describer.sample(table, 10).rows == 10
        assert not describer.sample(table, 10).is_whole


def test_cursors_and_unique_indexes(told: tuple[str, Any]) -> None:
    url, database = told
    for name in ("indexed", "plain"):
        database[name].insert_many([order(n) for n in range(10)])
    database.indexed.create_index("meta.updatedAt")
    database.indexed.create_index([("user", 1), ("n", 1)], unique=True)
    with described(url) as (_, tables):
        assert tables["indexed"].meta == {"cursor": "meta.updatedAt"}
        assert tables["indexed"].unique == [("user", "n")]
        assert tables["plain"].meta == {}
        assert tables["plain"].notes[1:] == ["meta.updatedAt would be a cursor, if it had an index"]


def test_counts_by_the_server(told: tuple[str, Any]) -> None:
    url, database = told
    orders = [order(n) | {"n": n % 40, "x": n - 2.5, "price": Decimal128(str(n - 5))} for n in range(100)]
    del orders[3]["at"]
    database.orders.insert_many(orders)
    tests = [
        Asked("repeated", ("_id",)), Asked("repeated", ("n",)), Asked("repeated", ("n", "paid")),
        Asked("missing", ("due",)), Asked("missing", ("at",)), Asked("negative", ("x",)), Asked("negative", ("price",)),
        Asked("before", ("at",), "2024-01-11", "timestamptz"), Asked("after", ("at",), "2024-01-11", "timestamptz"),
        Asked("before", ("day",), "2024-02-01", "date"), Asked("reversed", ("at", "meta.updatedAt"), "", "timestamptz"),
        Asked("orphaned", ("n",)), Asked("missing", ("nowhere",)),
    ]  # fmt: skip
    with described(url) as (describer, tables):
        counted = describer.count(tables["orders"], tests, 60)
        assert counted.rows == 100
        # `n` and `paid`: n % 40 and n % 2 are 40 pairs
        assert counted.broken == (0, 60, 60, 10, 1, 3, 5, 9, 89, 100, 98, None, None)
        assert describer.count(tables["orders"], tests, 0).broken == (0, *(None,) * 12)


def test_keys_of_several_types(told: tuple[str, Any]) -> None:
    url, database = told
    database.numbers.insert_many({"_id": n} for n in range(5))
    database.words.insert_many({"_id": f"{n}"} for n in range(5))
    database.both.insert_many([{"_id": 1}, {"_id": ObjectId()}])
    with described(url) as (describer, tables):
        found = {name: (table.columns[0].kind, table.columns[0].note) for name, table in tables.items()}
        assert found == {
            "numbers": ("integer", ""), "words": ("text", ""), "both": ("text", "its values are of 2 types"),
        }  # fmt: skip
        assert sorted(describer.sample(tables["words"], 2).values["_id"][0] or "")[:1] == ['"'], "as raw holds it"


def test_names_that_can_not_be_asked(told: tuple[str, Any]) -> None:
    url, database = told
    database["odd names"].insert_one({"_id": 1, "Ünï cödé": 1, "a b": {"c-d": 2}})
    with described(url) as (describer, tables):
        table = tables["odd names"]
        assert [(c.name, c.path) for c in table.columns[1:]] == [
            ("Ünï cödé", ("Ünï cödé",)), ("a b.c-d", ("a b", "c-d")),
        ]  # fmt: skip
        assert describer.count(table, [Asked("negative", ("a b.c-d",))], 60).broken == (0,)


def test_an_address_that_is_wrong() -> None:
    with pytest.raises(WeirError, match="SHOP_URL must name a database"), described("mongodb://127.0.0.1:1/"):
        pass
    address = "mongodb://127.0.0.1:1/x?serverSelectionTimeoutMS=200"
    with pytest.raises(WeirError, match="can't be reached"), described(address):
        pass
    with open_describer("SHOP_URL", address) as describer, pytest.raises(WeirError, match="MongoDB has no schemas"):
        describer.tables(["public"])
