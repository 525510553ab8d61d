"""Where a kind of fault can be: the columns of a table that suit it, and how they write dates.

In: a Place. Out: names of columns, patterns of dates.
"""

import re
from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal

from benchmarks.guards.change import Place

_NUMBERS = {"integer", "numeric", "double"}
_DATES = {"date", "timestamp", "timestamptz"}
_WORDS = {"YYYY": "%Y", "MM": "%m", "DD": "%d", "HH24": "%H", "MI": "%M", "SS": "%S", "FMMM": "%m", "FMDD": "%d",
          "FMHH24": "%H"}  # fmt: skip


def amounts(place: Place) -> Iterable[str]:
    """Numbers that count or measure something, and are not negative."""
    for name, kind in place.kinds.items():
        plain = name not in place.key and name not in place.foreign and not re.search(r"(?i)(_|^)id$|Id$|ID$", name)
        if kind in _NUMBERS and plain:
            values = [as_number(value) for value in place.values(name)]
            if len(values) >= 20 and min(values) >= 0 and len(set(values)) > 2:
                yield name


def words(place: Place) -> Iterable[str]:
    """Texts of few values."""
    for name in _texts(place):
        found = set(place.values(name))
        enum = next(c.values for c in place.table.columns if c.name == name)
        if enum or (1 < len(found) <= 20 and len(place.rows) >= 20 * len(found)):
            yield name


def texts(place: Place) -> Iterable[str]:
    """Texts of many values."""
    few = set(words(place))
    return [name for name in _texts(place) if name not in few and len(set(place.values(name))) >= 20]


def _texts(place: Place) -> list[str]:
    return [n for n, kind in place.kinds.items() if kind == "text" and n not in place.key and n not in place.foreign]


def dates(place: Place) -> list[str]:
    """Dates and moments."""
    there = [name for name, kind in place.kinds.items() if kind in _DATES and name not in place.key]
    return [name for name in there if len(place.values(name)) >= 20]


def moments(place: Place) -> list[str]:
    """Moments with an hour."""
    return [n for n in dates(place) if place.kinds[n] != "date"]


def checked(place: Place) -> list[str]:
    """Columns of a check of the catalog that names no other column."""
    return [name for name in place.kinds if any(bounds(check.sql, name) for check in place.table.checks)]


def required(place: Place) -> list[str]:
    """Columns that are never NULL, by the catalog or so far."""
    own = {c.name for c in place.table.columns if not c.nullable}
    full = {n for n in place.kinds if len(place.values(n)) == len(place.rows)} if not own - set(place.key) else own
    return [name for name in place.kinds if name in full and name not in place.key]


def foreign(place: Place) -> list[str]:
    """Columns that refer to another table."""
    return list(place.foreign)


def unique(place: Place) -> list[str]:
    """Columns beside the key that hold every value once, by the catalog."""
    return [each[0] for each in place.table.unique if len(each) == 1 and each != place.key]


def key(place: Place) -> list[str]:
    """The first column of the key."""
    return [name for name in place.key[:1] if len(place.rows) >= 20]


def whole(place: Place) -> list[str]:
    """The table as a whole."""
    return [""] if len(place.rows) >= 50 else []


def plain(place: Place) -> list[str]:
    """Columns that neither identify a row nor refer to one."""
    return [n for n in place.kinds if n not in place.key and n not in place.foreign and len(place.values(n)) >= 20]


def pattern_of(place: Place, column: str, value: str) -> str:
    """The pattern of strftime in which the column holds its dates."""
    if form := place.formats.get(column):
        return re.sub("|".join(sorted(_WORDS, key=len, reverse=True)), lambda found: _WORDS[found[0]], form)
    return "%Y-%m-%d" if len(value) == 10 else "%Y-%m-%d %H:%M:%S" + ("+00" if value.endswith("+00") else "")


def as_iso(place: Place, column: str, value: str) -> str:
    """The date in ISO 8601, without a zone."""
    if place.formats.get(column):
        return datetime.strptime(value, pattern_of(place, column, value)).isoformat()
    return value[:19]


def pairs(place: Place) -> list[tuple[str, str]]:
    """Columns of two dates, of which the first is never after the second."""
    found = []
    names = dates(place)
    for first in names:
        for second in names:
            both = [(as_iso(place, first, a), as_iso(place, second, b)) for row in place.rows
                    if (a := row[first]) and (b := row[second])]  # fmt: skip
            named = re.search(r"(?i)end|ship|return|due|close|requir|until|expir", second)
            if first != second and len(both) >= 20 and named and all(a <= b for a, b in both):
                found.append((first, second))
    return found


def bounds(sql: str, column: str) -> list[Decimal]:
    """Values just outside of the bounds that the check sets to the column alone."""
    found = []
    for name, sign, value in re.findall(r"\"?(\w+)\"?\)?(?:::\w+)? (>=|>|<=|<) \(?'?(-?[\d.]+)'?", sql):
        if name == column:
            found.append(Decimal(value) + (-1 if ">" in sign else 1))
    return found


def is_enum(place: Place, column: str) -> bool:
    """Whether the catalog lists the column's values."""
    return any(c.values for c in place.table.columns if c.name == column)


def is_mail(place: Place, column: str) -> bool:
    """Whether the column holds addresses of e-mail."""
    values = place.values(column)
    return bool(values) and sum("@" in value for value in values) > 0.9 * len(values)


def as_number(value: str) -> Decimal:
    """The text as a number; 0 where it is none."""
    try:
        return Decimal(value)
    except ArithmeticError:
        return Decimal(0)
