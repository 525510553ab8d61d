"""What the describers of databases share: counts of rows that break a test, choices of a sample, faults in one line.

In: a described table and tests. Out: SQLAlchemy's selects, which each describer runs in its own dialect and within its
own limit of time.
"""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Any
from urllib.parse import unquote, urlsplit

import sqlalchemy as sa

from ingest.connectors.compared import as_compared, broken
from ingest.faults import one_line
from weir.core.errors import WeirError
from weir.project.plan import Source
from weir.project.scaffold.described import Column, Counted, Table, Test

# Runs a select for at most so many seconds; returns its row, or None where time ran out.
Run = Callable[[Any, float], Sequence[Any] | None]
DESCRIBED = 120  # seconds that one query of the catalog may take
SAMPLED = 30  # seconds that a sample may take
LETTERS = 100_000  # of a text that a sample holds


def source_of(connection: str) -> Source:
    """The source that a describer stands for: its faults name the variable of its address."""
    return Source(name=connection.removesuffix("_URL").lower(), connection=connection)


@contextmanager
def told(source: Source, url: str, *kinds: type[Exception]) -> Iterator[None]:
    """Turn faults of these kinds into one WeirError line, without the password of the address."""
    try:
        yield
    except Exception as fault:
        if not isinstance(fault, (WeirError, OSError, *kinds)):
            raise
        line = one_line(fault, source).removeprefix(f"{source.name}: ")
        secret = urlsplit(url).password or ""
        for form in {secret, unquote(secret)} - {""}:
            line = line.replace(form, "***")
        raise WeirError(line) from None


def named(table: Table) -> Any:
    """The table in SQLAlchemy's words; every name is quoted."""
    columns: list[Any] = [sa.column(_quoted(column.name)) for column in table.columns]
    return sa.table(_quoted(table.name), *columns, schema=_quoted(table.schema) if table.schema else None)


def pick(rows: list[Any], most: int) -> list[Any]:
    """So many of the rows, evenly spread over them."""
    return rows if len(rows) <= most else [rows[number * len(rows) // most] for number in range(most)]


def count(table: Table, tests: Sequence[Test], seconds: float, run: Run, dialect: str) -> Counted:
    """Count rows and tests: one pass for all tests of one row, one query for each key and each foreign key."""
    end = time.monotonic() + seconds
    source = named(table)
    columns = {column.name: column for column in table.columns}
    found: dict[int, int | None] = {}
    single = {number: made for number, test in enumerate(tests) if test.what not in {"repeated", "orphaned"}
              if (made := broken(test, source, columns, dialect)) is not None}  # fmt: skip
    rows = _together(source, single, found, run, end)
    if rows is not None:
        for number, test in enumerate(tests):
            if test.what in {"repeated", "orphaned"}:
                found[number] = _alone(_over_rows(test, source, columns, dialect), run, end)
    return Counted(table.rows if rows is None else rows, tuple(found.get(number) for number in range(len(tests))))


def _together(source: Any, single: dict[int, Any], found: dict[int, int | None], run: Run, end: float) -> int | None:
    """Count the rows, and in the same pass the rows that break each test; None where time ran out."""
    whole = sa.func.count().label("rows")
    sums = [sa.func.coalesce(sa.func.sum(sa.case((made, 1), else_=0)), 0) for made in single.values()]
    try:
        row = run(sa.select(whole, *sums).select_from(source), end - time.monotonic())
    except WeirError:  # a predicate that the source can't follow spoils only itself
        row = run(sa.select(whole).select_from(source), end - time.monotonic())
        for number, made in single.items():
            found[number] = _alone(sa.select(sa.func.count()).select_from(source).where(made), run, end)
        return None if row is None else int(row[0])
    if row is None:
        return None
    found.update({number: int(value) for number, value in zip(single, row[1:], strict=True)})
    return int(row[0])


def _alone(query: Any, run: Run, end: float) -> int | None:
    left = end - time.monotonic()
    if query is None or left <= 0:
        return None
    try:
        row = run(query, left)
    except WeirError:
        return None
    return None if row is None else int(row[0] or 0)


def _over_rows(test: Test, source: Any, columns: dict[str, Column], dialect: str) -> Any:
    """The query that counts repeated keys, or rows without a parent."""
    if test.what == "repeated":
        values = [as_compared(source.c[name], columns[name], test, dialect) for name in test.columns]
        groups = sa.select((sa.func.count() - 1).label("more")).select_from(source)
        groups = groups.where(*(value.is_not(None) for value in values)).group_by(*values)
        inner = groups.having(sa.func.count() > 1).subquery("repeated")
        return sa.select(sa.func.coalesce(sa.func.sum(inner.c.more), 0))
    if not test.key:
        return None
    key = test.key
    parent = named(Table(key.table, key.schema, columns=[Column(name, "other") for name in key.parents])).alias(
        "parent"
    )
    child = source.alias("child")
    pairs = [parent.c[there] == child.c[here] for here, there in zip(key.columns, key.parents, strict=True)]
    given = [child.c[name].is_not(None) for name in key.columns]
    has = sa.exists().select_from(parent).where(*pairs).correlate(child)
    return sa.select(sa.func.count()).select_from(child).where(*given, ~has)


def without_rights(table: Table, why: str) -> None:
    """Leave the table out, with what to do about it."""
    table.left_out = table.left_out or f"the account may not read it: {why}"


def note(column: Column, text: str) -> Column:
    """The column with one more note."""
    return replace(column, note="; ".join(filter(None, [column.note, text])))


def _quoted(name: str) -> sa.quoted_name:
    return sa.quoted_name(name, quote=True)
