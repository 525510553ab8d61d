"""The terminal: prints lines and tables for people; nothing here decides anything.

In: texts and rows. Out: text on standard output without secrets; `fail` writes one red line on standard error.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from weir.core.secrets import printable

NARROWEST = 130  # the least width in a pipe, where no terminal has a width
_log: Console | None = None


def console(stderr: bool = False) -> Console:
    """A console as wide as the terminal; plain text where there is none."""
    made = Console(stderr=stderr, highlight=False)
    if not made.is_terminal:
        made.width = max(made.width, NARROWEST)
    return made


def log_to(path: Path) -> None:
    """Write all output from now on to the file as well, as plain text."""
    global _log
    _log = Console(file=path.open("a", encoding="utf-8"), width=NARROWEST, highlight=False)


def say(text: str, style: str = "") -> None:
    """Print one line, without secrets."""
    _print(Text(printable(text), style=style), soft_wrap=True)


def fail(text: str) -> None:
    """Print one red line on standard error, without secrets."""
    _print(Text(" ".join(printable(text).split()), style="bold red"), stderr=True, soft_wrap=True)


def warn(text: str) -> None:
    """Print one yellow line on standard error, without secrets."""
    _print(Text(" ".join(printable(text).split()), style="yellow"), stderr=True, soft_wrap=True)


def _print(found: Any, stderr: bool = False, soft_wrap: bool = False) -> None:
    console(stderr).print(found, soft_wrap=soft_wrap)
    if _log:
        _log.print(found, soft_wrap=soft_wrap)
        _log.file.flush()


@contextmanager
def progress(begun: str) -> Iterator[Callable[[str], None]]:
    """Show on standard error what is done: on one line that changes in a terminal, a line each elsewhere.

    Gives the function that takes a text; it may be called from several threads.
    """
    made = console(stderr=True)
    if not made.is_terminal:
        yield lambda text: made.print(Text(printable(text)), soft_wrap=True)
        return
    with made.status(begun) as status:
        yield lambda text: status.update(f"{begun} {escape(printable(text))}")


def several(faults: Sequence[str]) -> None:
    """Print one line per fault.

    Prints nothing for a single fault: the command's own error already says it.
    """
    for fault in faults if len(faults) > 1 else ():
        fail(fault)


def table(title: str, columns: Sequence[str], rows: Iterable[Sequence[object]], note: str = "") -> None:
    """Print a table; a column whose name ends in # holds numbers. Cells are plain text, never markup."""
    made = Table(title=title, title_justify="left", caption=note or None, caption_justify="left", box=None,
                 header_style="bold", title_style="bold", pad_edge=False, collapse_padding=True)  # fmt: skip
    for name in columns:
        whole = name.endswith("#") or name in {"table", "mart", "model", "holds"}
        side: Any = "right" if name.endswith("#") else "left"
        made.add_column(name.removesuffix("#"), justify=side, overflow="fold", no_wrap=whole)
    for row in rows:
        made.add_row(*(cell(value) for value in row))
    _print(made)


def cell(value: object) -> Text:
    """The value as a person reads it."""
    if isinstance(value, bool):
        return Text("yes" if value else "no", style="green" if value else "bold red")
    if value is None:
        return Text("–", style="dim")
    if isinstance(value, Text):
        return value
    if isinstance(value, int):
        return Text(f"{value:,}")
    if isinstance(value, datetime):
        return Text(f"{value.astimezone(UTC):%Y-%m-%d %H:%M}")
    return Text(printable(value))


def without_zeros(columns: list[str], rows: list[list[object]]) -> tuple[list[str], list[list[object]]]:
    """Leave out the rare columns in which every row has 0 or nothing, so that the others fit a terminal."""
    rare = {"unchanged#", "by hand#", "superseded#", "deleted#", "erased#", "duplicates#"}
    kept = [n for n, name in enumerate(columns) if name not in rare or any(row[n] for row in rows)]
    return [columns[n] for n in kept], [[row[n] for n in kept] for row in rows]


def ago(moment: datetime | None, now: datetime) -> str:
    """The time since the moment in words, in the largest unit that is not 0."""
    if moment is None:
        return "never"
    seconds = max(0, int((now - moment).total_seconds()))
    for size, unit in ((86400, "day"), (3600, "hour"), (60, "minute")):
        if seconds >= size:
            return f"{seconds // size} {unit}{'s' if seconds >= 2 * size else ''} ago"
    return "just now"
