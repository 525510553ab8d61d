"""Formats of dates and times in text, proven by the values.

In: the distinct values of a column. Out: the kind, and the format in parse's words; ISO 8601 needs none. Which number
is the day and which the month is proven by a number over 12 alone.
"""

import re
from collections.abc import Sequence, Set
from datetime import date

from weir.project.scaffold.described import Kind
from weir.project.scaffold.values.column_names import is_date, is_lasting

_MONTHS = ("January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
           "December")  # fmt: skip
_NUMBER = {each[:size].lower(): n for n, each in enumerate(_MONTHS, 1) for size in (3, len(each))}
_MON = "((?i:" + "|".join(sorted(_NUMBER, key=len, reverse=True)) + "))"
_ISO = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_MOMENT = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2})[T ](?:[01][0-9]|2[0-3]):[0-5][0-9](?::[0-5][0-9]"
                     r"(?:[.][0-9]{1,9})?)?(Z|[+-](?:0[0-9]|1[0-4])(?::?[0-5][0-9])?)?")  # fmt: skip
_TIME = re.compile(r"(?:[01][0-9]|2[0-3]):[0-5][0-9](?::[0-5][0-9](?:[.][0-9]{1,6})?)?")
_HOURS = r"([0-9]{1,2}):([0-5][0-9])(:[0-5][0-9])?([.][0-9]{1,9})?(?:( ?)([AaPp][Mm]))?"
_CLOCK = rf"(?:(, | ){_HOURS})?"
_CLOCKS = re.compile(_HOURS)
# the groups of each: three parts of the date and what stands between them; then those of the time
_SHAPES = {
    "year": re.compile(r"([0-9]{4})([-/.])([0-9]{1,2})(\2)([0-9]{1,2})" + _CLOCK),
    "numbers": re.compile(r"([0-9]{1,2})([-/.])([0-9]{1,2})(\2)([0-9]{4}|[0-9]{2})" + _CLOCK),
    "day": re.compile(r"([0-9]{1,2})([- /])" + _MON + r"(\2|, )([0-9]{4})" + _CLOCK),
    "month": re.compile(_MON + r"( )([0-9]{1,2})(,? )([0-9]{4})" + _CLOCK),
}
_PACKED = re.compile(r"(?:19|20)[0-9]{6}")
Told = tuple[Kind, str, str]
CENTURY = "years have two digits, and parse takes four: which century?"
CLOCKS = "times in several forms, or beyond 23:59:59: no format of parse takes them all"
MIXED = "dates in several forms: no format of parse takes them all"


def as_dates(name: str, found: Set[str]) -> Told | None:
    """Kind, format and question of values that are all dates, moments or times; None where some are none."""
    one = next(iter(found))
    if (not one[:1].isdigit() and one[:3].lower() not in _NUMBER) or len(one) > 40:
        return None
    if ":" in one[:3]:
        return None if is_lasting(name) else _times(found)
    if one.isdigit():
        packed = is_date(name) and all(map(_PACKED.fullmatch, found))
        return ("date", "YYYYMMDD", "") if packed and _real({(v[:4], v[4:6], v[6:]) for v in found}) else None
    if _ISO.match(one) and (told := _iso(found)):
        return told
    for shape, pattern in _SHAPES.items():
        if pattern.fullmatch(one):
            return _shaped(shape, pattern, found)
    return None


def _iso(found: Set[str]) -> Told | None:
    if all(map(_ISO.fullmatch, found)):
        return ("date", "", "") if _real({tuple(value.split("-")) for value in found}) else None
    matches = [_MOMENT.fullmatch(value) for value in found]
    zones, days = set(), set()
    for match in matches:
        if match is None:
            return None
        zones.add(match[2] is not None)
        days.add(match[1])
    if not _real({tuple(day.split("-")) for day in days}):
        return None
    if len(zones) > 1:
        return "timestamptz", "", "some values say their zone, the others are taken for UTC: are they?"
    return ("timestamptz" if zones == {True} else "timestamp"), "", ""


def _times(found: Set[str]) -> Told | None:
    if all(map(_TIME.fullmatch, found)):
        return "time", "", ""
    matches = [_CLOCKS.fullmatch(value) for value in found]
    rows = [match.groups() for match in matches if match]
    clock = _clock(rows) if len(rows) == len(matches) else None
    return ("time", clock, "") if clock else None


