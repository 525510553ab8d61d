"""Documents that nobody here wrote: every collection of mongo_practice against raw, by count and digest of each."""

import gzip
import hashlib
import json
import zipfile
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest
from bson import CodecOptions, DatetimeConversion, json_util

from tests.servers.mongodb import shared
from tests.support.real_data import DATA, needs_data

pytestmark = [pytest.mark.slow, needs_data]
COUNTS = {
    "books": 431, "countries-big": 21_640, "countries-small": 248, "covers": 5_071, "grades": 280, "products": 11,
    "profiles": 1_515, "restaurant": 2_548, "students": 200, "albums": 1_000, "images": 100_000,
}  # fmt: skip
MILLIS: CodecOptions[Any] = CodecOptions(datetime_conversion=DatetimeConversion.DATETIME_MS)


def files() -> Iterator[tuple[str, bytes]]:
    for file in sorted((DATA / "mongo_practice").glob("*.json")):
        yield file.stem, file.read_bytes()
    yield "countries-big", gzip.decompress((DATA / "mongo_practice" / "countries-big.json.gz").read_bytes())
    with zipfile.ZipFile(DATA / "mongo_practice" / "palbum.zip") as packed:
        for name in ("albums", "images"):
            yield name, packed.read(f"palbum/{name}.json")


def digests(documents: Iterator[str]) -> list[str]:
    """One digest per document, whatever the order of its fields."""
    read = (json.dumps(json.loads(text, parse_float=number), sort_keys=True) for text in documents)
    return sorted(hashlib.md5(text.encode()).hexdigest() for text in read)


def number(text: str) -> float | int:
    """A double as jsonb writes it: 1e+22 with all of its zeros."""
    return float(text) if abs(float(text)) < 1e15 else int(Decimal(text))


def test_every_collection_lands_whole_and_equal(landing, monkeypatch):
    url, database = shared().database("practice")
    monkeypatch.setenv("PRACTICE_URL", url)
    for name, text in files():
        documents = [json_util.loads(line) for line in text.decode().splitlines() if line.strip()]
        database[name].insert_many(documents, ordered=False)
    tables = "".join(f"\n              - name: {name}" for name in COUNTS)
    landing.declare(f"""
        sources:
          - name: practice
            schema: raw_practice
            config: {{meta: {{connection: PRACTICE_URL}}}}
            tables:{tables}
    """)
    assert {event.table: event.landed for event in landing.one().tables} == COUNTS
    for name in COUNTS:
        source = database.get_collection(name, codec_options=MILLIS).find()
        there = (json_util.dumps(d, json_options=json_util.RELAXED_JSON_OPTIONS) for d in source)
        here = (text for (text,) in landing.rows(f'select document::text from raw_practice."{name}"'))
        assert digests(here) == digests(there), name
    landing.balanced()
    landing.proven()
    keys = landing.rows('select count(distinct _id), count(*) from raw_practice."books"')
    assert keys == [(431, 431)]
    database["countries-big"].delete_many({"Language": "af"})
    database["products"].update_many({}, {"$set": {"price": None}})
    changed = {event.table: event.landed for event in landing.one().tables if event.landed}
    assert changed.keys() == {"countries-big", "products"}
    landing.proven()
