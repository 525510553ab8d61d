"""COPY's text format: writes values so that PostgreSQL reads them back exactly.

In: values. Out: lines and blocks of COPY. A NUL character, which PostgreSQL can't hold, becomes the four visible
characters \\x00, and so does a byte that is not UTF-8; the row is flagged by `_escaped`.
"""

import re
from collections.abc import Iterable, Iterator
from typing import Any

BLOCK = 1 << 17
_PLAIN, _ESCAPE = {"t": "\t", "n": "\n", "r": "\r"}, re.compile(r"\\(.)", re.DOTALL)
_ESCAPES = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"})


def visible(text: str) -> str:
    """The text, with NULs and bytes that were not UTF-8 (surrogates) written as \\x00."""
    raw = text.encode("utf-8", "surrogateescape") if text.isascii() or _encodable(text) else _surrogates(text)
    return raw.decode("utf-8", "backslashreplace").replace("\0", "\\x00")


def _encodable(text: str) -> bool:
    try:
        text.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        return False
    return True


def _surrogates(text: str) -> bytes:
    return text.encode("utf-8", "backslashreplace")


def escaped(text: str) -> bool:
    """Whether the text holds a character that PostgreSQL can't hold."""
    if "\0" in text:
        return True
    if text.isascii():
        return False
    try:
        text.encode()
    except UnicodeEncodeError:
        return True
    return False


def field(text: str) -> str:
    """The text as one field of COPY."""
    return text.translate(_ESCAPES) if "\\" in text or "\t" in text or "\n" in text or "\r" in text else text


def plain(text: str) -> str | None:
    """The value of one field of COPY: what `field` made, turned back."""
    if text == "\\N":
        return None
    return _ESCAPE.sub(lambda match: _PLAIN.get(match[1], match[1]), text) if "\\" in text else text


def line(values: Iterable[Any], end: str) -> str:
    """One line of COPY from text, numbers and None; `end` is appended unchanged."""
    return "\t".join(["\\N" if v is None else field(v) if isinstance(v, str) else str(v) for v in values]) + end


def blocks(lines: Iterable[str | bytes]) -> Iterator[bytes]:
    """Join lines into blocks of 128 KB; a line given as bytes is large and is cut into slices instead."""
    held: list[str] = []
    size = 0
    for text in lines:
        if isinstance(text, bytes):
            yield "".join(held).encode()
            held, size = [], 0
            for at in range(0, len(text), BLOCK):
                yield text[at : at + BLOCK]
            continue
        held.append(text)
        size += len(text)
        if size >= BLOCK:
            yield "".join(held).encode()
            held, size = [], 0
    if held:
        yield "".join(held).encode()
