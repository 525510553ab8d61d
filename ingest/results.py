"""The results of a landing: an event for each step of a table, a result for each source, and of `weir verify` a
comparison for each table."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from weir.core.causes import Cause

_REASONS = 5  # that one line tells


@dataclass
class TableEvent:
    """The landing of one table so far; `state` is started, progress, done or failed.

    `rows` counts while rows are read; `extracted` is the number in the end. `drift` says how the columns differ from
    those of the landing before.
    """

    source: str
    table: str
    state: str
    rows: int = 0
    extracted: int = 0
    landed: int = 0
    deleted: int = 0
    bytes: int = 0
    seconds: float = 0.0
    how: str = ""
    message: str = ""
    cause: Cause = Cause.UNKNOWN  # of a failed one
    drift: str = ""
    started_at: datetime | None = None
    ended_at: datetime | None = None


@dataclass
class SourceResult:
    """The landing of one source; `state` is landed or failed, and `message` says in one line why it failed."""

    source: str
    state: str
    message: str = ""
    tables: list[TableEvent] = field(default_factory=list)
    load_id: str | None = None
    cause: Cause = Cause.UNKNOWN  # why it failed as a whole, before any table

    @property
    def barred(self) -> list[str]:
        """The names of what did not land: each failed "source.table" where others landed, else the source."""
        failed = [f"{event.source}.{event.table}" for event in self.tables if event.state == "failed"]
        some = failed and any(event.state == "done" for event in self.tables)
        return [] if self.state == "landed" else failed if some else [self.source]


@dataclass
class SourceComparison:
    """One table at the source compared with raw, by key and by content."""

    source: str
    table: str
    source_rows: int
    raw_rows: int
    missing: int
    extra: int
    different: int
    examples: list[str]
    promise: str
    changed_since: int = 0
    duplicates: int = 0  # rows at the source with the key and content of another, not counted in source_rows
    message: str = ""
    cause: Cause = Cause.UNKNOWN  # why it could not be compared
    seconds: float = 0.0

    @property
    def holds(self) -> bool:
        """Whether raw holds exactly the rows of the source."""
        return not (self.missing or self.extra or self.different or self.message)


def reasons(failed: Sequence[TableEvent]) -> str:
    """Why the tables failed: each reason once, by the first table that it holds for; the others by name."""
    alike: dict[str, list[TableEvent]] = {}
    for event in failed:
        alike.setdefault(event.message.replace(event.table, "…"), []).append(event)
    groups = list(alike.values())
    told = [first.message + _more(others) for first, *others in groups[:_REASONS]]
    return "; ".join(told) + _more([event for group in groups[_REASONS:] for event in group])


def _more(others: Sequence[TableEvent]) -> str:
    names = shortly([f"{event.source}.{event.table}" for event in others])
    return f" (and {len(others)} more failed: {names})" if others else ""


def shortly(names: list[str]) -> str:
    """The names in one line; of more than 41 the first 40, and the number of the others."""
    more = f" and {len(names) - 40} more" if len(names) > 41 else ""
    return ", ".join(names[: 40 if more else None]) + more