def _shaped(shape: str, pattern: re.Pattern[str], found: Set[str]) -> Told | None:
    matches = [pattern.fullmatch(value) for value in found]
    rows = [match.groups() for match in matches if match]
    if len(rows) < len(matches):
        dates = all(any(each.fullmatch(value) for each in _SHAPES.values()) for value in found)
        return ("text", "", MIXED) if dates else None
    first, sep, second, sep2, third, *clocks = (list(each) for each in zip(*rows, strict=True))
    if len(set(sep)) > 1 or len(set(sep2)) > 1 or len(set(clocks[0])) > 1:
        return "text", "", MIXED
    clock = ""
    if clocks[0][0]:
        told = _clock([tuple(row[6:]) for row in rows])
        if told is None:
            return "text", "", CLOCKS
        clock = clocks[0][0] + told
    parts = _parts(shape, first, second, third)
    if isinstance(parts, str):
        return "text", "", parts.format(a=sep[0])
    words, days = parts
    if not _real(days):
        return None
    format_ = words[0] + sep[0] + words[1] + sep2[0] + words[2] + clock
    return ("timestamp" if clock else "date"), format_, ""


def _parts(shape: str, a: list[str], b: list[str], c: list[str]) -> tuple[list[str], set[tuple[str, ...]]] | str:
    """The words of a date's three parts, and the days as year, month, day; a question where they are not proven."""
    if shape == "year":
        if any(int(n) > 12 for n in b):
            return ["YYYY", _wide("DD", b, c), _wide("MM", c, b)], set(zip(a, c, b, strict=True))
        return ["YYYY", _wide("MM", b, c), _wide("DD", c, b)], set(zip(a, b, c, strict=True))
    if shape in ("day", "month"):
        names, days = (b, a) if shape == "day" else (a, b)
        long = any(len(name) > 3 for name in names)
        if long and any(len(name) == 3 and name.lower() != "may" for name in names):
            return MIXED
        months = [str(_NUMBER[name.lower()]) for name in names]
        words = ["Month" if long else "Mon", _wide("DD", days)]
        return [*(words if shape == "month" else words[::-1]), "YYYY"], set(zip(c, months, days, strict=True))
    if any(len(year) == 2 for year in c):
        return CENTURY
    over = [any(int(n) > 12 for n in part) for part in (a, b)]
    if over == [True, True]:
        return "day first in some values, month first in others: which is which?"
    if over == [False, False]:
        return "day first or month first? No number over 12 says it: DD{a}MM{a}YYYY or MM{a}DD{a}YYYY"
    if over[0]:
        return [_wide("DD", a, b), _wide("MM", b, a), "YYYY"], set(zip(c, b, a, strict=True))
    return [_wide("MM", a, b), _wide("DD", b, a), "YYYY"], set(zip(c, a, b, strict=True))


def _clock(rows: list[tuple[str, ...]]) -> str | None:
    """The format of times of the day; None where no format takes them all. Rows: hour, minute, second, fraction, …"""
    hours, _, seconds, fractions, blanks, halves = (list(each) for each in zip(*rows, strict=True))
    kinds = [{bool(value) for value in part} for part in (seconds, halves)]
    if any(len(kind) > 1 for kind in kinds) or len(set(blanks)) > 1:
        return None
    half = kinds[1] == {True}
    if any(fractions) and (half or kinds[0] != {True}):
        return None
    if not all(1 <= int(hour) <= 12 if half else int(hour) < 24 for hour in hours):
        return None
    said = _wide("HH12" if half else "HH24", hours) + ":MI" + (":SS" if kinds[0] == {True} else "")
    return said + (f"{blanks[0]}AM" if half else "")


def _wide(word: str, numbers: list[str], beside: Sequence[str] = ()) -> str:
    """The word for numbers of two digits where some, or those beside them, begin with 0; else for one or two digits."""
    padded = any(n[0] == "0" for n in (*numbers, *beside)) and all(len(n) == 2 for n in (*numbers, *beside))
    return word if padded else f"FM{word}"


def _real(days: Set[tuple[str, ...]]) -> bool:
    """Whether all these are days of the calendar: year, month, day."""
    try:
        for year, month, day in days:
            date(int(year), int(month), int(day))
    except ValueError:
        return False
    return True
