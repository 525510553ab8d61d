"""The report of an erasure, for the person's file: what was where, how many rows, when and why; no value of the person.

In: what an erasure found. Out: rows for the terminal; Markdown, or JSON where the file's name ends in .json.
"""

import json
from dataclasses import asdict, dataclass, field
from datetime import datetime
from pathlib import Path

from weir.core.errors import WeirError


@dataclass(frozen=True)
class Found:
    """What one table, or the files, held of the person, and what became of it."""

    where: str
    columns: str  # the kinds of values, or the columns
    rows: int
    done: str


@dataclass
class Erasure:
    """An erasure: who (by hash), when, why, and what was found."""

    table: str
    key_hash: str
    because: str
    erased_at: datetime
    dry: bool = False
    again: datetime | None = None  # when the person was erased before
    kinds: list[str] = field(default_factory=list)
    found: list[Found] = field(default_factory=list)
    left: list[str] = field(default_factory=list)

    def rows(self) -> list[list[object]]:
        """The rows of the terminal's table."""
        return [[each.where, each.columns, each.rows, each.done] for each in self.found]


COLUMNS = ["where", "what it held", "rows#", "done"]
WORDS = {
    "blanked": "the row is blanked in all its versions, its key replaced where it was a text",
    "values": "the person's values are taken out of the row",
    "deleted": "the row is deleted",
}


def write(erasure: Erasure, path: Path) -> None:
    """Write the report to a file. Raises WeirError when it can't be written."""
    text = as_json(erasure) if path.suffix == ".json" else as_markdown(erasure)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        path.chmod(0o600)
    except OSError as fault:
        raise WeirError(f"the person was erased, but {path} can't be written ({fault.strerror}): the same command with "
                        "another --report writes what is left to tell") from None  # fmt: skip


def require_writable(path: Path) -> None:
    """Raise WeirError when the report could not be written there, before anything is erased."""
    if path.exists():
        raise WeirError(f"{path} is there already: name another file for the report; nothing was erased")
    if not path.resolve().parent.is_dir():
        raise WeirError(f"there is no folder {path.parent}: make it, or name another file; nothing was erased")


def as_json(erasure: Erasure) -> str:
    """The report as JSON."""
    return json.dumps(asdict(erasure), indent=2, default=str) + "\n"


def as_markdown(erasure: Erasure) -> str:
    """The report as Markdown."""
    lines = [
        "# A person was erased" if not erasure.dry else "# What an erasure would do",
        "",
        f"- Row of `{erasure.table}` whose key has the hash `{erasure.key_hash}`",
        f"- Erased at {erasure.erased_at:%Y-%m-%d %H:%M:%S} UTC, because: {erasure.because}",
        *([f"- Erased before, at {erasure.again:%Y-%m-%d %H:%M:%S} UTC"] if erasure.again else []),
        f"- Looked for: {', '.join(erasure.kinds) or 'nothing but the row itself'}",
        "",
        "| where | what it held | rows | done |",
        "| --- | --- | ---: | --- |",
        *(f"| {each.where} | {each.columns} | {each.rows} | {each.done} |" for each in erasure.found),
        *(["", "Left for a person to see to:", ""] if erasure.left else []),
        *(f"- {each}" for each in erasure.left),
    ]
    return "\n".join(lines) + "\n"
