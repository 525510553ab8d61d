"""Documents of MongoDB as Extended JSON: every kind of value and its edges; pymongo's own reading is the truth."""

import json
import math
import random
from datetime import datetime, timedelta

import bson
import pytest
from bson import Code, Decimal128, Int64
from bson.datetime_ms import DatetimeMS
from bson.json_util import RELAXED_JSON_OPTIONS, dumps

from ingest.connectors.mongodb import documents
from ingest.connectors.mongodb.documents import cut, lines, read
from ingest.connectors.mongodb.slow_documents import Slowly
from tests.support.values.mongodb import MILLIS, OID, VALUES
from weir.core.errors import WeirError


@pytest.mark.parametrize("value", VALUES, ids=lambda value: repr(value)[:40])
def test_every_value_as_pymongo_reads_it_both_ways(value):
    raw = bson.encode({"_id": 1, "v": value})
    truth = json.loads(dumps(bson.decode(raw, MILLIS), json_options=RELAXED_JSON_OPTIONS))
    _, text, mark = read(raw)
    assert (json.loads(text), mark) == (truth, documents._SOUND)
    assert json.loads(json.dumps(Slowly(raw).tree)) == truth


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (math.nan, {"$numberDouble": "NaN"}), (math.inf, {"$numberDouble": "Infinity"}),
        ([None, -math.inf], [None, {"$numberDouble": "-Infinity"}]), (-0.0, {"$numberDouble": "-0.0"}),
        ({"a": [-0.0, -0.05]}, {"a": [{"$numberDouble": "-0.0"}, -0.05]}), (Code("f()"), {"$code": "f()"}),
        (Code("f", {"o": OID}), {"$code": "f", "$scope": {"o": {"$oid": str(OID)}}}),
    ],
)  # fmt: skip
def test_what_json_lacks_is_canonical(value, expected):
    _, text, mark = read(bson.encode({"_id": 1, "v": value}))
    assert (json.loads(text)["v"], mark) == (expected, documents._SOUND)


def test_deprecated_types_are_kept():
    """Undefined, symbol and DBPointer, which pymongo turns into others."""
    body = b"\x06u\0" + b"\x0es\0\x03\0\0\0ab\0" + b"\x0cp\0\x02\0\0\0c\0" + OID.binary + b"\0"
    raw = (len(body) + 4).to_bytes(4, "little") + body
    expected = {"$dbPointer": {"$ref": "c", "$id": {"$oid": str(OID)}}}
    assert json.loads(read(raw)[1]) == {"u": {"$undefined": True}, "s": {"$symbol": "ab"}, "p": expected}


def test_what_jsonb_cannot_hold_is_visible_and_flagged():
    raw = bson.encode(
        {"_id": 1, "nul": "a\0b", "bad": "ab", "lone": "abc", "k": {"twice": 1, "twicf": 2, "twice (2)": 3}}
    )
    raw = raw.replace(b"\x03\0\0\0ab\0", b"\x03\0\0\0a\xff\0").replace(b"abc\0", b"\xed\xa0\x80\0")
    raw = raw.replace(b"twicf", b"twice")
    _, text, mark = read(raw)
    assert mark == documents._ESCAPED
    assert json.loads(text) == {
        "_id": 1, "nul": "a\\u0000b", "bad": "a\\xff", "lone": "\\xed\\xa0\\x80",
        "k": {"twice": 1, "twice (2)": 2, "twice (2) (2)": 3},
    }  # fmt: skip


def test_deep_ones_and_broken_ones():
    deep: dict = {"_id": 1}
    for _ in range(90):  # MongoDB itself takes 100 levels, orjson writes 254
        deep = {"_id": 1, "a": [deep], "n": -0.0}
    assert json.loads(read(bson.encode(deep))[1])["a"][0]["a"][0]["n"] == {"$numberDouble": "-0.0"}
    body = bson.encode({"a": 1})
    for _ in range(5000):
        body = (len(body) + 8).to_bytes(4, "little") + b"\x03a\0" + body + b"\0"
    with pytest.raises(WeirError, match="nested too deeply"):
        read(body)
    sound = bson.encode({"_id": 1, "s": "abc", "d": {"x": 1}})
    for at in range(4, len(sound)):  # no byte can be wrong in such a way that more than one line is said
        for byte in (0, 1, 0x03, 0x7F, 0xFF):
            try:
                read(sound[:at] + bytes([byte]) + sound[at + 1 :])
            except WeirError as fault:
                assert "broken at the source" in str(fault)
    with pytest.raises(WeirError, match="broken"):
        read(sound[:-3])


