"""Lines of COPY from MySQL: made here where the server can not, searched for what PostgreSQL refuses, read ahead."""

import codecs
import queue
import threading
from collections.abc import Iterable, Iterator
from typing import Any

from weir.settings import WeirError

AHEAD = 8  # blocks read ahead of the warehouse
_NULL = 251


def long_line(row: bytes, binary: list[bool]) -> bytes:
    """The line, not ended, of a row whose columns came apart: for each, whether it is NULL, and its value."""
    found = _fields(row)
    line = []
    for null, value, is_binary in zip(found[::2], found[1::2], binary, strict=True):
        if value is None and null != b"1":
            raise WeirError("a value is longer than the source may send: raise its max_allowed_packet")
        line.append(b"\\N" if value is None else b"\\\\x" + value.hex().encode() if is_binary else _escaped(value))
    return b"\t".join(line)


def _fields(row: bytes) -> list[bytes | None]:
    """The values of a row as the protocol has them, each with its length before it."""
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
    for char, shown in ((b"\\", b"\\\\"), (b"\t", b"\\t"), (b"\n", b"\\n"), (b"\r", b"\\r")):
        value = value.replace(char, shown)
    return value


def _shown(fault: UnicodeError) -> tuple[str, int]:
    assert isinstance(fault, UnicodeDecodeError)
    shown = "".join(f"\\\\x{byte:02x}" for byte in fault.object[fault.start : fault.end])
    return shown, fault.end


codecs.register_error("weir_visible", _shown)


def flagged(blocks: Iterable[bytes]) -> Iterator[bytes]:
    r"""Blocks of lines, each ending with a field \N: where a line holds what PostgreSQL can't, that shows as \x00."""
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


def ahead(blocks: Iterator[bytes]) -> Iterator[bytes]:
    """The blocks, read in a thread of their own a little ahead."""
    held: queue.Queue[Any] = queue.Queue(AHEAD)
    stop = threading.Event()

    def put(item: Any) -> None:
        while not stop.is_set():
            try:
                held.put(item, timeout=0.2)
                return
            except queue.Full:
                continue

    def fill() -> None:
        try:
            for block in blocks:
                put(block)
                if stop.is_set():
                    return
            put(None)
        except BaseException as fault:
            put(fault)

    thread = threading.Thread(target=fill, daemon=True)
    thread.start()
    try:
        while (item := held.get()) is not None:
            if isinstance(item, BaseException):
                raise item
            yield item
    finally:
        stop.set()
        thread.join(1)
