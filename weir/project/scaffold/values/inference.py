"""The type and the format of a column of text, from its values.

In: the values of a sample. Out: an Inferred, which holds for every value of the sample; what can't be told for sure (is
3/4/2024 in March or in April?) is a question, and the column stays text. A type is one whose values the macro `parse`
takes: what `parse` refuses, the staged model would reject.
"""

import re
from collections import Counter
from collections.abc import Sequence, Set
from dataclasses import dataclass
from itertools import islice

import orjson

from weir.project.scaffold.described import Kind
from weir.project.scaffold.values import column_names as named
from weir.project.scaffold.values.date_formats import as_dates


@dataclass(frozen=True)
class Inferred:
    """What the values are; `format` as parse takes it, `scale` the most digits after the point, `ask` a question."""

    kind: Kind
    format: str = ""
    scale: int | None = None
    ask: str = ""


_WHOLE = re.compile(r"[+-]?[0-9]{1,38}")
_NUMERIC = re.compile(r"[+-]?[0-9]{1,38}(?:[.][0-9]{1,38})?")
_DOUBLE = re.compile(r"[+-]?[0-9]+(?:[.][0-9]+)?(?:[eE][+-]?[0-9]{1,3})?")
_PADDED = re.compile(r"[+-]?0[0-9].*")
_UUID = re.compile(r"[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}")
_NIL = re.compile(r"[+-]?[0.]+(?:[eE].*)?")
_PAIRS = ({"true", "false"}, {"t", "f"}, {"yes", "no"}, {"y", "n"}, {"1", "0"})
_NO_VALUE = re.compile(
    r"\s+|-+|–|—|[?]+|[.]|n/?a[.]?|n[.]a[.]|#n/a|#(?:ref|value|div/0|name|num)[!?]|null|none|nil|nan|[-+]?inf(?:inity)?"
    r"|missing|unknown|undefined|tb[ad]|not (?:available|applicable|set)|[(<\[](?:none|null|blank|empty)[)>\]]|\\n"
    r"|0000-00-00(?:[ T]00:00:00)?",
    re.IGNORECASE,
)
_WRITTEN = {  # numbers that parse does not take, and what to ask
    re.compile(r"[+-]?[0-9]{1,3}(?:,[0-9]{3})+(?:[.][0-9]+)?|[+-]?[0-9]+(?:[.][0-9]+)?"):
        "numbers with commas between thousands: take them out by replace(…, ',', '') and parse?",
    re.compile(r"[+-]?(?:[0-9]{1,3}(?:[. ][0-9]{3})+|[0-9]+)(?:,[0-9]+)?"):
        "numbers with a decimal comma: replace it by a point, and parse?",
    re.compile(r"[+-]?[0-9.,]+ ?%"): "percentages: take out the sign and parse?",
    re.compile(r"[+-]?(?:[$€£¥]|[A-Z]{3}) ?[+-]?[0-9.,]+|[+-]?[0-9.,]+ ?(?:[$€£¥]|[A-Z]{3})"):
        "amounts with a currency's sign: take it out and parse, the currency in a column of its own?",
    re.compile(r"[+-]?(?:[0-9]*[.])?[0-9]+|[+-]?[0-9]+[.]|[(][0-9.,]+[)]|[0-9.,]+-"):
        "numbers in a form that parse does not take (.5, 5., (5) or 5-): rewrite them and parse?",
    re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9:.]{4,18} ?(?:[A-Z]{1,5}|[A-Z][a-z]+/[A-Z][A-Za-z/_]+)"):
        "moments with the name of a zone, which parse does not take: replace it by its offset, as +00?",
}  # fmt: skip


def infer(name: str, values: Sequence[str | None]) -> Inferred:
    """The type that all values have; text where there is none. An empty text is no value."""
    found = {value for value in values if value}
    if not found:
        return Inferred("text")
    sure = _sure(name, found)
    if sure:
        return sure
    ask = _placeholder(name, values, found) or _written(found) or _strays(values, found)
    return Inferred("text", ask=ask)


def _sure(name: str, found: Set[str]) -> Inferred | None:
    """The type of all the values, or a question that is about the type alone; None where they are just text."""
    one = next(iter(found))
    head = one[0]
    if head in "{[":
        return Inferred("json") if all(map(_is_json, found)) else None
    if len(found) <= 10 and (told := _boolean(name, found)):
        return told
    if not one.isascii():
        return None
    if len(one) == 36 and _all(_UUID, found):
        return Inferred("uuid")
    if head in "+-0123456789" and (number := _number(name, found)):
        return number
    dates = as_dates(name, found)
    return Inferred(dates[0], dates[1], ask=dates[2]) if dates else None


