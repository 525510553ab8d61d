"""CSV, read strictly: a line that breaks the rules is kept whole with its reason, and reading goes on after it.

In: the stream of a file. Out: COPY lines; every cell is text. A quoted field may hold line ends; a quote opens only at
the start of a field. An empty cell is NULL unless it is quoted; `format: {type: csv, empty_is_null: …}` changes that.
"""

import codecs
from collections import deque
from collections.abc import Iterator
from typing import Any, BinaryIO

from ingest.connectors.files.csv_settings import Settings
from ingest.connectors.files.reader import LARGE, Reader, largest, pass_over, too_long, twice
from ingest.raw.columns import Column
from ingest.raw.copy_text import escaped, field, visible
from weir.core.errors import WeirError
from weir.project.names import shortened

OPEN_LINES, OPEN_BYTES = 10_000, 1 << 24  # a quoted field that is longer counts as never closed
FIELDS = 10_000  # a large line with more fields is rejected
Record = tuple[int, bytes, list[str | None], str]


class CsvReader(Reader):
    """One CSV file."""

    def __init__(self, stream: BinaryIO, name: str, delimiter: str, settings: dict[str, Any]) -> None:
        self.settings, self.number = Settings(delimiter, settings), 0
        self.stream, self.waiting, self.largest = stream, deque[bytes](), largest(settings)
        self._before_header()
        header = next(self._records(), None)
        if header is None:
            raise WeirError(f"{name} is empty: a CSV file begins with its column names")
        _, text, cells, error = header
        if b"\0" in text:
            raise WeirError(f"{name} is no CSV in {self.settings.encoding.upper()}: save it as CSV in UTF-8")
        if b"\r" in text.rstrip(b"\r\n") and (error or any("\r" in (cell or "") for cell in cells)):
            raise WeirError(f"{name}: its lines end in a bare CR: save it with line ends of LF or CR LF")
        if error or len(text) > LARGE:
            error = error or "longer than 1 MB"
            raise WeirError(f"{name}: its first line, the column names, can't be read: {error}")
        names = [shortened(visible((cell or "").strip())) or f"column_{n}" for n, cell in enumerate(cells, 1)]
        if again := twice(names, "its first line"):
            raise WeirError(f"{name}: {again}")
        self.columns = [Column(cell) for cell in names]
        self.kept: list[int] | None = None

    def leave_out(self, names: set[str]) -> None:
        """Leave these columns out."""
        if names:
            self.kept = [n for n, column in enumerate(self.columns) if column.name not in names]
            self.width = len(self.columns)
            self.columns = [self.columns[n] for n in self.kept]

    def lines(self, file: str, end: str) -> Iterator[str | bytes]:
        """The file's rows as lines of COPY."""
        kept = self.kept
        width = self.width if kept is not None else len(self.columns)
        shown, plain, flagged = field(file), f"\t\\N\t\\N\t\\N{end}", f"\t\\N\t\\N\tt{end}"
        for number, text, cells, error in self._body():
            if not error and len(cells) != width:
                if not text.strip(b"\r\n"):
                    continue
                error = f"wrong column count: {len(cells)} instead of {width}"
            if error:
                yield self.bad(file, number, text, error, end)
                continue
            if kept is not None:
                cells = [cells[n] for n in kept]
            large = len(text) > LARGE and self._large(text)
            empty = None in cells
            flag = any(map(escaped, filter(None, cells) if empty else cells))  # type: ignore[arg-type]
            if large:
                flag = any("\0" in cell for cell in cells if cell)
            if flag:  # in a large line each byte is a character; all bytes were checked to be UTF-8
                cells = [c and (c.replace("\0", "\\x00") if large else visible(c)) for c in cells]
            body = "\t".join(["\\N" if cell is None else field(cell) for cell in cells] if empty
                             else map(field, cells))  # type: ignore[arg-type]  # fmt: skip
            if large:
                yield body.encode("latin-1") + f"\t{shown}\t{number}{flagged if flag else plain}".encode()
            else:
                yield f"{body}\t{shown}\t{number}{flagged if flag else plain}"

    def cells(self) -> Iterator[tuple[list[str | None], str]]:
        """The cells of each record, which `lines` would write, and the reason where it can't be read."""
        width = len(self.columns)
        for number, text, cells, error in self._body():
            if error or len(cells) != width:
                if error or text.strip(b"\r\n"):
                    error = error or f"wrong column count: {len(cells)} instead of {width}"
                    self.first_fault = self.first_fault or f"line {number}: {error}"
                    yield [], error
                continue
            if self._large(text):
                cells = [cell and cell.encode("latin-1").decode() for cell in cells]
            yield cells, ""

    def _next(self) -> bytes:
        return self.waiting.popleft() if self.waiting else self.stream.readline(self.largest + 1)

    def _before_header(self) -> None:
        """Skip the lines before the header: those declared by `skip`, and Excel's `sep=;`."""
        for _ in range(self.settings.skip):
            line = self._next()
            if len(line) > self.largest:
                pass_over(self.stream, line)
            self.number += 1
        line = self._next()
        if self.settings.takes_delimiter(line):
            self.number += 1
        elif line:
            self.waiting.appendleft(line)

    def _body(self) -> Iterator[Record]:
        """The records after the header, without the footer."""
        footer = self.settings.footer
        if not footer:
            return self._records()
        return self._without_last(footer)

    def _without_last(self, footer: int) -> Iterator[Record]:
        held = deque[Record]()
        for record in self._records():
            if not record[1].strip(b"\r\n"):
                continue
            held.append(record)
            if len(held) > footer:
                yield held.popleft()

    def _large(self, record: bytes) -> bool:
        """Whether to keep each byte of the record as a character: text could take four bytes for each."""
        return len(record) > LARGE and self.settings.utf8

    def _decoded(self, record: bytes) -> tuple[str, str]:
        """The record's text, and the delimiter in the same form. Raises UnicodeDecodeError."""
        if not self._large(record):
            return record.decode(self.settings.encoding), self.settings.delimiter
        valid = codecs.getincrementaldecoder("utf-8")()
        for at in range(0, len(record), LARGE):
            valid.decode(record[at : at + LARGE])
        valid.decode(b"", True)
        return record.decode("latin-1"), self.settings.delimiter.encode().decode("latin-1")

    def _records(self) -> Iterator[Record]:
        """Each record: the number of its first line, its bytes, its cells, and the reason if it can't be read."""
        settings = self.settings
        encoding, mark, always = settings.encoding, settings.utf8, settings.null == "always"
        own, never = settings.delimiter, settings.null == "never"
        waiting, readline, most = self.waiting, self.stream.readline, self.largest
        while line := waiting.popleft() if waiting else readline(most + 1):
            self.number += 1
            number = self.number
            if len(line) > most:
                yield number, line, [], too_long(pass_over(self.stream, line), most)
                continue
            if number == 1 and mark:
                line = line.removeprefix(codecs.BOM_UTF8)
            try:
                large = len(line) > LARGE
                if large:
                    text, delimiter = self._decoded(line)
                else:
                    text, delimiter = line.decode(encoding), own
            except UnicodeDecodeError:
                yield number, line, [], f"not valid {encoding.upper()}"
                continue
            if '"' in text:
                record = self._quoted(number, line, text, delimiter)
                yield (*record[:2], [cell or None for cell in record[2]], record[3]) if always else record
                continue
            if large and text.count(delimiter) > FIELDS:
                yield number, line, [], f"wrong column count: more than {FIELDS:,}"
                continue
            cells: list[str | None] = text.rstrip("\r\n").split(delimiter)  # type: ignore[assignment]
            if "" in cells and not never:
                cells = [cell or None for cell in cells]
            yield number, line, cells, ""

    def _quoted(self, number: int, line: bytes, text: str, delimiter: str) -> Record:
        """Read a record with quotes; it may reach over several lines."""
        taken, size = [line], len(line)
        empty = "" if self.settings.null == "never" else None
        cells, error = split(text, delimiter, empty)
        while error == "quote is not closed" and len(taken) < OPEN_LINES and size < OPEN_BYTES:
            more = self._next()
            if not more or len(more) > self.largest:
                self.waiting.extendleft([more] if more else [])
                break
            taken.append(more)
            size += len(more)
            if b'"' in more:
                try:
                    cells, error = split(*self._decoded(b"".join(taken)), empty)
                except UnicodeDecodeError:
                    error = f"not valid {self.settings.encoding.upper()}"
        if error:  # only the first line is rejected: the lines after it may be readable
            error = "quote is not closed" if len(taken) > 1 else error
            self.waiting.extendleft(reversed(taken[1:]))
            return number, line, [], error
        self.number += len(taken) - 1
        return number, b"".join(taken), cells, ""


def split(text: str, delimiter: str, empty: str | None = None) -> tuple[list[str | None], str]:
    """The cells of one record, or the reason why it can't be read; an empty cell without quotes becomes `empty`."""
    text = text.removesuffix("\n").removesuffix("\r")
    cells: list[str | None] = []
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
            cells.append((text[at:] if stop < 0 else text[at:stop]) or empty)
            at = len(text) if stop < 0 else stop
        if at >= len(text):
            return cells, ""
        if len(cells) > FIELDS and len(text) > LARGE:
            return [], f"wrong column count: more than {FIELDS:,}"
        at += len(delimiter)
