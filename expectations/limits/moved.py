"""Whether moments of many changed rows moved alike: by whole hours or days, or day and month swapped; in plain words.

In: the rows of a load, beside the last version that each had before. Out: findings, for gate raw to warn of. A value
that is as good as any other shows its fault only so. Ordinary updates differ by ever other spans; where all get one
moment at once (the day of an export), nothing is told. No value of a row is recorded. Looked at are tables with a key
and at most 1,000,000 rows in raw, and at most 10,000 changed rows of them; with larger tables nothing is done.
"""

import re
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
from psycopg import sql

from expectations.limits.likeness import FEW, Profile

Connection = psycopg.Connection[dict[str, Any]]
LARGEST = 1_000_000  # rows in raw
MOST = 10_000  # changed rows
_QUARTER, _DAY = timedelta(minutes=15), timedelta(days=1)
_MOMENT = re.compile(r"\d{4}-\d\d-\d\d([ T]|$)")


def moved(
    connection: Connection, relation: tuple[str, str], key: Sequence[str], load: str, profile: Profile, as_of: datetime
) -> dict[str, str]:
    """What moved in the rows of the load, and in how many of them: {"paid_at moved by 9 hours": "in 40 of 50 …"}.

    `profile` is that of the load; it says which columns hold moments.
    """
    columns = [name for name, seen in profile.items() if seen.get("moments", 0) >= FEW and name not in key]
    if not (key and columns) or not _is_small(connection, relation, load):
        return {}
    pairs: dict[str, list[tuple[datetime, datetime]]] = {name: [] for name in columns}
    for row in _changed(connection, relation, key, load, columns):
        for number, name in enumerate(columns):
            old, new = _moment(row[f"old{number}"]), _moment(row[f"new{number}"])
            if old and new and old != new:
                pairs[name].append((old, new))
    return dict(found for name in columns if (found := _found(name, pairs[name], as_of)))


def _found(name: str, pairs: Sequence[tuple[datetime, datetime]], as_of: datetime) -> tuple[str, str] | None:
    """What at least half of the changed values, and no fewer than a few, have in common."""
    enough = max(FEW, len(pairs) / 2)
    swapped = sum(
        (old.year, old.month, old.day) == (new.year, new.day, new.month) and old.day != new.day for old, new in pairs
    )
    if swapped >= enough:
        return f"day and month of {name} are swapped", f"in {swapped:,} rows"
    spans = Counter(new - old for old, new in pairs)
    span, rows = spans.most_common(1)[0] if spans else (timedelta(), 0)
    is_even = not span % _DAY or (not span % _QUARTER and abs(span) < _DAY)
    if rows < enough or not is_even or _is_touch({new for old, new in pairs if new - old == span}, span, as_of):
        return None
    back = "back " if span < timedelta() else ""
    return f"{name} moved {back}by {_words(abs(span))}", f"in {rows:,} of {len(pairs):,} changed rows"


def _is_touch(values: set[datetime], span: timedelta, as_of: datetime) -> bool:
    """Whether all rows got one moment, which is of now, or a day later: they were written anew."""
    return len(values) == 1 and (not span % _DAY or abs(values.pop() - as_of) < 2 * _DAY)


def _words(span: timedelta) -> str:
    """The span as a person says it."""
    minutes = span.seconds // 60
    parts = ((span.days, "day"), (minutes // 60, "hour"), (minutes % 60, "minute"))
    return " ".join(f"{count:,} {unit}{'' if count == 1 else 's'}" for count, unit in parts if count)


def _moment(text: str | None) -> datetime | None:
    """The text as a moment, to the second, for fractions get lost on the way; None where it is none in ISO 8601."""
    if not text or not _MOMENT.match(text):
        return None
    try:
        found = datetime.fromisoformat(text.strip()).replace(microsecond=0)
    except ValueError:
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def _is_small(connection: Connection, relation: tuple[str, str], load: str) -> bool:
    """Whether the table has other rows than the load's, and not too many."""
    name = sql.Identifier(*relation)
    query = sql.SQL(_SIZE).format(relation=name, load=load, place=name.as_string(connection))
    size: Any = connection.execute(query).fetchone()
    return size["has_others"] and size["rows"] <= LARGEST


def _changed(
    connection: Connection, relation: tuple[str, str], key: Sequence[str], load: str, columns: Sequence[str]
) -> list[dict[str, Any]]:
    """The old and the new values, as text, of rows that had a version before."""

    def listed(text: str, names: Sequence[str]) -> sql.Composable:
        parts = (text.replace("#", str(number)) for number in range(len(names)))
        return sql.SQL(", ").join(
            sql.SQL(part).format(sql.Identifier(name)) for part, name in zip(parts, names, strict=True)
        )

    query = sql.SQL(_PAIRS).format(
        key=listed("{}::text", key), named=listed("{}::text as k#", key), keys=listed("k#", key),
        values=listed("{}::text as v#", columns), pairs=listed("old.v# as old#, new.v# as new#", columns),
        relation=sql.Identifier(*relation), load=load, most=MOST,
    )  # fmt: skip
    # the planner knows no row of this load yet, so that a loop in a loop would look cheap to it
    connection.execute("set local enable_nestloop = off")
    found = connection.execute(query).fetchall()
    connection.execute("set local enable_nestloop = on")
    return found


_SIZE = """
select exists (select from {relation} where _dlt_load_id <> {load}) as has_others,
    case when reltuples < 0 then pg_relation_size(oid) / 100 else reltuples end as rows
from pg_class where oid = {place}::regclass"""
_PAIRS = """
with new as (
    select {named}, {values} from {relation}
    where _dlt_load_id = {load} and _op = 'upsert'
        and ({key}) in (select {key} from {relation} where _dlt_load_id <> {load})
    limit {most}
),

old as (
    select distinct on ({key}) {named}, _op, {values} from {relation}
    where _dlt_load_id <> {load} and ({key}) in (select {keys} from new)
    order by {key}, _seq desc
)

select {pairs} from new inner join old using ({keys}) where old._op = 'upsert'"""
