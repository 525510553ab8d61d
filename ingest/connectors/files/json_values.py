"""JSON documents that do not stand one to a line: one array, or documents that reach over several lines.

In: the stream. Out: each document as bytes, one at a time. Documents are not parsed here, and only one of them is in
memory. The place of a document is its number.
"""

import re
from collections.abc import Iterator
from typing import BinaryIO

import orjson

from ingest.connectors.files.reader import LARGE, SHOWN
from weir.core.errors import WeirError

HEAD = 65_536  # bytes that decide the shape of a file
_BOM = b"\xef\xbb\xbf"
_STRING = rb'"[^"\\]*(?:\\.[^"\\]*)*"|"'  # a whole string, or one that ends in the next block
_WITHIN = re.compile(rb"[{}\[\]]|" + _STRING, re.DOTALL)  # within a document commas are ignored
_BETWEEN = re.compile(rb"[{}\[\],]|" + _STRING, re.DOTALL)
_END = re.compile(rb'\\.|"', re.DOTALL)


def shape(stream: BinaryIO) -> str:
    """The shape of the file: `lines`, an `array`, or `documents` that reach over lines. Rewinds the stream."""
    head = stream.read(HEAD).removeprefix(_BOM).lstrip()
    whole = len(head) < HEAD - 3
    stream.seek(0)
    first, _, rest = head.partition(b"\n")
    if head[:1] not in (b"[", b"{") or (head[:1] == b"{" and not rest.strip()):
        return "lines"
    try:
        orjson.loads(first)
    except orjson.JSONDecodeError:
        if head[:1] == b"[":
            return "array"
        return "lines" if rest.lstrip()[:1] == b"{" else "documents"
    return "array" if head[:1] == b"[" and whole and not rest.strip() else "lines"


class Values:
    """The documents of a stream; `size` is the length of the present document if that exceeds `most` bytes, else 0."""

    def __init__(self, stream: BinaryIO, most: int, name: str, array: bool) -> None:
        self.stream, self.most, self.name, self.array = stream, most, name, array
        self.size = 0
        self.held, self.over = bytearray(), 0  # the present document so far, and how many of its bytes were dropped

    def __iter__(self) -> Iterator[bytes]:
        depth, begun, quoted, escape = 0, False, False, False
        floor = 1 if self.array else 0
        while block := self.stream.read(LARGE):
            at = 0
            if not begun:
                begun, block = True, block.removeprefix(_BOM)
                depth, at = (1, block.index(b"[") + 1) if self.array else (0, 0)
            start = at
            while True:
                if quoted:
                    at += escape
                    found = _END.search(block, at)
                    escape = not found and at < len(block) and block.endswith(b"\\")
                    if not found:
                        break
                    at, quoted = found.end(), found[0] != b'"'
                    continue
                found = (_BETWEEN if self.array and depth == floor else _WITHIN).search(block, at)
                if not found:
                    break
                token, at = found[0], found.end()
                if token[:1] == b'"':
                    quoted = len(token) == 1
                    continue
                depth += 1 if token in b"{[" else -1 if token in b"}]" else 0
                if token == b"," or (depth <= 0 and token in b"}]"):
                    yield from self._document(block[start : found.start() if self.array else at])
                    start, depth = at, max(depth, 0)
                if self.array and depth == 0:
                    self._nothing_more(block[at:])
                    return
            self._hold(block[start:])
        if depth or quoted:
            what = "array does" if self.array else "last document does"
            raise WeirError(f"{self.name} ends before its {what}: replace it when it is complete, or move it away")
        yield from self._document(b"")

    def _hold(self, part: bytes) -> None:
        if self.over:
            self.over += len(part)
            return
        self.held += part
        if len(self.held) > self.most:
            kept = min(SHOWN, self.most)
            self.over = len(self.held) - kept
            del self.held[kept:]

    def _document(self, last: bytes) -> Iterator[bytes]:
        """The document that ends with these bytes, if there is one."""
        self._hold(last)
        whole, self.size = bytes(self.held), len(self.held) + self.over if self.over else 0
        self.held.clear()
        self.over = 0
        if whole.strip():
            yield whole.strip()

    def _nothing_more(self, rest: bytes) -> None:
        if rest.strip() or any(block.strip() for block in iter(lambda: self.stream.read(LARGE), b"")):
            raise WeirError(f"{self.name} goes on after its array: one array is a file of its own; split it")
