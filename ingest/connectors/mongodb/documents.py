"""Documents of MongoDB as lines of COPY: the whole document as Extended JSON v2, beside `_id` and cursor as text.

In: batches of BSON. Out: blocks of lines. The fast way decodes a document and writes it as JSON, both in C. Encoding it
again must give the same bytes: that proves that nothing was lost. A document that fails this test (a name that stands
twice, a deprecated type), or that holds a value which JSON or jsonb lacks (NUL, bytes that are no UTF-8, NaN, -0.0),
goes the slow way (slow_documents.py). Extended JSON is relaxed where that keeps the value, else canonical.
"""

import json
import re
from collections.abc import Iterable, Iterator
from datetime import datetime
from itertools import chain
from typing import Any

import orjson
from bson import CodecOptions, DatetimeConversion, ObjectId, decode_all, encode, json_util
from bson.code import Code
from bson.codec_options import TypeDecoder, TypeRegistry
from bson.dbref import DBRef
from bson.errors import BSONError

from ingest.connectors.fields import Fields
from ingest.connectors.mongodb.slow_documents import Slowly
from weir.core.causes import Cause
from weir.core.errors import WeirError

# Documents are worked on by the hundred: they are still in the processor's cache when they are escaped.
MANY, LARGE = 100, 1 << 16
PIECE = 1 << 20
_EPOCH = datetime(1970, 1, 1)
_BY_OBJECT_ID = b'{"_id":{"$oid":"'
# A list of documents in BSON: the head of {"": […]}, then each document behind its type and place.
_HEAD, _PLACES = 10, [b"\x03%d\0" % place for place in range(MANY)]
_SOUND, _ESCAPED = b"\xff\xfe\xfd", b"\xfft\xfd"  # how a line ends
Read = tuple[dict[str, Any], bytes, bytes]
_DATES = orjson.OPT_PASSTHROUGH_DATETIME
_INFINITE = re.compile(rb"[\xf0-\xff][\x7f\xff]")  # every NaN and infinity ends with two such bytes
_NEGATIVE_ZERO = re.compile(rb"-0\.0[],}]")
# Text that could also be a number, an ObjectId, a date, a boolean, null or a document.
_AMBIGUOUS = re.compile(
    r'-?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?|[0-9a-f]{24}|\d{4}-\d\d-\d\dT[\d:.]+Z|true|false|null|[{\["].*', re.DOTALL
)
# A field ends with FF, a line with FD, FE is NULL: UTF-8 has none of them.
_ESCAPES = ((b"\\", b"\\\\"), (b"\t", b"\\t"), (b"\n", b"\\n"), (b"\r", b"\\r"))
_ENDS = bytes.maketrans(b"\xff\xfd", b"\t\n")


class _NoText(TypeDecoder):
    """Makes a document of Code, which Python takes for str: the document then fails the test of equal bytes."""

    bson_type = Code

    def transform_bson(self, value: Any) -> Any:
        """Return a value that is no text."""
        return {"$code": str(value)}


_OPTIONS: CodecOptions[dict[str, Any]] = CodecOptions(
    datetime_conversion=DatetimeConversion.DATETIME_AUTO, type_registry=TypeRegistry([_NoText()])
)


def lines(batches: Iterable[bytes], cursor: str | None, fields: Fields | None = None) -> Iterator[bytes]:
    """Blocks of COPY lines: `_id`, the cursor unless it is `_id`, the document, and whether anything was escaped."""
    fields = fields if fields and fields.trims else None
    path = cursor.split(".") if cursor and cursor != "_id" else None
    made: list[bytes] = []
    for batch in batches:
        for raws in cut(batch):
            held = []
            for document, text, mark in _together(raws, fields) or (read(raw, fields) for raw in raws):
                if text.startswith(_BY_OBJECT_ID) and text[40:41] == b'"':
                    key = text[16:40]
                elif "_id" in document:
                    key = _key(document["_id"], mark)
                else:
                    raise WeirError(
                        "a document has no _id, so nothing tells it from others: leave this table out",
                        cause=Cause.KEY_UNFIT,
                    )
                if path:
                    value = at_path(document, path)
                    key += b"\xff\xfe" if value is None else b"\xff" + text_of(value)
                held.append(b"%b\xff%b%b" % (key, text, mark))
            made.append(_block(held))
            if len(made) * LARGE > PIECE:
                yield from _pieces(made)
                made = []
    yield from _pieces(made)


