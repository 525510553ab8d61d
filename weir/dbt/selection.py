"""The choice of what a build makes: everything, what new rows touch, or nothing.

In: `ops.landings`, `ops.ledger`, the last build and publication, the code, the date. Out: a Todo.
Nothing is left out unless the last set was whole, published and built by the same code. On another day what reads the
clock is built too, with what stands on it.
"""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from enum import Enum
from pathlib import Path

from weir import warehouse
from weir.dbt.environment import built_by
from weir.ledger.quarantine import accepted_waiting
from weir.project.clock import readers
from weir.publish import evidence


class Why(Enum):
    """Why a build makes what it makes; the value says so in words."""

    FIRST = "nothing was built yet"
    UNPUBLISHED = "the last build was not published whole"
    CODE = "the code has changed"
    DAY = "another day"
    FULL_REFRESH = "a full refresh"
    PROOF = "a full compare"
    BY_HAND = "by hand"
    SELECTED = "by hand, a part"
    NEW_ROWS = "new rows"  # landed, or accepted by hand
    NOTHING_NEW = "nothing new"


@dataclass(frozen=True)
class Todo:
    """What to build: `select` None is everything; `exclude` is left out of it; `sentence` says why in words."""

    why: Why
    sentence: str
    select: list[str] | None = None
    exclude: list[str] = field(default_factory=list)
    barred: list[str] = field(default_factory=list)
    full_refresh: bool = False
    whole: bool = True  # whether it makes a whole set, which may be published
    prove: bool = False  # whether batched models are made whole, and compared with what they hold
    tested_at: str = ""  # since when rows are new to the tests: all others have passed them; empty: none has

    @property
    def nothing(self) -> bool:
        """Whether there is nothing to build."""
        return self.why is Why.NOTHING_NEW


def by_hand(select: str | None = None, full_refresh: bool = False, prove: bool = False) -> Todo:
    """What `weir build` makes: everything, or the part that a person selects in dbt's words."""
    if select:
        return replace(_part(select, [], full_refresh), prove=prove)
    why = Why.FULL_REFRESH if full_refresh else Why.PROOF if prove else Why.BY_HAND
    return Todo(why, why.value, full_refresh=full_refresh, prove=prove)


def decide(
    project: Path,
    as_of: datetime,
    select: str | None = None,
    full_refresh: bool = False,
    barred: Sequence[str] = (),
    holding: Sequence[str] = (),
    prove: bool = False,
) -> Todo:
    """What a run builds.

    `barred` are sources that are down or failed their gate, and tables that failed: what depends on them is left out.
    `holding` are those of them that a mart depends on: without them no set is whole.
    `prove` has batched models made whole, and compared with what they hold.
    """
    exclude = [f"source:{source}+" for source in barred]
    if select:
        return replace(_part(select, exclude, full_refresh, barred), prove=prove)
    why = Why.FULL_REFRESH if full_refresh else everything(project, as_of) or (Why.PROOF if prove else None)
    clock: list[str] | None = None
    if why is Why.DAY and not prove:
        with suppress(OSError, ValueError, KeyError):  # without a manifest it is not known who reads the clock
            clock = readers()
    if why and clock is None:
        return Todo(why, why.value, None, exclude, list(barred), full_refresh, not holding, prove)
    landed = [f"{source}.{table}" for source, table in new_tables()]
    given = [f"{source}.{table}" for source, table in accepted_tables()]
    new = list(dict.fromkeys([*landed, *given]))
    new += [name for name in _barred_before() if name not in new]  # what stands on them may never have been built
    tables = [name for name in new if name not in barred and name.split(".")[0] not in barred]
    if not tables and not clock:
        return Todo(Why.NOTHING_NEW, Why.NOTHING_NEW.value, [], exclude, list(barred), whole=not holding)
    chosen = [f"source:{table}+" for table in tables] + [f"{name}+" for name in clock or []]
    told = {
        "new rows": [name for name in tables if name in landed or name not in given],
        "rows accepted by hand": [name for name in tables if name in given],
    }
    said = [why.value] if why else []
    sentence = "; ".join(said + [f"{what} in {', '.join(names)}" for what, names in told.items() if names])
    tested = "" if prove else _tested_at()
    return Todo(why or Why.NEW_ROWS, sentence, chosen, exclude, list(barred), whole=not holding, tested_at=tested)


def everything(project: Path, as_of: datetime) -> Why | None:
    """Why everything is to be built; None when the last set will do but for new rows."""
    with warehouse.connect() as connection:
        build = evidence.last_build(connection)
        if not build:
            return Why.FIRST
        if not build.passed or not build.whole or build.run_id != evidence.published_by(connection):
            return Why.UNPUBLISHED
        row = connection.execute("select as_of from ops.runs where run_id = %s", [build.run_id]).fetchone()
    if build.code != built_by(project):
        return Why.CODE
    if build.as_of_date != as_of.date() or (row and _days(row[0]) != _days(as_of)):
        return Why.DAY
    return None


def _days(moment: datetime) -> tuple[date, date]:
    """The day of the moment, and of the instant before it: at midnight the last day that is over is the one before."""
    moment = moment.astimezone(UTC)
    return moment.date(), (moment - timedelta(microseconds=1)).date()


def _tested_at() -> str:
    """When the last build, which passed all tests, had ended."""
    with warehouse.connect() as connection:
        row = connection.execute("select max(recorded_at) from ops.builds").fetchone()
    return row[0].isoformat() if row and row[0] else ""


def new_tables() -> list[tuple[str, str]]:
    """(source, table) with rows that staging has not taken; of tables that a model takes."""
    with warehouse.connect() as connection:
        return [(row[0], row[1]) for row in connection.execute(_NEW)]


def accepted_tables() -> list[tuple[str, str]]:
    """(source, table) with rows that a person has accepted, or taken back, since they were staged."""
    with warehouse.connect() as connection:
        return sorted(accepted_waiting(connection))


def _part(select: str, exclude: list[str], full_refresh: bool, barred: Sequence[str] = ()) -> Todo:
    return Todo(Why.SELECTED, f"by hand: {select}", select.split(), exclude, list(barred), full_refresh, whole=False)


def _barred_before() -> list[str]:
    """What the last build left out."""
    with warehouse.connect() as connection:
        build = evidence.last_build(connection)
    return build.barred if build else []


_NEW = """
select distinct landings.source, landings.table_name
from ops.landings
where landings.landed > 0
  and exists (select from ops.ledger where (source, table_name) = (landings.source, landings.table_name))
  and not exists (select from ops.ledger
                  where (source, table_name, load_id) = (landings.source, landings.table_name, landings.load_id))
order by 1, 2"""
