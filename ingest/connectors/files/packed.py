"""Packed files: unpacks gzip while reading; a damaged file is one clear error."""

import gzip
import io
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import BinaryIO
from xml.etree.ElementTree import ParseError

from weir.core.errors import WeirError

BROKEN = (EOFError, zlib.error, gzip.BadGzipFile, zipfile.BadZipFile, ParseError)  # ParseError: of a sheet's XML


@contextmanager
def opened(path: str, name: str) -> Iterator[BinaryIO]:
    """Open the file and give its unpacked bytes. Raises WeirError for a .gz file of fewer than two bytes."""
    with open(path, "rb") as file:
        head = file.read(2)
        if name.lower().endswith(".gz") and head == b"":
            raise WeirError(f"{name} is empty: no gzip file; replace it when it is complete, or move it away")
        if name.lower().endswith(".gz") and head == b"\x1f":
            raise damaged(name)
        packed = head == b"\x1f\x8b"
        file.seek(0)
        yield io.BufferedReader(gzip.GzipFile(fileobj=file), 1 << 20) if packed else file


def sound(lines: Iterator[str | bytes], name: str) -> Iterator[str | bytes]:
    """The lines unchanged; a damaged file raises one WeirError."""
    try:
        yield from lines
    except BROKEN:
        raise damaged(name) from None


def damaged(name: str) -> WeirError:
    """The error for a file that ends early or is damaged."""
    return WeirError(f"{name} ends early or is damaged: replace it when it is complete, or move it away")
