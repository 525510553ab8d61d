"""CSV, strictly: a line that does not follow the rules is kept whole with its reason, and reading goes on after it.

A quoted field may hold line ends; a quote opens only at the start of a field. Every cell is text, the empty one too.
"""

from collections import deque
from collections.abc import Iterator
from typing import Any, BinaryIO

from ingest.connectors.readers import Reader, bad
from ingest.names import shortened
from ingest.raw import Column
from ingest.text import escaped, field, visible
from weir.settings import WeirError

OPEN_LINES, OPEN_BYTES = 10_000, 1 << 24  # how far a quoted field may reach before its quote counts as never closed


class CsvReader(Reader):
    """One CSV file."""

    def __init__(self, stream: BinaryIO, name: str, delimiter: str, settings: dict[str, Any]) -> None:
        self.stream, self.waiting, self.number = stream, deque[bytes](), 0
        self.delimiter = str(settings.get("delimiter", delimiter))
        self.encoding = str(settings.get("encoding", "utf-8"))
        _check_settings(self.delimiter, self.encoding)
        header = next(self._records(), None)
        if header is None:
            raise WeirError(f"{name} is empty: a CSV file begins with its column names")
        _, text, cells, error = header
        if b"\0" in text:
            raise WeirError(f"{name} is no CSV in {self.encoding.upper()}: save it as CSV in UTF-8")
        if b"\r" in text.rstrip(b"\r\n") and (error or any("\r" in cell for cell in cells)):
            raise WeirError(f"{name}: its lines end in a bare CR: save it with line ends of LF or CR LF")
        if error:
            raise WeirError(f"{name}: its first line, the column names, can't be read: {error}")
        names = [shortened(visible(cell.strip())) or f"column_{n}" for n, cell in enumerate(cells, 1)]
        twice = {cell for cell in names if names.count(cell) > 1}
        if twice:
            raise WeirError(f"{name}: column {min(twice)!r} stands twice in its first line: rename one")
        self.columns = [Column(cell) for cell in names]
        self.kept: list[int] | None = None

    def leave_out(self, names: list[str]) -> None:
        """Columns not to land."""
        if names:
            self.kept = [n for n, column in enumerate(self.columns) if column.name not in names]
            self.width = len(self.columns)
            self.columns = [self.columns[n] for n in self.kept]

    def lines(self, file: str, end: str) -> Iterator[str]:
        """COPY lines."""
        kept = self.kept
        width = self.width if kept is not None else len(self.columns)
        shown = field(file)
        for number, text, cells, error in self._records():
            if not error and len(cells) != width:
                if not text.strip(b"\r\n"):
                    continue
                error = f"wrong column count: {len(cells)} instead of {width}"
            if error:
                yield bad(len(self.columns), file, number, text, error, end)
                continue
            if kept is not None:
                cells = [cells[n] for n in kept]
            flag = any(map(escaped, cells))
            if flag:
                cells = [visible(cell) for cell in cells]
            body = "\t".join(map(field, cells))
            yield f"{body}\t{shown}\t{number}\t\\N\t\\N\t{'t' if flag else chr(92) + 'N'}{end}"

    def _next(self) -> bytes:
        return self.waiting.popleft() if self.waiting else self.stream.readline()

    def _records(self) -> Iterator[tuple[int, bytes, list[str], str]]:
        """Each record: the number of its first line, its bytes, its cells, and why it can't be read."""
        while line := self._next():
            self.number += 1
            number = self.number
            if number == 1 and self.encoding.lower().replace("-", "") == "utf8":
                line = line.removeprefix(b"\xef\xbb\xbf")
            try:
                text = line.decode(self.encoding)
            except UnicodeDecodeError:
                yield number, line, [], f"not valid {self.encoding.upper()}"
                continue
            if '"' not in text:
                yield number, line, text.rstrip("\r\n").split(self.delimiter), ""
                continue
            yield self._quoted(number, line, text)

    def _quoted(self, number: int, line: bytes, text: str) -> tuple[int, bytes, list[str], str]:
        """A record with quotes in it, which may reach over several lines."""
        taken, size = [line], len(line)
        cells, error = split(text, self.delimiter)
        while error == "quote is not closed" and len(taken) < OPEN_LINES and size < OPEN_BYTES:
            more = self._next()
            if not more:
                break
            taken.append(more)
            size += len(more)
            if b'"' in more:
                try:
                    cells, error = split(b"".join(taken).decode(self.encoding), self.delimiter)
                except UnicodeDecodeError:
                    error = f"not valid {self.encoding.upper()}"
        if error:  # only the first line is lost: what follows it may be sound
            error = "quote is not closed" if len(taken) > 1 else error
            self.waiting.extendleft(reversed(taken[1:]))
            return number, line, [], error
        self.number += len(taken) - 1
        return number, b"".join(taken), cells, ""


def _check_settings(delimiter: str, encoding: str) -> None:
    """Raise WeirError where `format` names what lines of bytes can't be split or read by."""
    try:
        ascii_alike = "\n,".encode(encoding) == b"\n,"
    except (LookupError, UnicodeError):
        ascii_alike = False
    if not ascii_alike and encoding.lower().replace("_", "-") != "utf-8-sig":
        raise WeirError(f"`format` names the encoding {encoding!r}, which is unknown or has no line ends of one byte: "
                        "mend it, or save the file as UTF-8")  # fmt: skip
    if not delimiter or set(delimiter) & set('"\r\n'):
        raise WeirError(f"`format` names the delimiter {delimiter!r}: take a character such as ';'")


def split(text: str, delimiter: str) -> tuple[list[str], str]:
    """The cells of one record, or why it can't be read."""
    text = text.removesuffix("\n").removesuffix("\r")
    cells: list[str] = []
    at = 0
    while True:
        if text.startswith('"', at):
            close = at + 1
            while True:
                close = text.find('"', close)
                if close < 0:
                    return [], "quote is not closed"
                if not text.startswith('"', close + 1):
                    break
                close += 2
            cells.append(text[at + 1 : close].replace('""', '"'))
            at = close + 1
            if at < len(text) and not text.startswith(delimiter, at):
                return [], "text after a closing quote"
        else:
            stop = text.find(delimiter, at)
            cells.append(text[at:] if stop < 0 else text[at:stop])
            at = len(text) if stop < 0 else stop
        if at >= len(text):
            return cells, ""
        at += len(delimiter)
