"""Tells a fault in four sentences: what happened, what is affected, what readers see meanwhile, whose turn it is.

In: a Fault, what depends on it, what readers see. Out: a Story. The same input gives the same words.
"""

from dataclasses import dataclass
from datetime import UTC, datetime

from weir.core.secrets import printable
from weir.incidents.downstream import Downstream
from weir.incidents.fault import Fault
from weir.incidents.kinds import kinds

_NAMED = 4  # names that a sentence lists before it counts


@dataclass(frozen=True)
class Readers:
    """What readers see: the set in force, and when it was published; neither where nothing was published yet."""

    as_of: datetime | None = None
    published_at: datetime | None = None
    reachable: bool = True


@dataclass(frozen=True)
class Story:
    """An incident in words; `command` is what to type next, or empty."""

    title: str
    what: str
    affected: str
    readers: str
    turn: str
    command: str
    severity: str


def tell(fault: Fault, since: datetime, below: Downstream, readers: Readers) -> Story:
    """The story of the fault, which began at `since`."""
    kind = kinds()[fault.cause]
    source = fault.subject.split(".")[0]
    words = {
        "subject": fault.subject,
        "source": source,
        "tables": _tables(fault),
        "rows": rows_in_words(fault.rows),
        "accept": _accepting(fault),
    }

    def filled(template: str) -> str:
        return " ".join(printable(template.format(**words)).split())

    return Story(
        title=filled(kind.title),
        what=f"Since {moment(since)}, {filled(kind.what)}.",
        affected=_affected(fault, below, kind.stops),
        readers=_readers(readers, bool(below.marts), kind.stops),
        turn=f"It is the turn of {filled(kind.turn)}.",
        command=filled(kind.command),
        severity="stopped" if kind.stops else "drifted",
    )


def moment(at: datetime) -> str:
    """The moment as a person says it: 27 November 2026, 03:00 UTC."""
    at = at.astimezone(UTC)
    return f"{at.day} {at:%B %Y, %H:%M} UTC"


def rows_in_words(rows: int | None) -> str:
    """The number of rows: "no row", "1 row", "1,200 rows"; "some rows" where it is not known."""
    return "some rows" if rows is None else "no row" if rows == 0 else f"{rows:,} row{'' if rows == 1 else 's'}"


def listed(names: tuple[str, ...]) -> str:
    """The names in a sentence: a, b and c; of many the first ones and the number of the others."""
    if len(names) > _NAMED + 1:
        return f"{', '.join(names[:_NAMED])} and {len(names) - _NAMED} more"
    return " and ".join(filter(None, [", ".join(names[:-1]), *names[-1:]]))


def _tables(fault: Fault) -> str:
    names = tuple(name.split(".", 1)[-1] for name in fault.tables)
    if not names:
        return fault.subject
    return f"its table {names[0]}" if len(names) == 1 else f"its {len(names)} tables ({listed(names)})"


def _accepting(fault: Fault) -> str:
    return "weir run " + " ".join(f'--accept "{each}"' for each in fault.accept[:3]) if fault.accept else "weir run"


def _affected(fault: Fault, below: Downstream, stops: bool) -> str:
    if not below.marts and not below.exposures:
        return "No table that readers see depends on it."
    marts = f"all {below.of} marts" if len(below.marts) == below.of > 1 else _counted(below.marts, "mart")
    verb = "Waiting for it" if stops else "Depending on it"
    used = f", and with them {listed(below.exposures)}" if below.exposures else ""
    return f"{verb}: {marts}{used}."


def _counted(names: tuple[str, ...], word: str) -> str:
    return f"the {word} {names[0]}" if len(names) == 1 else f"{len(names)} {word}s ({listed(names)})"


def _readers(readers: Readers, touched: bool, stops: bool) -> str:
    if not readers.reachable:
        return "Readers can't read anything until it is back."
    if readers.published_at is None:
        return "Readers see nothing yet, for nothing was published so far."
    seen = f"the complete set that was published on {moment(readers.published_at)}"
    if touched and stops:
        return f"Readers still see {seen}: whole and checked, but growing old."
    return f"Readers see {seen}, and new sets go on coming."
