"""The kinds of faults that are put into a copy of a source, as they happen in companies.

In: a Place. Out: for each kind the columns where it can be, and the Change that puts it there.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from benchmarks.guards.change import Change, Place, Row
from benchmarks.guards.columns import (
    amounts,
    as_iso,
    as_number,
    bounds,
    checked,
    dates,
    foreign,
    is_enum,
    is_mail,
    key,
    moments,
    pairs,
    pattern_of,
    plain,
    required,
    texts,
    unique,
    whole,
    words,
)  # fmt: skip

Columns = Callable[[Place], Iterable[str]]
FAULTS: list["Fault"] = []


@dataclass(frozen=True)
class Fault:
    """One kind of fault."""

    name: str
    columns: Columns
    make: Callable[[Place, str], Change | None]


def fault(name: str, columns: Columns) -> Callable[[Callable[[Place, str], Change | None]], object]:
    """Register a kind of fault."""

    def register(make: Callable[[Place, str], Change | None]) -> object:
        FAULTS.append(Fault(name, columns, make))
        return make

    return register


@fault("negative amounts, in 3 rows", amounts)
def _negative(place: Place, column: str) -> Change:
    return _each(place, column, place.some(column), lambda v: str(-abs(as_number(v)) - 1))


@fault("a value out of a check's range, in 3 rows", checked)
def _out_of_check(place: Place, column: str) -> Change | None:
    beyond = [value for check in place.table.checks for value in bounds(check.sql, column)]
    return _each(place, column, place.some(column), lambda v: str(beyond[0])) if beyond else None


@fault("amounts in cents: 100 times too large, in the newest fifth", amounts)
def _cents(place: Place, column: str) -> Change:
    return _each(place, column, place.newest, lambda v: str(as_number(v) * 100))


@fault("amounts without their value: 0 in the newest fifth", amounts)
def _zeros(place: Place, column: str) -> Change:
    return _each(place, column, place.newest, lambda v: "0")


@fault("an absurd amount: a thousand million, in 3 rows", amounts)
def _absurd(place: Place, column: str) -> Change:
    return _each(place, column, place.some(column), lambda v: "1000000000")


@fault("a number with its unit in it ('12 EUR'), in 3 rows", amounts)
def _unit(place: Place, column: str) -> Change:
    return _each(place, column, place.some(column), lambda v: f"{v} EUR", retyped=True)


@fault("a decimal comma ('12,5'), in 3 rows", amounts)
def _comma(place: Place, column: str) -> Change:
    return _each(place, column, place.some(column), lambda v: f"{int(as_number(v))},5", retyped=True)


@fault("a number that is none (NaN), in 3 rows", amounts)
def _nan(place: Place, column: str) -> Change:
    return _each(place, column, place.some(column), lambda v: "NaN", retyped=place.kinds[column] == "integer")


@fault("rows twice under one key: 5 of them", key)
def _twice(place: Place, column: str) -> Change:
    rows = [dict(place.rows[n]) for n in place.some(column, 5)]
    other = next((n for n in plain(place) if place.kinds[n] == "text"), "")
    for row in rows if other else []:
        row[other] = f"{row[other] or ''}x"[:10]
    return Change(inserts=rows, breaks_key=True)


@fault("the whole table twice, the second time under new keys", key)
def _doubled(place: Place, column: str) -> Change:
    return Change(inserts=[place.new_key(row, n) for n, row in enumerate(place.rows)])


@fault("the newest fifth of the rows twice, under new keys", key)
def _again(place: Place, column: str) -> Change:
    return Change(inserts=[place.new_key(place.rows[n], n) for n in place.newest])


@fault("a key that is NULL or empty, in 3 rows", key)
def _keyless(place: Place, column: str) -> Change:
    return Change({n: {column: None} for n in place.some(column)}, breaks_key=True)


@fault("orphans: rows that refer to no row, 3 of them", foreign)
def _orphans(place: Place, column: str) -> Change:
    return _each(place, column, place.some(column), lambda v: "9999" if v.lstrip("-").isdigit() else "??")


@fault("a unique value twice", unique)
def _not_unique(place: Place, column: str) -> Change | None:
    rows = place.some(column, 2)
    return Change({rows[0]: {column: place.rows[rows[1]][column]}}) if len(rows) == 2 else None


@fault("half the rows gone", whole)
def _half(place: Place, column: str) -> Change:
    return Change(deletes=set(place.chance.sample(range(len(place.rows)), (len(place.rows) + 1) // 2)))


@fault("all rows gone", whole)
def _empty(place: Place, column: str) -> Change:
    return Change(deletes=set(range(len(place.rows))))


@fault("the table is gone, or has another name", whole)
def _gone(place: Place, column: str) -> Change:
    return Change(is_gone=True)


@fault("nothing new for 90 days", whole)
def _stale(place: Place, column: str) -> Change:
    return Change(days_later=90)


@fault("NULL where there was never one, in 3 rows", required)
def _null(place: Place, column: str) -> Change:
    return Change({n: {column: None} for n in place.some(column)})


@fault("a column gone blank: NULL in the newest fifth", plain)
def _blank(place: Place, column: str) -> Change:
    return Change({n: {column: None} for n in place.newest})


@fault("a column stuck: one value in the newest fifth", lambda place: [*texts(place), *amounts(place), *dates(place)])
def _stuck(place: Place, column: str) -> Change:
    last = place.values(column)[-1]
    return Change({n: {column: last} for n in place.newest})


@fault("an unknown word among few ('XX'), in 3 rows", words)
def _unknown(place: Place, column: str) -> Change:
    return _each(place, column, place.some(column), lambda v: "XX", retyped=is_enum(place, column))


@fault("a word in another case, in 3 rows", words)
def _case(place: Place, column: str) -> Change | None:
    known = set(place.values(column))
    made = _each(place, column, place.some(column, only=lambda v: v.swapcase() not in known and v.swapcase() != v),
                 lambda v: v.swapcase(), retyped=is_enum(place, column))  # fmt: skip
    return made if made.updates else None


@fault("wrong encoding (é is Ã©), in the newest fifth", texts)
def _mojibake(place: Place, column: str) -> Change:
    return _each(place, column, place.newest, lambda v: (v[:4] + "é").encode().decode("latin-1"))


@fault("texts cut to 3 letters, in the newest fifth", texts)
def _cut(place: Place, column: str) -> Change | None:
    if sum(map(len, place.values(column))) < 6 * len(place.values(column)):
        return None
    return _each(place, column, place.newest, lambda v: v[:3])


@fault("an empty text where there was never one, in 5 rows", lambda place: [n for n in texts(place) if "" not in {
    row[n] for row in place.rows} and n in required(place)])  # fmt: skip
def _empty_text(place: Place, column: str) -> Change:
    return _each(place, column, place.some(column, 5), lambda v: "")


@fault("an address without @, in 5 rows", lambda place: [n for n in texts(place) if is_mail(place, n)])
def _mail(place: Place, column: str) -> Change:
    return _each(place, column, place.some(column, 5), lambda v: v.replace("@", " at "))


@fault("two columns swapped, in the newest fifth", lambda place: list(texts(place))[:1] or list(amounts(place))[:1])
def _swapped(place: Place, column: str) -> Change | None:
    alike = [n for n in (texts(place) if place.kinds[column] == "text" else amounts(place)) if n != column]
    if not alike:
        return None
    other = next(iter(alike))
    rows = place.rows
    return Change({n: {column: rows[n][other], other: rows[n][column]} for n in place.newest})


@fault("a date in the year 2999, in 3 rows", dates)
def _far_future(place: Place, column: str) -> Change:
    return _dated(place, column, place.some(column), lambda d: d.replace(year=2999, day=1))


@fault("a date in the year 202, in 3 rows", dates)
def _far_past(place: Place, column: str) -> Change:
    return _dated(place, column, place.some(column), lambda d: d.replace(year=202, day=1))


@fault("a date of 1 January 1970, in the newest fifth", dates)
def _epoch(place: Place, column: str) -> Change:
    return _dated(place, column, place.newest, lambda d: datetime(1970, 1, 1))


@fault("moments shifted by 9 hours, in the newest fifth", moments)
def _zone(place: Place, column: str) -> Change:
    return _dated(place, column, place.newest, lambda d: d + timedelta(hours=9))


@fault("day and month swapped, in the newest fifth", dates)
def _day_month(place: Place, column: str) -> Change:
    return _dated(place, column, place.newest, lambda d: d.replace(day=d.month, month=d.day) if d.day < 13 else d)


@fault("a date in another format, in 5 rows", dates)
def _format(place: Place, column: str) -> Change:
    made = _dated(place, column, place.some(column, 5), lambda d: d)
    for change in made.updates.values():
        moment = datetime.fromisoformat(as_iso(place, column, change[column] or ""))
        change[column] = moment.strftime("%d.%b.%y")
    made.retyped = {column}
    return made


@fault("an end before its start, in 5 rows", lambda place: [b for a, b in pairs(place)])
def _reversed(place: Place, column: str) -> Change:
    start = next(a for a, b in pairs(place) if b == column)
    rows = place.some(column, 5, None)
    values = {n: place.rows[n][start] for n in rows if place.rows[n][start]}
    return Change({n: {column: _earlier(place, start, value or "")} for n, value in values.items()})


@fault("a column is gone", plain)
def _dropped(place: Place, column: str) -> Change:
    return Change(dropped={column})


@fault("a column has another name", plain)
def _renamed(place: Place, column: str) -> Change:
    return Change(renamed={column: f"{column}_new"})


@fault("a number becomes a text, and 'n/a' in 3 rows", amounts)
def _retyped(place: Place, column: str) -> Change:
    return _each(place, column, place.some(column), lambda v: "n/a", retyped=True)


def _each(place: Place, column: str, rows: Iterable[int], make: Callable[[str], str], retyped: bool = False) -> Change:
    updates: dict[int, Row] = {}
    for number in rows:
        value = place.rows[number][column]
        if value not in (None, "") and (made := make(value)) != value:  # type: ignore[arg-type]
            updates[number] = {column: made}
    return Change(updates, retyped={column} if retyped else set())


def _dated(place: Place, column: str, rows: Iterable[int], make: Callable[[datetime], datetime]) -> Change:
    def changed(value: str) -> str:
        made = make(datetime.fromisoformat(as_iso(place, column, value)))
        pattern = pattern_of(place, column, value)
        return made.strftime(pattern.replace("%Y", f"{made.year:04d}"))

    return _each(place, column, rows, changed)


def _earlier(place: Place, column: str, value: str) -> str:
    moment = datetime.fromisoformat(as_iso(place, column, value)) - timedelta(days=3)
    return moment.strftime(pattern_of(place, column, value))
