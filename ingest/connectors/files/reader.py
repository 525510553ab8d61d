"""The base of the readers of files, and what they share.

In: the stream of a file. Out: the columns, and each row as a line of COPY; an unreadable line comes with its reason.
"""

import re
from collections.abc import Iterator
from typing import Any, BinaryIO

from ingest.connectors.fields import Fields
from ingest.raw.columns import Column
from ingest.raw.copy_text import escaped, field, visible
from weir.core.errors import WeirError

LARGE = 1 << 20  # from so many bytes on copies of a line are avoided
SHOWN = 16_000_000  # so many characters of an unreadable line are kept
MB = 1_000_000
TOO_LONG = "longer than"
LARGEST_MB, MOST_MB = 256, 500  # a line with all its backslashes doubled must fit into PostgreSQL's 1 GB


class Reader:
    """One open file. `columns` are known from the start; `lines` can be read once."""

    unread = 0  # the number of unreadable lines; `first_fault` is the reason of the first
    first_fault = ""
    documents = False
    typed = False  # True where the file's format itself names the columns (Parquet)
    columns: list[Column]
    fields: Fields | None = None  # of documents: which fields land

    def lines(self, file: str, end: str) -> Iterator[str | bytes]:
        """Lines of COPY: the columns, META, then `end`. A large line is given as bytes."""
        raise NotImplementedError

    def bad(self, file: str, number: int, text: bytes | str, error: str, end: str) -> str:
        """The line of COPY for an unreadable line."""
        self.unread += 1
        self.first_fault = self.first_fault or f"line {number}: {error}"
        more = len(text) > SHOWN or error.startswith(TOO_LONG)
        text = text[:SHOWN]
        shown = text if isinstance(text, str) else text.decode("utf-8", "surrogateescape")
        flag = "t" if escaped(shown) else "\\N"
        shown = field(visible(shown.rstrip("\r\n"))) + ("…" if more else "")
        return "\\N\t" * len(self.columns) + f"{field(file)}\t{number}\t{shown}\t{error}\t{flag}{end}"

    def refuse_unreadable(self, file: str, rows: int) -> None:
        """Raise WeirError when none of the file's rows could be read: that is one fault, not many."""
        if rows and self.unread == rows:
            raise WeirError(f"{file}: none of its lines can be read ({rows:,}; {self.first_fault}): see that `format` "
                            "is what the file is, or move it away")  # fmt: skip

    def leave_out(self, names: set[str]) -> None:
        """Leave these columns out."""
        raise NotImplementedError


def shown(names: list[str]) -> list[str]:
    """The names that messages may show: none where the first line is no header, for it may hold personal data."""
    tame = all(re.fullmatch(r"[^\W\d][\w .#%&()/-]{0,39}", name) and not re.search(r"\d{5}", name) for name in names)
    return names if tame and len(names) > 1 else []


def describe_header(names: list[str]) -> str:
    """Describe the first line of a file, for messages."""
    said = shown(names)
    if said:
        return "it has: " + ", ".join(said[:12]) + (" …" if len(said) > 12 else "")
    count = "1 field" if len(names) == 1 else f"{len(names)} fields"
    return (
        f"its first line ({count}) does not look like column names, and is not shown: see that it is the right file; "
        "where lines stand above the header, or another character than a comma parts the fields, say so: "
        'format: {type: csv, skip: 1, delimiter: ";"}'
    )


def twice(names: list[str], where: str) -> str:
    """The fault of a file in which a column's name stands twice; empty where none does."""
    again = sorted({name for name in names if names.count(name) > 1})
    said = [repr(name) for name in again if name in shown(names)] or [f"number {names.index(n) + 1}" for n in again]
    return f"column {said[0]} stands twice in {where}: rename one" if said else ""


def adopt_names(reader: Reader, known: set[str], file: str) -> list[str]:
    """Rename columns that differ only by case from a known name (of raw, or declared); returns what was renamed.

    dbt, and people who do not quote, can't tell `Score` from `score`. Raises WeirError when one file holds both.
    """
    names = [column.name for column in reader.columns]
    own = set(names)
    taken = []
    for n, column in enumerate(reader.columns):
        alike = [name for name in known | own if name.lower() == column.name.lower() and name != column.name]
        if any(name in own for name in alike):
            both = f"{column.name!r} and {alike[0]!r}" if column.name in shown(names) else "of one name"
            raise WeirError(f"{file}: columns {both} differ by case only: rename one")
        if column.name not in known and len(alike) == 1:
            reader.columns[n] = Column(alike[0], column.type)
            taken.append(f"{column.name} taken for {alike[0]}")
    return taken


def pass_over(stream: BinaryIO, line: bytes) -> int:
    """Skip the rest of a line whose beginning was read; returns the length of the whole line in bytes."""
    size, rest = len(line), line
    while rest and not rest.endswith(b"\n"):
        rest = stream.readline(LARGE)
        size += len(rest)
    return size


def largest(settings: dict[str, Any]) -> int:
    """The most bytes of one line, or of the values of one row. Raises WeirError."""
    value = settings.get("largest_line_mb", LARGEST_MB)
    if type(value) is not int or not 0 < value <= MOST_MB:
        raise WeirError(f"`format` says largest_line_mb: {value!r}: take a whole number from 1 to {MOST_MB}")
    return value * MB


def too_long(size: int, most: int) -> str:
    """The reason of rejection for a line of `size` bytes, more than `most`."""
    return f"{TOO_LONG} {most // MB} MB: {size:,} bytes (largest_line_mb in `format` says how long it may be)"
