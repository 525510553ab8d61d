"""Rows of MySQL as lines of COPY, block by block.

In: packets of the protocol. Out: blocks of lines, escaped, with characters that PostgreSQL refuses made visible.
"""

import codecs
from collections.abc import Iterable, Iterator

from weir.core.causes import Cause
from weir.core.errors import WeirError

BLOCK = 1 << 17
_NULL = 251
_ESCAPES = ((b"\\", b"\\\\"), (b"\t", b"\\t"), (b"\n", b"\\n"), (b"\r", b"\\r"))
_TAB = bytes.maketrans(b"\xff", b"\t")
_MARKS = {b"\xff", b"\xfd"}


class ApartError(Exception):
    """A row is too long for one value at the source, or is not UTF-8: its columns must be read separately."""


def lines(packets: Iterator[bytes], columns: int) -> Iterator[bytes]:
    """Blocks of COPY lines from rows of one value each (see types.one_value). Raises ApartError."""
    held: list[bytes] = []
    size = 0
    try:
        for row in packets:
            first = row[0]
            if first == _NULL:
                raise ApartError
            held.append(row[1:] if first < _NULL else row[3:] if first == 252 else row[4:] if first == 253 else row[9:])
            size += len(row)
            if size > BLOCK:
                yield _block(held, columns)
                held, size = [], 0
        yield _block(held, columns)
    except ApartError:
        for _ in packets:  # the rest of the answer must be read, or the snapshot is lost
            pass
        raise


def _block(rows: list[bytes], columns: int) -> bytes:
    """The rows as lines. Counts single bytes only: counting pairs would cost more than all the rest."""
    block = b"".join(rows)
    if (block.count(b"\xff"), block.count(b"\xfd")) != (len(rows) * columns, len(rows)):
        raise ApartError
    if b"\xfe" in block:
        parts = block.split(b"\xfe")  # a NULL is a field by itself: it stands between two field ends, or at the start
        if not ({part[-1:] for part in parts[1:-1]} | {parts[0][-1:] or b"\xfd"} <= _MARKS
                and {part[:1] for part in parts[1:]} <= _MARKS):  # fmt: skip
            raise ApartError
    return _escaped(block).translate(_TAB).replace(b"\xfe", b"\\N").replace(b"\xfd", b"\\N\n")


def apart(packets: Iterator[bytes], binary: list[bool]) -> Iterator[bytes]:
    """Lines from rows whose columns were read separately: for each column whether it is NULL, then its value."""
    for row in packets:
        found = fields(row)
        line = []
        for null, value, is_binary in zip(found[::2], found[1::2], binary, strict=True):
            if value is None and null != b"1":
                raise WeirError(
                    "a value is longer than the source may send: raise its max_allowed_packet",
                    cause=Cause.VALUE_UNHOLDABLE,
                )
            made = b"\\N" if value is None else b"\\\\x" + value.hex().encode() if is_binary else _escaped(value)
            line.append(made)
        yield b"\t".join([*line, b"\\N\n"])


def fields(row: bytes) -> list[bytes | None]:
    """The values of a row; in the protocol each stands behind its length."""
    found: list[bytes | None] = []
    at = 0
    while at < len(row):
        size = row[at]
        at += 1
        if size == _NULL:
            found.append(None)
            continue
        if size > _NULL:
            width = {252: 2, 253: 3, 254: 8}[size]
            size = int.from_bytes(row[at : at + width], "little")
            at += width
        found.append(row[at : at + size])
        at += size
    return found


def _escaped(value: bytes) -> bytes:
    for char, shown in _ESCAPES:
        value = value.replace(char, shown)
    return value


def _shown(fault: UnicodeError) -> tuple[str, int]:
    assert isinstance(fault, UnicodeDecodeError)
    shown = "".join(f"\\\\x{byte:02x}" for byte in fault.object[fault.start : fault.end])
    return shown, fault.end


codecs.register_error("weir_visible", _shown)


def flagged(blocks: Iterable[bytes]) -> Iterator[bytes]:
    r"""Blocks of lines that end with the field \N; characters that PostgreSQL can't hold become \x00, the field t."""
    for block in blocks:
        good = b"\0" not in block
        try:
            block.decode()
        except UnicodeDecodeError:
            good = False
        yield block if good else b"".join(_line(line) for line in block.split(b"\n")[:-1])


def _line(line: bytes) -> bytes:
    shown = line.decode("utf-8", "weir_visible").encode().replace(b"\0", b"\\\\x00")
    return shown + b"\n" if shown == line else shown.removesuffix(b"\\N") + b"t\n"
