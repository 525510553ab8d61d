"""JSON: documents land whole in `document`, with the key beside them as text.

In: lines with a document each, one array, or documents that reach over several lines. Out: COPY lines. A line that is
no JSON object is kept with its reason. Characters that jsonb can't hold (\\u0000, a lone surrogate) are kept as six
visible characters, and the row is flagged.
"""

import json
import re
from collections.abc import Iterator
from functools import partial
from importlib import import_module
from typing import Any, BinaryIO

import orjson

from ingest.connectors.files.json_values import Values, shape
from ingest.connectors.files.reader import LARGE, MB, Reader, largest, pass_over, too_long
from ingest.connectors.json_text import key_text, made_visible
from ingest.raw.columns import Column
from ingest.raw.copy_text import escaped, field, visible

_EXACT: Any = import_module("simplejson")  # the only JSON library that keeps decimals as written
_LONG = 6_000  # digits; with an exponent of four digits a number still has fewer than jsonb's 16,383 places
_HUGE = re.compile(rb"(?<![0-9])[0-9]{6000}|[eE][+-]?[0-9]{5}")
EACH = 32  # bytes of memory counted for each value beside its text


class JsonReader(Reader):
    """One file of JSON documents."""

    documents = True

    def __init__(self, stream: BinaryIO, name: str, key: list[str], settings: dict[str, Any]) -> None:
        self.largest, self.paths = largest(settings), [path.split(".") for path in key]
        written = shape(stream)
        self.spread = written != "lines"
        self.stream, self.values = stream, Values(stream, self.largest, name, array=written == "array")
        self.columns = [*(Column(name) for name in key), Column("document", "jsonb")]

    def lines(self, file: str, end: str) -> Iterator[str | bytes]:
        """COPY lines."""
        shown, loads, spread = field(file), orjson.loads, self.spread
        plain, flagged = f"\t\\N\t\\N\t\\N{end}", f"\t\\N\t\\N\tt{end}"
        simple = self.paths[0][0] if len(self.paths) == 1 and len(self.paths[0]) == 1 else None
        trip = min(LARGE, self.largest)
        source = self.values if spread else iter(partial(self.stream.readline, self.largest + 1), b"")
        trims = bool(self.fields and self.fields.trims)
        for number, line in enumerate(source, 1):
            large = len(line) > trip
            if (large or spread) and (error := self._too_large(line)):
                yield self.bad(file, number, line, error, end)
                continue
            if number == 1:
                line = line.removeprefix(b"\xef\xbb\xbf")
            try:
                document = loads(line)
                # the parser may round a number to 0 that jsonb refuses
                if (b"e-" in line or b"E-" in line or len(line) > _LONG) and _HUGE.search(line):
                    raise orjson.JSONDecodeError("huge", "", 0)
            except orjson.JSONDecodeError as fault:
                if not line.strip():
                    continue
                deep = "depth limit" in str(fault)
                document, error = (None, "nested too deeply") if deep else slowly(line)
                if error:
                    yield self.bad(file, number, line, error, end)
                    continue
            if type(document) is not dict:
                yield self.bad(file, number, line, "not a JSON object", end)
                continue
            # each byte of a large line is kept as a character: as text Python would need up to four bytes for each
            text = line.strip().decode("latin-1" if large else "utf-8")
            flag = False
            if "\\u" in text:
                kept = made_visible(text)
                flag, text = kept != text, kept
            key = document.get(simple) if simple else None
            if type(key) is str and "\\" not in text:  # the key then holds no character that COPY must have escaped
                head = key + "\t"
            else:
                keys = self._keys(document, line)
                flag = flag or any(k is not None and escaped(k) for k in keys)
                head = "".join("\\N\t" if k is None else field(visible(k)) + "\t" for k in keys)
            if trims and self.fields:
                try:
                    text = self._trimmed(line)
                except ValueError:
                    yield self.bad(file, number, line, "holds a number too large", end)
                    continue
                large = False
            del document
            if "\\" in text or "\t" in text or "\r" in text or spread:
                text = field(text)
            tail = f"\t{shown}\t{number}{flagged if flag else plain}"
            yield b"".join((head.encode(), text.encode("latin-1"), tail.encode())) if large else head + text + tail

    def _trimmed(self, line: bytes) -> str:
        """The document as JSON, without the fields that do not land; numbers stay as they are written."""
        exact = _EXACT.loads(line.decode("utf-8"), use_decimal=True)
        return made_visible(_EXACT.dumps(self.fields and self.fields.trim(exact), use_decimal=True))

    def _too_large(self, line: bytes) -> str:
        """The reason why a long line is rejected; empty where it is accepted."""
        most, size = self.largest, self.values.size
        if not self.spread:
            size = pass_over(self.stream, line) if len(line) > most else 0
        if size:
            return too_long(size, most)
        return f"more values than {most // MB} MB can hold" if len(line) > LARGE and weight(line) > most else ""

    def _keys(self, document: Any, line: bytes) -> list[str | None]:
        keys = [key_text(document, path) for path in self.paths]
        if any(k and k[0] in "-0123456789" and ("e" in k or "." in k) for k in keys):
            exact = json.loads(line, parse_float=str)  # the fast parser turns integers from 2^64 on into floats
            keys = [key_text(exact, path) for path in self.paths]
        return keys


def slowly(line: bytes) -> tuple[Any, str]:
    """Parse a line that the fast parser refused; returns the document, or the reason why it can't be read."""
    try:
        text = line.decode()
    except UnicodeDecodeError:
        return None, "not valid UTF-8"
    try:
        return json.loads(text, parse_constant=_refuse, parse_float=_number, parse_int=_number), ""
    except OverflowError:
        return None, "holds a number too large"
    except RecursionError:
        return None, "nested too deeply"
    except ValueError:
        return None, "not valid JSON"


def _number(text: str) -> Any:
    mantissa, _, exponent = text.lower().partition("e")
    if len(mantissa) > _LONG or len(exponent.lstrip("+-0")) > 4:
        raise OverflowError
    return int(text) if text.lstrip("-").isdigit() and len(text) < 4000 else text


def _refuse(name: str) -> None:
    raise ValueError(f"{name} is no JSON")


def weight(line: bytes) -> int:
    """The bytes of memory that the document will take, estimated by its length and its number of values."""
    return len(line) + EACH * sum(map(line.count, (b",", b":", b"[", b"{")))