def test_random_documents_both_ways(monkeypatch):
    """The fast way and the slow one agree with pymongo on thousands of made-up documents."""
    chance = random.Random(11)

    def made(depth: int):
        kind = chance.randrange(12 if depth else 9)
        if kind < 7:
            return chance.choice(VALUES)
        if kind == 7:
            return chance.choice(
                [chance.uniform(-1e6, 1e6), chance.getrandbits(62), chance.random() * 10 ** chance.randrange(-300, 300)]
            )
        if kind == 8:
            return datetime(1600, 1, 1) + timedelta(milliseconds=chance.randrange(2 * 10**13))
        return [made(depth - 1) for _ in range(3)] if kind == 9 else {f"k{n}": made(depth - 1) for n in range(3)}

    for _ in range(3000):
        raw = bson.encode({"_id": chance.choice(VALUES), "a": made(3), "b": made(2)})
        truth = json.loads(dumps(bson.decode(raw, MILLIS), json_options=RELAXED_JSON_OPTIONS))
        assert json.loads(read(raw)[1]) == truth
        assert Slowly(raw).tree == truth


KEYS = [
    (OID, str(OID)), (str(OID), f'"{OID}"'), ("ac3", "ac3"), (5, "5"), ("5", '"5"'), ("005", "005"), (5.0, "5.0"),
    ("5.0", '"5.0"'), (Int64(2**53 + 1), "9007199254740993"), ("-1e5", '"-1e5"'), (None, "null"), ("null", '"null"'),
    (True, "true"), ("true", '"true"'), ({"a": 1}, '{"a":1}'), ('{"a":1}', '"{\\"a\\":1}"'), ("", ""), ("\t\n", "\t\n"),
    (datetime(2024, 1, 1), "2024-01-01T00:00:00Z"), ("2024-01-01T00:00:00Z", '"2024-01-01T00:00:00Z"'),
    ("2024-01-01", "2024-01-01"), ("a\0", '"a\\\\u0000"'), ("a\\u0000", "a\\u0000"), ('"a', '"\\"a"'),
    (Decimal128("5"), '{"$numberDecimal":"5"}'), (math.nan, '{"$numberDouble":"NaN"}'),
    (DatetimeMS(-1), '{"$date":{"$numberLong":"-1"}}'), (b"\x01", '{"$binary":{"base64":"AQ==","subType":"00"}}'),
]  # fmt: skip


def _fields(document, cursor=None):
    (line,) = b"".join(lines([bson.encode(document)], cursor)).decode().split("\n")[:-1]
    plain = {"\\\\": "\\", "\\t": "\t", "\\n": "\n", "\\r": "\r"}
    return [documents.re.sub(r"\\.", lambda m: plain.get(m[0], m[0]), field) for field in line.split("\t")]


def test_keys_keep_their_type():
    for value, expected in KEYS:
        assert _fields({"_id": value})[0] == expected
    assert len({expected for _, expected in KEYS}) == len(KEYS)


def test_cursors_by_path():
    moment = datetime(2024, 1, 1, 0, 0, 0, 5000)
    for value, expected in [(moment, "2024-01-01T00:00:00.005Z"), ("2024-01-01T00:00:00Z", "2024-01-01T00:00:00Z"),
                            (7, "7"), (OID, str(OID)), (None, "\\N"), ([1], "[1]"), ("5", "5")]:  # fmt: skip
        assert _fields({"_id": 1, "meta": {"at": value}}, "meta.at")[1] == expected
    assert _fields({"_id": 1, "meta": [{"at": 1}]}, "meta.at")[1] == "\\N"
    assert _fields({"_id": 1}, "_id") == ["1", '{"_id":1}', "\\N"]


def test_a_document_without_a_key_and_a_batch_of_many():
    with pytest.raises(WeirError, match="has no _id"):
        list(lines([bson.encode({"a": 1})], None))
    batch = [bson.encode({"_id": n, "s": "x" * n}) for n in range(500)]
    assert [raw for raws in cut(b"".join(batch)) for raw in raws] == batch
    assert b"".join(lines([b"".join(batch[:300]), b"".join(batch[300:])], None)).count(b"\n") == 500
