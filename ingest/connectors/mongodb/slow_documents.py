"""The slow way: reads a BSON document element by element, when documents.py would not keep it whole.

In: the document's bytes. Out: the document as Extended JSON v2, and whether jsonb could not hold a part of it. Such a
part is made visible: a NUL as \\u0000 (six characters), a byte that is no UTF-8 as \\xff (four), and a name that stands
twice as `name (2)`.
"""

from typing import Any

from bson import CodecOptions, DatetimeConversion, decode, json_util

_FIXED = {0x01: 8, 0x06: 0, 0x07: 12, 0x08: 1, 0x09: 8, 0x0A: 0, 0x10: 4, 0x11: 8, 0x12: 8, 0x13: 16, 0x7F: 0, 0xFF: 0}
_STRING, _DOCUMENT, _ARRAY, _BINARY, _UNDEFINED, _REGEX, _POINTER, _CODE, _SYMBOL, _SCOPED = (
    0x02, 0x03, 0x04, 0x05, 0x06, 0x0B, 0x0C, 0x0D, 0x0E, 0x0F,
)  # fmt: skip
_MILLIS: CodecOptions[dict[str, Any]] = CodecOptions(datetime_conversion=DatetimeConversion.DATETIME_MS)
_RELAXED = json_util.RELAXED_JSON_OPTIONS


class Slowly:
    """One document; `escaped` says whether jsonb could not hold a part of it. Raises ValueError where it is no BSON."""

    def __init__(self, raw: bytes) -> None:
        self.raw, self.escaped = raw, False
        self.tree: dict[str, Any] = self._pairs(0, len(raw))

    def _pairs(self, at: int, end: int) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for kind, name, begin, size in self._elements(at, end):
            unique, number = name, 1
            while unique in found:
                number, self.escaped = number + 1, True
                unique = f"{name} ({number})"
            found[unique] = self._value(kind, begin, size)
        return found

    def _elements(self, at: int, end: int) -> list[tuple[int, str, int, int]]:
        """Type, name, place and size of each element of the document between `at` and `end`."""
        raw, found = self.raw, []
        if end - at < 5 or self._length(at) != end - at or raw[end - 1]:
            raise ValueError("its length is wrong")
        at += 4
        while at < end - 1:
            kind, stop = raw[at], raw.index(0, at + 1, end)
            size = self._size(kind, stop + 1, end)
            found.append((kind, self._text(at + 1, stop), stop + 1, size))
            at = stop + 1 + size
        if at != end - 1:
            raise ValueError("an element is longer than its document")
        return found

    def _size(self, kind: int, at: int, end: int) -> int:
        if kind in _FIXED:
            return _FIXED[kind]
        if kind == _REGEX:
            return self.raw.index(0, self.raw.index(0, at, end) + 1, end) + 1 - at
        more = {_STRING: 4, _CODE: 4, _SYMBOL: 4, _BINARY: 5, _POINTER: 16, _DOCUMENT: 0, _ARRAY: 0, _SCOPED: 0}
        if kind not in more or at + 4 > end or self._length(at) < 0:
            raise ValueError(f"it holds an element of the unknown type {kind}")
        return self._length(at) + more[kind]

    def _value(self, kind: int, at: int, size: int) -> Any:
        if kind == _DOCUMENT:
            return self._pairs(at, at + size)
        if kind == _ARRAY:
            return [self._value(k, begin, length) for k, _, begin, length in self._elements(at, at + size)]
        if kind == _UNDEFINED:
            return {"$undefined": True}
        if kind == _REGEX:
            stop = self.raw.index(0, at)
            options = "".join(sorted(self._text(stop + 1, at + size - 1)))
            return {"$regularExpression": {"pattern": self._text(at, stop), "options": options}}
        if kind == _POINTER:
            oid = self.raw[at + size - 12 : at + size].hex()
            return {"$dbPointer": {"$ref": self._text(at + 4, at + size - 13), "$id": {"$oid": oid}}}
        if kind == _SCOPED:
            stop = at + 8 + self._length(at + 4)
            return {"$code": self._text(at + 8, stop - 1), "$scope": self._pairs(stop, at + size)}
        if kind in (_STRING, _CODE, _SYMBOL):
            text = self._text(at + 4, at + size - 1)
            return text if kind == _STRING else {"$code" if kind == _CODE else "$symbol": text}
        return self._scalar(kind, at, size)

    def _scalar(self, kind: int, at: int, size: int) -> Any:
        """Any other value: decoded from a document that holds nothing else."""
        body = bytes([kind, 0]) + self.raw[at : at + size] + b"\0"
        value = decode((len(body) + 4).to_bytes(4, "little") + body, _MILLIS)[""]
        if isinstance(value, float) and str(value) == "-0.0":
            return {"$numberDouble": "-0.0"}
        if value is None or isinstance(value, bool):
            return value
        if type(value) in (int, float) and value - value == 0:
            return value
        return int(value) if kind == 0x12 else json_util.default(value, _RELAXED)

    def _text(self, at: int, end: int) -> str:
        held = self.raw[at:end]
        try:
            text = held.decode()
        except UnicodeDecodeError:
            text, self.escaped = held.decode("utf-8", "backslashreplace"), True
        if "\0" in text:
            text, self.escaped = text.replace("\0", "\\u0000"), True
        return text

    def _length(self, at: int) -> int:
        return int.from_bytes(self.raw[at : at + 4], "little", signed=True)
