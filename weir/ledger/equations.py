"""The equations of the balance: the counts of a table that must be equal, and a sentence for when they differ."""

from collections.abc import Iterator
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Equation:
    """Two counts that must be equal; the sentence says what is wrong when they differ."""

    name: str
    source: str
    table: str
    left: int
    right: int
    holds: bool
    sentence: str


@dataclass
class Line:
    """The counts of one table, over the loads of one run or over all of them."""

    source: str
    table: str
    extracted: int = 0
    unchanged: int = 0  # extracted rows that raw holds already: of compared tables, and of overlaps
    tombstones: int = 0
    landed: int = 0
    in_raw: int = 0
    wrong: list[str] = field(default_factory=list)  # loads with another number of rows in raw than their receipts say
    loads: int = 0
    model: str | None = None
    staged_loads: int = 0
    accepted: int = 0
    accepted_by_hand: int = 0  # rejected by the rules, let through by a person
    rejected: int = 0
    superseded: int = 0
    deleted: int = 0
    erased: int = 0  # rows of people who were forgotten
    source_rows: int | None = None  # live rows at the source, by the newest landing that counted them
    duplicates: int = 0  # rows of its files with the key and content of another, not counted in source_rows
    staging: int | None = None
    quarantined: int | None = None
    erased_rows: int = 0  # live rows at the source that are erased in raw

    @property
    def holds(self) -> bool:
        """Whether every equation of the table holds."""
        return all(equation.holds for equation in _equations(self))


def equations(found: list[Line]) -> list[Equation]:
    """The equations of the lines."""
    return [equation for line in found for equation in _equations(line)]


def _equations(line: Line) -> Iterator[Equation]:
    where = f"{line.source}.{line.table}"
    at = f" (load {line.wrong[0]})" if line.wrong else ""

    def equation(name: str, left: int, right: int, fault: str, also: bool = True) -> Equation:
        holds = left == right and also
        return Equation(name, line.source, line.table, left, right, holds, "" if holds else f"{where}: {fault}")

    new = line.landed - line.tombstones
    yield equation(
        "extracted = landed", line.extracted, new + line.unchanged,
        f"{line.extracted} rows were extracted but {new} landed and {line.unchanged} were unchanged: "
        "`weir land --full-compare`",
        also=line.unchanged >= 0,
    )  # fmt: skip
    yield equation(
        "landed = in raw", line.landed, line.in_raw,
        f"its receipts say {line.landed} rows, raw holds {line.in_raw}{at}: somebody changed raw by hand",
        also=not line.wrong,
    )  # fmt: skip
    if line.model is None:
        return
    taken = line.accepted + line.accepted_by_hand
    counted = taken + line.rejected + line.superseded + line.deleted + line.erased
    late = line.loads - line.staged_loads
    waits = f"{late} loads wait for `weir build`" if late > 0 else "rows are unaccounted for"
    yield equation("landed = staged", line.landed, counted,
                   f"{line.landed} rows landed, {line.model} counted {counted}: {waits}", also=late == 0)  # fmt: skip
    if line.source_rows is not None and line.staging is not None and not late:
        held = line.staging + (line.quarantined or 0) + line.erased_rows
        erased = f", {line.erased_rows} erased" if line.erased_rows else ""
        yield equation(
            "at source = staging + quarantine + erased", line.source_rows, held,
            f"{line.source_rows} live rows at the source, {line.staging} in {line.model} and {line.quarantined} in "
            f"quarantine{erased}: `weir verify` names the keys",
        )  # fmt: skip
