"""The protocol of every connector, and what connectors share: checks of columns, and the comparison with raw."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

from ingest.connectors.fields import is_pattern, left_out
from ingest.raw.columns import Column
from ingest.raw.table import Raw
from weir.core.causes import Cause
from weir.core.errors import WeirError
from weir.project.names import shortened
from weir.project.plan import Table

Progress = Callable[[int, int], None]  # rows and bytes so far
State = dict[str, Any]


@dataclass(frozen=True)
class Found:
    """A table that a connector's `catalog` finds at the source, and its primary key."""

    schema: str  # empty where the source has one only
    name: str
    key: list[str]
    is_default: bool = True  # whether it is in the schema that needs no naming

    @property
    def label(self) -> str:
        """The table's name with its schema."""
        return f"{self.schema}.{self.name}" if self.schema else self.name

    @property
    def long_name(self) -> str:
        """The name under which it lands where its own is taken."""
        return f"{self.schema}_{self.name}" if self.schema else self.name

    @property
    def names(self) -> set[str]:
        """The names by which a declaration may mean it."""
        return {self.label, self.name} if self.is_default else {self.label}


class Connector(Protocol):
    """The functions that every kind of source has."""

    def land(self, table: Table, raw: Raw, state: State, full: bool, progress: Progress) -> tuple[State, State]:
        """Write what is new into raw; returns the facts of the receipt and the table's next state."""

    def read_all(self, table: Table, raw: Raw, state: State) -> tuple[list[str], str]:
        """Read the whole table into the temporary table `incoming`; returns its key and its promise."""

    def close(self) -> None:
        """Close the connection to the source."""

    # Databases have one more, `catalog() -> list[Found]`: the tables that the account may read.


def check_columns(table: Table, found: list[str], hint: str = "") -> set[str]:
    """The columns of those at the source that do not land, by `exclude` and `only_columns`.

    Raises WeirError when the key, the cursor or an excluded column is not at the source, or when key or cursor is
    excluded. `hint` says which columns are there; without it the message lists them.
    """
    needed = [("key", name) for name in table.key] + ([("cursor", table.cursor)] if table.cursor else [])
    for what, name in [*needed, *(("exclude", name) for name in table.exclude if not is_pattern(name))]:
        if name not in found and shortened(name) not in found:
            hint = hint or "it has: " + ", ".join(found[:12]) + (" …" if len(found) > 12 else "")
            told = f"{what} names column {name!r}, which is not at the source; {hint}"
            raise WeirError(told, cause=Cause.COLUMN_LOST)
    out = left_out(table, found)
    for what, name in needed:
        if {name, shortened(name)} & out:
            told = f"{what} names column {name!r}, which is excluded: keep it, or declare another {what}"
            raise WeirError(told, cause=Cause.KEY_UNFIT)
    return out


def places(table: Table, schema: str = "") -> list[tuple[str, str]]:
    """The schemas and names that the declaration may mean, the likeliest first: a name may hold dots itself."""
    origin = table.origin or table.name
    dots = [number for number, letter in enumerate(origin) if letter == "."] if table.origin else []
    return [*((origin[:dot], origin[dot + 1 :]) for dot in reversed(dots)), (schema, origin)]


def compare(raw: Raw, key: list[str], columns: list[Column], source_rows: int) -> State:
    """Append to raw what differs from `incoming`, which holds the whole table; returns the facts of the receipt."""
    upserts, deleted = raw.insert_changes(key)
    return {"how": "compare", "extracted": source_rows, "landed": upserts + deleted, "deleted": deleted,
            "source_rows": source_rows, "is_whole": True}  # fmt: skip


def keyed_by_content(raw: Raw) -> None:
    """Fill `_key` in `incoming`, for a table without a key: the digest of the row, and which of its equals it is."""
    from ingest.raw.columns import listed

    names = listed([c.name for c in raw.columns if c.name != "_key"])
    raw.wire.execute(
        "update incoming i set _key = k.k from (select ctid as c, md5(row(" + names + ")::text) || '-' || "
        "row_number() over (partition by md5(row(" + names + ")::text)) as k from incoming) k where i.ctid = k.c"
    )


META = [Column("_file"), Column("_line", "bigint"), Column("_text"), Column("_error"), Column("_escaped", "boolean")]
