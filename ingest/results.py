"""What landing reports: one event per step of a table, one result per source."""

from dataclasses import dataclass, field
from datetime import datetime


@dataclass
class TableEvent:
    """Where the landing of one table stands; `state` is started, progress, done or failed.

    `drift` says how its columns differ from those of the landing before.
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
    drift: str = ""
    started_at: datetime | None = None
    ended_at: datetime | None = None


@dataclass
class SourceResult:
    """What became of one source; `state` is landed or failed, `message` says in one line why."""

    source: str
    state: str
    message: str = ""
    tables: list[TableEvent] = field(default_factory=list)
    load_id: str | None = None

    @property
    def barred(self) -> list[str]:
        """What did not land: "source.table" for each table that failed where others landed, else the source."""
        failed = [f"{event.source}.{event.table}" for event in self.tables if event.state == "failed"]
        some = failed and any(event.state == "done" for event in self.tables)
        return [] if self.state == "landed" else failed if some else [self.source]


@dataclass
class TableCheck:
    """One table at the source against raw, by key and by content."""

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
    duplicates: int = 0  # beyond the rows at the source: the same key and content once more
    message: str = ""

    @property
    def holds(self) -> bool:
        """Whether raw holds what the source holds."""
        return not (self.missing or self.extra or self.different or self.message)


def shortly(names: list[str]) -> str:
    """The names, all of them up to some forty."""
    more = f" and {len(names) - 40} more" if len(names) > 41 else ""
    return ", ".join(names[: 40 if more else None]) + more
