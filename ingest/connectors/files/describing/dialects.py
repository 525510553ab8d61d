"""The dialect of a CSV file, proven by trying: delimiter, encoding, lines before the header, totals in the end.

In: the first bytes of a file, and its last. Out: the settings of `format` that the connector takes, or a WeirError
that says why the file is no table.
"""

import codecs
import csv
import io
import re
from collections import Counter
from dataclasses import dataclass
from typing import Any

from weir.core.errors import WeirError

DELIMITERS = ",;\t|"
_SEP = re.compile(r"sep=([^\r\n\"])\r?\n", re.IGNORECASE)
_VALUE = re.compile(r"[-+]?[0-9]+([.,:/-][0-9]+)*%?|(?i:true|false|null|n/a)")
_YEAR = re.compile(r"(19|20)[0-9]{2}")
_TOTAL = re.compile(r"((grand|sub)[ -]?)?(totals?|sum|summe|gesamt(summe)?|insgesamt|totale|suma)( ?[(:][^,;]*)?"
                    r"|[(]?[0-9,.]+ (rows?|records?|lines?)\b[^,;]*", re.IGNORECASE)  # fmt: skip
MOST_BEFORE, MOST_AFTER = 40, 10


@dataclass(frozen=True)
class _Try:
    delimiter: str
    width: int
    share: float  # of rows that have this width
    skip: int  # lines before the header
    named: bool  # whether the header looks like names
    header: list[str]


def prove(head: bytes, tail: bytes, by_name: str) -> dict[str, Any]:
    """The settings that read the file; `tail` are its last lines, `by_name` is csv or tsv if its name says so.

    Raises WeirError where it is no table.
    """
    encoding = encoding_of(head)
    text = head.decode(encoding, "ignore").removeprefix("\ufeff")
    if not text.strip():
        raise WeirError("holds blanks alone")
    said = _SEP.match(text)
    lines = text[said.end() :] if said else text
    tries = [_try(lines, each) for each in ([said[1]] if said else DELIMITERS)]
    best = max((each for each in tries if each), key=_rank, default=None)
    if best is None or (best.width == 1 and by_name != "csv"):
        raise WeirError("holds no columns: no delimiter parts its lines")
    if not best.named and headless(best.header):
        raise WeirError("its first line holds values and no column names: put a header above them")
    settings: dict[str, Any] = {"type": "tsv" if by_name == "tsv" else "csv"}
    if best.delimiter != ("\t" if by_name == "tsv" else ",") and not said:
        settings["delimiter"] = best.delimiter
    if encoding not in ("utf-8", "ascii"):
        settings["encoding"] = encoding
    if best.skip:
        settings["skip"] = best.skip
    if re.search(rf'(^|[{re.escape(best.delimiter)}])""([{re.escape(best.delimiter)}\r\n]|$)', text, re.MULTILINE):
        settings["empty_is_null"] = "always"
    if footer := _footer(tail.decode(encoding, "ignore"), best):
        settings["footer"] = footer
    return settings


def encoding_of(head: bytes) -> str:
    """The encoding of a text. Raises WeirError for bytes that are no text, and for UTF-16."""
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) or (head[1::2].count(0) * 4 > len(head) > 3):
        raise WeirError("is UTF-16, which has no line ends of one byte: save it as UTF-8")
    if b"\0" in head:
        raise WeirError("holds bytes that are no text")
    if head.isascii():
        return "ascii"
    try:
        codecs.getincrementaldecoder("utf-8")().decode(head)
        return "utf-8"
    except UnicodeDecodeError:
        pass
    if sum(head.count(byte) for byte in range(9)) > len(head) // 100:
        raise WeirError("holds bytes that are no text")
    try:
        head.decode("cp1252")
        return "cp1252"
    except UnicodeDecodeError:
        return "latin-1"


def headless(header: list[str]) -> bool:
    """Whether the cells are values rather than names."""
    values = [cell for cell in header if _VALUE.fullmatch(cell.strip()) and not _YEAR.fullmatch(cell.strip())]
    return len(values) * 2 >= len(header)


def header_at(rows: list[list[str]], width: int) -> tuple[int, bool]:
    """Which row holds the column names, and whether it looks like names."""
    for n, row in enumerate(rows[:MOST_BEFORE]):
        cells = [cell.strip() for cell in row]
        given = [cell for cell in cells if cell]
        if len(cells) == width and len(given) * 2 > width and not headless(given):
            return n, True
    return next((n for n, row in enumerate(rows) if len(row) == width), 0), False


def _rank(each: _Try) -> tuple[bool, bool, float, int]:
    return each.width > 1, each.named, round(each.share, 1), each.width


def _try(text: str, delimiter: str) -> _Try | None:
    rows, starts, at = [], [], 0
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    try:
        for row in reader:
            if row and any(row):
                rows.append(row)
                starts.append(at)
            at = reader.line_num
            if len(rows) > 2000:
                break
    except csv.Error:
        pass  # a field that never closes: what came before it counts
    if not rows:
        return None
    widths = Counter(len(row) for row in rows)
    width = max(widths, key=lambda w: (widths[w] * (w > 1), w))
    if width > 1 and widths[width] * 4 < len(rows):
        return None
    n, named = header_at(rows, width)
    above = rows[n - 1] if n else []
    if len(above) > 2 and abs(len(above) - width) == 1 and all(above) and not headless(above):
        raise WeirError(f"its column names are {len(above)}, its rows have {width} fields: mend the first line")
    return _Try(delimiter, width, widths[width] / len(rows), starts[n], named, rows[n])


def _footer(tail: str, best: _Try) -> int:
    """The number of records after the data: totals, and how many rows there are."""
    rows = [row for row in csv.reader(io.StringIO(tail, newline=""), delimiter=best.delimiter) if row]
    for count, row in enumerate(reversed(rows[1:])):
        first = next((cell.strip() for cell in row if cell.strip()), "")
        partly = len(row) != best.width or not all(row)
        if not (_TOTAL.fullmatch(first) and partly):
            return count if count <= MOST_AFTER else 0
    return 0
