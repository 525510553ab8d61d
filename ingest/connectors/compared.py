"""Tests of one row as SQL: which rows break this? For columns of any type, and for dates and numbers kept as text.

In: a test and the table's columns. Out: SQLAlchemy's expressions. A text that is no date or number breaks no test.
"""

import re
from datetime import timedelta
from typing import Any

import sqlalchemy as sa

from weir.core.settings import as_of
from weir.project.scaffold.described import Column, Test

_MOMENTS = {"date", "timestamp", "timestamptz"}
_NUMBERS = {"integer", "numeric", "double"}
_WIDTHS = {"YYYY": 4, "MM": 2, "DD": 2, "HH24": 2, "MI": 2, "SS": 2}
_WORD = re.compile("|".join(_WIDTHS))


def broken(test: Test, source: Any, columns: dict[str, Column], dialect: str) -> Any:
    """The predicate of the rows that break the test; None where it can't be said in this dialect."""
    if test.what == "breaks":
        return sa.literal_column(f"({test.check})", sa.Boolean()).is_(sa.false())
    values = [as_compared(source.c[name], columns[name], test, dialect) for name in test.columns]
    if any(value is None for value in values):
        return None
    if test.what == "missing":
        return values[0].is_(None)
    if test.what == "negative":
        return values[0] < 0
    if test.what == "before":
        return values[0] < _moment(test.value)
    if test.what == "after":
        return values[0] > _moment(test.value)
    return values[0] > values[1]


def as_compared(value: Any, column: Column, test: Test, dialect: str) -> Any:
    """The column's expression to compare: its own type, or a number or an ISO text made of its text; None: no way."""
    if dialect == "mysql" and column.kind in _MOMENTS:  # 0000-00-00 is no date
        return sa.case((sa.cast(value, sa.CHAR).not_like("0000-00-00%"), value))
    is_text = column.kind == "text" or dialect == "sqlite"
    if not is_text or test.kind == "text":
        return value
    given = sa.func.nullif(sa.func.trim(value), "")
    if test.kind in _NUMBERS:
        return _number(given, dialect)
    if test.kind in _MOMENTS and test.format:
        return _as_iso(given, test.format)
    return given


def _number(given: Any, dialect: str) -> Any:
    if dialect != "postgresql":
        return given + sa.literal_column("0")
    return sa.case((given.regexp_match(r"^[-+]?[0-9]+([.][0-9]*)?$"), sa.cast(given, sa.Numeric)))


def _as_iso(given: Any, format: str) -> Any:
    """The text with its parts in the order of ISO 8601, where each part of the format has a fixed width."""
    places: dict[str, int] = {}
    mask, at = "", 0
    while at < len(format):
        word = _WORD.match(format, at)
        if not word and (format[at].isalpha() or format[at] in '"_%'):
            return None  # words such as Mon or FMDD have no fixed width
        if word:
            places[word[0]] = len(mask) + 1
        mask += "_" * _WIDTHS[word[0]] if word else format[at]
        at = word.end() if word else at + 1
    if not {"YYYY", "MM", "DD"} <= places.keys():
        return None
    made: Any = None
    for name, lead in (("YYYY", ""), ("MM", "-"), ("DD", "-"), ("HH24", " "), ("MI", ":"), ("SS", ":")):
        if name in places:
            part = sa.func.substr(given, places[name], _WIDTHS[name])
            made = part if made is None else made.concat(_text(lead)).concat(part)
    return sa.case((given.like(mask), made))


def _moment(value: str) -> Any:
    """The moment as text; `tomorrow` is a day after the present one."""
    return _text((as_of() + timedelta(days=1)).isoformat(" ")[:19] if value == "tomorrow" else value)


def _text(value: str) -> Any:
    return sa.literal(value, sa.Text())
