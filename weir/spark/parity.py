"""Parity: whether a table that both engines built holds the same rows on both, by a digest that is equal everywhere.

In: a connection to the warehouse, a cursor of Spark, a table that both have. Out: rows and digests of both; where they
differ, the first rows that only one of them has, column by column. The digest: per row the MD5 of `length:value` for
each column, with a mark for NULL; its first and second 15 hexadecimal digits, summed up; and the number of rows.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import takewhile
from typing import Any

import psycopg
from psycopg import sql

from weir.spark.quoting import literal, quoted

_MOST = 20_000  # rows of the differing parts that are looked at, one by one
_SHOWN = 3
_FLOATS = {"real", "double precision"}
_EITHER = {"json", "jsonb"}  # the engines write them in different ways


@dataclass(frozen=True)
class Sum:
    """Rows of a table and the digest of all of them."""

    rows: int
    first: int = 0
    second: int = 0


@dataclass(frozen=True)
class Difference:
    """A row whose columns differ: PostgreSQL's value and Spark's; `same` holds those that agree. `who` has it."""

    who: str
    same: Mapping[str, str]
    columns: Mapping[str, tuple[str | None, str | None]]


@dataclass
class Parity:
    """What came out for a table; `problem` says why it could not be compared."""

    table: str
    here: Sum = Sum(0)
    there: Sum = Sum(0)
    problem: str = ""
    left_out: tuple[str, ...] = ()
    differences: list[Difference] = field(default_factory=list)

    @property
    def equal(self) -> bool:
        """Whether both hold the same rows."""
        return not self.problem and self.here == self.there


@dataclass(frozen=True)
class Pair:
    """A table, by the names that it has in the warehouse and on Spark.

    `leave_out` holds columns that need not be equal, `where` a condition (SQL of both engines) for the rows that count.
    """

    schema: str
    name: str
    leave_out: tuple[str, ...] = ()
    where: str = "true"

    @property
    def place(self) -> str:
        """The table's schema and name, for a person."""
        return f"{self.schema}.{self.name}"


def compare(connection: psycopg.Connection[Any], cursor: Any, pair: Pair) -> Parity:
    """Compare the table on both engines. Raises an error of the engine where it refuses a statement."""
    found = Parity(pair.place)
    types = _types(connection, pair)
    cursor.execute(f"describe {quoted(pair.schema)}.{quoted(pair.name)}")
    # behind the columns an empty line, and what Spark knows of partitions
    rows = takewhile(lambda row: row[0] and not row[0].startswith("#"), cursor.fetchall())
    theirs = {str(name).lower(): str(kind) for name, kind, *_ in rows}  # to Spark Name and name are one
    if lacking := sorted(({name.lower() for name in types} ^ {*theirs}) - {*pair.leave_out}):
        found.problem = f"only one of the engines has the columns {', '.join(lacking)}"
        return found
    found.left_out = tuple(name for name, kind in types.items() if kind in _FLOATS | _EITHER)
    columns = {
        # what Spark has as text it has in PostgreSQL's spelling; of numbers without a size zeros at the end don't count
        name: "text" if theirs.get(name.lower()) == "string" and kind != "numeric" else kind
        for name, kind in sorted(types.items())
        if name not in {*found.left_out, *pair.leave_out}
    }
    here, there = _Here(connection, pair, columns), _There(cursor, pair, columns)
    mine, theirs_too = here.parts(), there.parts()
    found.here, found.there = _whole(mine), _whole(theirs_too)
    if not found.equal:
        parts = sorted(part for part in {*mine, *theirs_too} if mine.get(part) != theirs_too.get(part))
        found.differences = _differences(here, there, parts)
    return found


def _types(connection: psycopg.Connection[Any], pair: Pair) -> dict[str, str]:
    """The columns of the warehouse's table, with their types without sizes."""
    rows = connection.execute(
        "select attname::text, format_type(atttypid, null) from pg_attribute "
        "where attrelid = to_regclass(%s) and attnum > 0 and not attisdropped",
        (sql.Identifier(pair.schema, pair.name).as_string(None),),
    )
    return {str(name): str(kind) for name, kind in rows}