def _boolean(name: str, found: Set[str]) -> Inferred | None:
    words = {value.lower() for value in found if value.isascii()}
    if len(words) > 6 or not words <= set().union(*_PAIRS) or not all(value.isascii() for value in found):
        return None
    flag = named.is_flag(name)
    if words & {"0", "1"} and not flag:
        return None
    pairs = [pair for pair in _PAIRS if words & pair]
    both = all(pair <= words for pair in pairs)
    return Inferred("boolean") if both or flag or words <= {"true", "false"} else None


def _number(name: str, found: Set[str]) -> Inferred | None:
    if _all(_WHOLE, found):
        return _whole(name, found)
    if _all(_NUMERIC, found):
        if any(map(_PADDED.fullmatch, found)):
            return Inferred("text")
        return Inferred("numeric", scale=max(len(value.partition(".")[2]) for value in found))
    if not _all(_DOUBLE, found) or any(map(_PADDED.fullmatch, found)):
        return None
    sizes = [(value, abs(float(value))) for value in found]
    if all(size < float("inf") and (size > 0 or _NIL.fullmatch(value)) for value, size in sizes):
        return Inferred("double")
    return None


def _whole(name: str, found: Set[str]) -> Inferred:
    dates = as_dates(name, found) if named.is_date(name) else None
    if dates and dates[1]:
        return Inferred(dates[0], dates[1])
    longest = max(map(len, found))
    if any(map(_PADDED.fullmatch, found)) or named.is_code(name) or (longest > 18 and named.is_id(name)):
        return Inferred("text")
    if longest > 7 and any(value[0] == "+" for value in found):  # telephone numbers
        return Inferred("text")
    if longest <= 18 or all(-(2**63) <= int(value) < 2**63 and len(value.lstrip("+-")) <= 19 for value in found):
        return Inferred("integer")
    return Inferred("numeric", scale=0)


def _placeholder(name: str, values: Sequence[str | None], found: Set[str]) -> str:
    """The question about values such as N/A among others that have a type."""
    odd = {value for value in found if len(value) < 20 and _NO_VALUE.fullmatch(value)}
    rest = found - odd
    if not odd or not rest or len(odd) > 5:
        return ""
    told = _sure(name, rest)
    if told is None or told.kind in ("text", "json"):
        return ""
    counts = Counter(value for value in values if value in odd)
    total = sum(1 for value in values if value)
    said = " and ".join(f"{value!r} in {count:,}" for value, count in counts.most_common())
    shown = f", {told.format}" if told.format else ""
    return f"{said} of {total:,} values, the others are {told.kind}{shown}: is it NULL?"


def _written(found: Set[str]) -> str:
    """The question about numbers that are written in a form of people."""
    one = next(iter(found))
    if len(one) > 40 or not any(map(str.isdigit, one)):
        return ""
    for pattern, ask in _WRITTEN.items():
        if _all(pattern, found):
            return ask
    if any(value != value.strip() for value in found) and _sure("", {value.strip() for value in found} - {""}):
        return "blanks stand around the values: trim and parse?"
    return ""


def _strays(values: Sequence[str | None], found: Set[str]) -> str:
    """The question about a few values that are no numbers, or no dates, among many that are."""
    first = list(islice(found, 30))
    if sum(1 for value in first if _NUMERIC.fullmatch(value)) * 4 > len(first) * 3:
        odd = {value for value in found if not _NUMERIC.fullmatch(value)}
        kind = "numbers"
    elif sum(1 for value in first if (told := as_dates("", {value})) and told[0] != "text") * 4 > len(first) * 3:
        odd = {value for value in found if not ((told := as_dates("", {value})) and told[0] != "text")}
        kind = "dates"
    else:
        return ""
    if not odd or len(odd) * 10 > len(found):
        return ""
    count, total = sum(1 for value in values if value in odd), sum(1 for value in values if value)
    return f"{count:,} of {total:,} values are no {kind}, the others are: reject them?"


def _all(pattern: re.Pattern[str], found: Set[str]) -> bool:
    return all(map(pattern.fullmatch, found))


def _is_json(value: str) -> bool:
    try:
        orjson.loads(value)
    except orjson.JSONDecodeError:
        return False
    return "\\u0000" not in value