def cut(batch: bytes) -> Iterator[list[bytes]]:
    """Cut a batch into its documents, some at a time; each document begins with its length."""
    at, end = 0, len(batch)
    while at < end:
        begin = at
        found: list[bytes] = []
        while at < end and len(found) < MANY and at - begin < LARGE:
            stop = at + max(int.from_bytes(batch[at : at + 4], "little"), 5)
            found.append(batch[at:stop])
            at = stop
        yield found


def _together(raws: list[bytes], fields: Fields | None = None) -> list[Read] | None:
    """Read the documents together; returns None where one of them must go the slow way."""
    try:
        documents = decode_all(b"".join(raws), _OPTIONS)
        again = encode({"": documents}, False, _OPTIONS)
        documents = fields.trim(documents) if fields else documents
        texts = [orjson.dumps(document, _extended, _DATES) for document in documents]
    except (BSONError, orjson.JSONEncodeError, RecursionError):
        return None
    there = b"".join(chain.from_iterable(zip(_PLACES, raws, strict=False)))
    if again[_HEAD:-2] != there:
        return None
    text = b"".join(texts)
    if b"\\u0000" in text or (b"-0.0" in text and _NEGATIVE_ZERO.search(text)):
        return None
    if b"null" in text and _INFINITE.search(there) and _infinite(documents):
        return None
    return [(document, text, _SOUND) for document, text in zip(documents, texts, strict=True)]


def read(raw: bytes, fields: Fields | None = None) -> Read:
    """Read one document; returns its values, its Extended JSON, and the end of its line (whether it was escaped)."""
    found = _together([raw], fields)
    return found[0] if found else _slowly(raw, fields)


def _infinite(value: Any) -> bool:
    """Whether the value holds a number that orjson writes as null."""
    if type(value) is dict:
        return any(map(_infinite, value.values()))
    if type(value) is list:
        return any(map(_infinite, value))
    return type(value) is DBRef or (type(value) is float and value - value != 0)


def _slowly(raw: bytes, fields: Fields | None) -> Read:
    try:
        found = Slowly(raw)
        found.tree = fields.trim(found.tree) if fields else found.tree
        text = json.dumps(found.tree, ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode()
    except RecursionError:
        told = f"a document of {len(raw)} bytes is nested too deeply to be read: mend it"
        raise WeirError(told, cause=Cause.VALUE_UNHOLDABLE) from None
    except ValueError as fault:
        told = f"a document of {len(raw)} bytes is broken at the source ({fault}): mend it"
        raise WeirError(told, cause=Cause.VALUE_UNHOLDABLE) from None
    return found.tree, text, _ESCAPED if found.escaped else _SOUND


def _extended(value: Any) -> Any:
    """Extended JSON of a value that JSON lacks: ObjectIds and dates here, other types by pymongo."""
    if type(value) is ObjectId:
        return {"$oid": value.binary.hex()}
    if type(value) is datetime and value >= _EPOCH:
        return {"$date": value.isoformat()[:23] + "Z"}  # three digits of a second, or none
    return json_util.default(value, json_util.RELAXED_JSON_OPTIONS)


def _key(value: Any, mark: bytes) -> bytes:
    """`_id` as text, different for different values: bare where the type is clear, else Extended JSON."""
    if type(value) is str and (mark is _ESCAPED or _AMBIGUOUS.fullmatch(value)):
        return orjson.dumps(value)
    return text_of(value)


def text_of(value: Any) -> bytes:
    """A value as text: strings, ObjectIds (hexadecimal) and dates (ISO 8601) bare, others as Extended JSON."""
    if type(value) is str:
        return value.encode()
    made = orjson.dumps(value, _extended, _DATES)
    if made.startswith((b'{"$oid":"', b'{"$date":"')):
        (text,) = orjson.loads(made).values()
        return str(text).encode()
    return made


def at_path(document: Any, path: list[str]) -> Any:
    """The value at the path; None where there is none."""
    for step in path:
        document = document.get(step) if isinstance(document, dict) else None
    return document


def _block(parts: list[bytes]) -> bytes:
    block = b"".join(parts)
    for char, shown in _ESCAPES:
        block = block.replace(char, shown)
    return block.translate(_ENDS).replace(b"\xfe", b"\\N")


def _pieces(blocks: list[bytes]) -> Iterator[bytes]:
    """The blocks, cut and joined into pieces of a good size to send."""
    whole = b"".join(blocks)
    for at in range(0, len(whole), PIECE):
        yield whole[at : at + PIECE]
