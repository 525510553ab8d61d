"""Tells a fault in four sentences: what happened, what is affected, what readers see meanwhile, whose turn it is.

In: a Fault, what depends on it, what readers see. Out: a Story. The same input gives the same words. "Since" is
when the fault was found; of what does not land, when it last did, for since then nothing new has come.
"""

import shlex
from dataclasses import dataclass
from datetime import UTC, datetime

from weir.core.secrets import printable
from weir.incidents.downstream import Downstream
from weir.incidents.fault import Fault
from weir.incidents.kinds import Kind, kinds

_NAMED = 4  # names that a sentence lists before it counts
_ACCEPTED = 3  # ids of checks that a command names one by one


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
        affected=_affected(below, kind),
        readers=filled(kind.readers) or _readers(readers, kind.stops and bool(below.marts or kind.everything)),
        turn=_turn(filled(kind.turn)),
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


def _turn(whose: str) -> str:
    """Whose turn it is; `whose` begins with who, or with nobody."""
    if whose.startswith("nobody"):
        return f"It is nobody's turn{whose.removeprefix('nobody')}."
    return f"It is the turn of {whose}."


def _tables(fault: Fault) -> str:
    names = tuple(name.split(".", 1)[-1] for name in fault.tables)
    if not names:
        return fault.subject
    return f"its table {names[0]}" if len(names) == 1 else f"its {len(names)} tables ({listed(names)})"


def _accepting(fault: Fault) -> str:
    """The run that accepts the checks that failed: each by its id, or all by the words with which their ids begin."""
    ids = list(fault.accept)
    if len(ids) > _ACCEPTED:
        ids = [": ".join(ids[0].split(": ")[:-1])]
    return " ".join(["weir run", *(f"--accept {shlex.quote(each)}" for each in ids)])


def _affected(below: Downstream, kind: Kind) -> str:
    waiting, others = kind.stops, below.of - len(below.marts)
    every = kind.everything and kind.stops
    if not below.marts:
        if every and below.of:
            return f"No mart depends on it, but {_all(below.of)} for it, for all marts are published together."
        return "No table that readers see depends on it."
    marts = f"all {below.of} marts" if not others and below.of > 1 else _counted(below.marts)
    quoted = tuple(f"“{name}”" for name in below.exposures)
    them = "them" if len(below.marts) > 1 else "it"
    used = f", and with {them} {listed(quoted)}" if below.exposures else ""
    more = f"; the other {others} wait too, for all marts are published together" if waiting and others > 1 else ""
    more = "; the other mart waits too, for all are published together" if waiting and others == 1 else more
    return f"{'Waiting for it' if waiting else 'Depending on it'}: {marts}{used}{more}."


def _all(number: int) -> str:
    return "the only mart waits" if number == 1 else f"all {number} marts wait"


def _counted(names: tuple[str, ...]) -> str:
    return f"the mart {names[0]}" if len(names) == 1 else f"{len(names)} marts ({listed(names)})"


def _readers(readers: Readers, waiting: bool) -> str:
    if not readers.reachable:
        return "Readers can't read anything until it is back."
    if readers.published_at is None:
        return "Readers see nothing yet, for nothing was published so far."
    seen = f"the complete set that was published on {moment(readers.published_at)}"
    if waiting:
        return f"Readers still see {seen}: whole and checked, but growing old."
    return f"Readers see {seen}; this keeps no new set from coming."