class _Here:
    """The warehouse's side: values as texts, digests by part of the rows, single rows."""

    number = "('x' || substr(h, {}, 15))::bit(60)::bigint"

    def __init__(self, connection: psycopg.Connection[Any], pair: Pair, columns: Mapping[str, str]) -> None:
        self.connection, self.columns = connection, columns
        table = sql.Identifier(pair.schema, pair.name).as_string(None)
        values = {name: self._value(sql.Identifier(name).as_string(None), kind) for name, kind in columns.items()}
        pieces = [f"coalesce(length({value})::text || ':' || {value}, '-')" for value in values.values()]
        self.hash = f"md5(concat({', '.join(pieces) or chr(39) * 2}))"
        self.values = ", ".join(values.values()) or "''"
        self.source = f"{table} as t where {pair.where}"

    def parts(self) -> dict[str, Sum]:
        """Rows and digest by the first two digits of the rows' hashes."""
        number = self.number
        return {
            str(part): Sum(int(rows), int(first), int(second))
            for part, rows, first, second in self._all(
                f"select substr(h, 1, 2), count(*), sum({number.format(1)}), sum({number.format(16)}) "
                f"from (select {self.hash} as h from {self.source}) as d group by 1"
            )
        }

    def hashes(self, parts: list[str]) -> Counter[str]:
        """The hashes of the rows of these parts."""
        within = ", ".join(f"'{part}'" for part in parts)
        query = f"select h from (select {self.hash} as h from {self.source}) as d where substr(h, 1, 2) in ({within})"
        return Counter(str(row[0]) for row in self._all(f"{query} limit {_MOST}"))

    def rows(self, hashes: list[str]) -> list[tuple[str | None, ...]]:
        """The values of the rows of these hashes, as texts in order of the columns."""
        within = ", ".join(f"'{each}'" for each in hashes)
        return self._all(f"select {self.values} from {self.source} and {self.hash} in ({within})") if hashes else []

    def _all(self, query: str) -> list[Any]:
        return self.connection.execute(query).fetchall()

    def _value(self, name: str, kind: str) -> str:
        if kind == "numeric":
            return f"trim_scale({name})::text"
        if kind.startswith("timestamp"):
            return f"(extract(epoch from {name}) * 1000000)::bigint::text"
        if kind == "date":
            return f"({name} - date '1970-01-01')::text"
        if kind.endswith("[]"):
            return f"array_to_string({name}, chr(31), chr(30))"
        return f"{name}::text"


class _There(_Here):
    """Spark's side of the same."""

    number = "cast(conv(substr(h, {}, 15), 16, 10) as decimal(38, 0))"

    def __init__(self, cursor: Any, pair: Pair, columns: Mapping[str, str]) -> None:
        self.cursor, self.columns = cursor, columns
        values = [self._value(quoted(name), kind) for name, kind in columns.items()]
        pieces = [f"coalesce(concat(cast(length({value}) as string), ':', {value}), '-')" for value in values]
        self.hash = f"md5(concat({', '.join(pieces) or chr(39) * 2}))"
        self.values = ", ".join(values) or "''"
        self.source = f"{quoted(pair.schema)}.{quoted(pair.name)} as t where {pair.where}"

    def _all(self, query: str) -> list[Any]:
        self.cursor.execute(query)
        return self.cursor.fetchall()

    def _value(self, name: str, kind: str) -> str:
        text = f"cast({name} as string)"
        if kind == "numeric":
            trimmed = f"regexp_replace(regexp_replace({text}, '0+$', ''), '[.]$', '')"
            return f"case when {text} like '%.%' then {trimmed} else {text} end"
        if kind == "timestamp without time zone":
            return f"cast(unix_micros(cast({name} as timestamp)) as string)"
        if kind.startswith("timestamp"):
            return f"cast(unix_micros({name}) as string)"
        if kind == "date":
            return f"cast(unix_date({name}) as string)"
        if kind.endswith("[]"):
            return f"array_join({name}, {literal(chr(31))}, {literal(chr(30))})"
        return text


def _whole(parts: Mapping[str, Sum]) -> Sum:
    values = list(parts.values())
    return Sum(sum(p.rows for p in values), sum(p.first for p in values), sum(p.second for p in values))


def _differences(here: _Here, there: _There, parts: list[str]) -> list[Difference]:
    """The first rows that one of the engines alone has; rows that agree in most columns are told as one."""
    parts = parts[:8]
    mine, theirs = here.hashes(parts), there.hashes(parts)
    ours = here.rows([*(mine - theirs)][:50])
    others = there.rows([*(theirs - mine)][:50])
    found, names = [], list(here.columns)
    for row in ours:
        like = max(others, key=lambda other: _alike(row, other), default=None)
        if like is not None and _alike(row, like) * 2 >= len(row):
            others.remove(like)
            differing = {n: (a, b) for n, a, b in zip(names, row, like, strict=True) if a != b}
            same = {n: a for n, a, b in zip(names, row, like, strict=True) if a == b and a is not None}
            found.append(Difference("both", same, differing))
        else:
            found.append(Difference("PostgreSQL alone", {n: a for n, a in zip(names, row, strict=True) if a}, {}))
        if len(found) >= _SHOWN:
            return found
    for row in others[: _SHOWN - len(found)]:
        found.append(Difference("Spark alone", {n: b for n, b in zip(names, row, strict=True) if b}, {}))
    return found


def _alike(row: tuple[str | None, ...], other: tuple[str | None, ...]) -> int:
    return sum(a == b for a, b in zip(row, other, strict=True))
