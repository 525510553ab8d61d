"""Finds in sqlglot's syntax tree what only PostgreSQL knows: types, functions, windows, divisions, sums of dates."""

import re
from collections.abc import Iterator
from typing import NamedTuple

from sqlglot import exp

from tests.support.portable.templates import CALL, TYPE
from tests.support.portable.words import (
    ARRAY,
    DATES,
    FAMILIES,
    FIELDS,
    FUNCTIONS,
    JSON,
    MOMENTS,
    PORTABLE,
    RENAMED,
    TYPES,
)

_DIGITS = "engines keep other digits: write"
_BETWEEN = "write {{ days_between(…) }}, {{ hours_between(…) }} or {{ seconds_between(…) }}"
_TEXTS = (exp.Lower, exp.Upper, exp.Trim, exp.Substring, exp.SplitPart, exp.ConcatWs)
_NAMED_TIME = re.compile(r".*(_at|_on|_date|_day)")


class Find(NamedTuple):
    """A find: its offset in the SQL, and what to write instead."""

    offset: int
    what: str
    instead: str


def in_tree(tree: exp.Expression, sql: str) -> Iterator[Find]:
    """Find in the tree of the SQL what one engine alone knows."""
    for node in tree.walk():
        for what, instead in _of_node(node, sql):
            yield Find(_place(node), what, instead)


def _of_node(node: exp.Expression, sql: str) -> Iterator[tuple[str, str]]:
    if isinstance(node, exp.Cast):
        yield from _cast(node)
    elif isinstance(node, exp.Window) and isinstance(node.this, exp.Filter):
        called = node.this.this.sql("postgres").lower()
        yield f"{called} filter (…) over (…)", "Spark refuses it: write sum(case when … then … end) over (…)"
    elif isinstance(node, exp.Distinct) and node.args.get("on"):
        yield "`distinct on`", "write row_number() over (partition by … order by …), and keep the rows that have 1"
    elif isinstance(node, exp.CTE) and node.args.get("materialized") is not None:
        yield "`as materialized`", "a hint for PostgreSQL that Spark refuses: write `as (`"
    elif isinstance(node, exp.AtTimeZone):
        yield (
            "`at time zone`",
            "write {{ utc_date('moment') }}, {{ day_start('date') }}, or {{ parse('time', 'timestamp') }}",
        )
    elif isinstance(node, (exp.Array, exp.Bracket, exp.Any)):
        yield "an array", ARRAY
    elif isinstance(node, exp.Interval):
        yield from _interval(node)
    elif isinstance(node, exp.Extract) and node.name.lower() not in FIELDS:
        instead = "write {{ seconds_between(…) }} for seconds; the day of the week is a column of dim_dates"
        yield f"extract({node.name.lower()} from …)", instead
    elif isinstance(node, exp.Div):
        yield from _division(node)
    elif isinstance(node, exp.Avg) and not _in_cast(node):
        yield "avg(…) without a cast around it", f"{_DIGITS} cast(avg(…) as numeric(14, 2))"
    elif isinstance(node, exp.Round) and not isinstance(node.args.get("decimals"), (exp.Literal, type(None))):
        yield "round(…) to digits from a column", "Spark wants a constant: write {{ rounded(number, digits) }}"
    elif isinstance(node, (exp.Add, exp.Sub)):
        yield from _arithmetic(node)
    elif isinstance(node, exp.Ordered) and _is_text(node.this):
        yield "an order by text", "each machine sorts text otherwise: write {{ byte_order(…) }}"
    elif isinstance(node, exp.Func) and "start" in node.meta:
        name = sql[node.meta["start"] : node.meta["end"] + 1].lower()
        known = name in PORTABLE or name in FUNCTIONS or name.startswith((CALL, *FAMILIES))
        if not known and name.isidentifier():
            instead = "try it there; if both give the same, add it to PORTABLE in tests/support/portable/words.py"
            yield f"{name}(…), which was not tried on Spark yet", instead


def _cast(node: exp.Cast) -> Iterator[tuple[str, str]]:
    name, _, digits = node.to.sql("postgres").lower().partition("(")
    word = {"decimal": "numeric", "timestamptz": "timestamp with time zone"}.get(name.strip(), name.strip())
    if word == TYPE or (word in TYPES and (word != "numeric" or digits)):
        return
    instead = f"Spark has no such type: write cast(… as {{{{ sql_type('{word if word in RENAMED else 'text'}') }}}})"
    if word == "numeric":
        instead = "engines keep other digits: say how many, numeric(14, 2)"
    elif word.endswith("[]"):
        instead = ARRAY
    elif word == "timestamp":
        instead = (
            "only on Spark it has a zone: write {{ day_start('date') }} or {{ sql_type('timestamp with time zone') }}"
        )
    elif word.startswith("json"):
        instead = JSON
    yield f"cast(… as {word})", instead


def _interval(node: exp.Interval) -> Iterator[tuple[str, str]]:
    written = " ".join(part.name for part in (node.this, node.args.get("unit")) if part is not None).lower()
    units = re.findall(r"[a-z]+", written)
    if len(units) > 1:
        yield f"interval '{written}'", "Spark wants one unit: write interval '36 hours'"
    elif units and units[0].rstrip("s") in {"month", "mon", "year"}:
        yield f"interval '{written}'", "its type differs: write {{ add_months(…) }}"
    elif not units:
        yield f"interval '{written}'", "only PostgreSQL guesses the unit: write interval '1 day'"


def _division(node: exp.Div) -> Iterator[tuple[str, str]]:
    whole = node.find_ancestor(exp.Floor, exp.Ceil, exp.Select)
    if not (_in_cast(node) or isinstance(whole, (exp.Floor, exp.Ceil))):
        yield "`/` without a cast around it", f"{_DIGITS} {{{{ ratio(part, whole) }}}} or cast(… as numeric(14, 2))"
    elif not any(_is_decimal(part) for part in (node.left, node.right)):
        instead = "of two integers PostgreSQL cuts, Spark does not: write / 2.0, or cast one to numeric(18, 4) first"
        yield "`/` of what may be two integers", instead


def _arithmetic(node: exp.Add | exp.Sub) -> Iterator[tuple[str, str]]:
    sides = [side.unnest() for side in (node.left, node.right)]
    if any(isinstance(side, exp.Interval) for side in sides):
        return
    is_minus = isinstance(node, exp.Sub)
    if any(_is_time(side) for side in sides):
        yield "a moment or date and a sign", _BETWEEN if is_minus else "write {{ add_days(…) }} or {{ add_months(…) }}"
    elif is_minus and all(isinstance(side, exp.Column) and _NAMED_TIME.fullmatch(side.name.lower()) for side in sides):
        yield f"{sides[0].name} - {sides[1].name}", _BETWEEN


def _is_time(node: exp.Expression) -> bool:
    """Whether the SQL shows that the expression is a date or a moment."""
    if isinstance(node, exp.Cast):
        return node.to.this in (exp.DataType.Type.DATE, exp.DataType.Type.TIMESTAMP, exp.DataType.Type.TIMESTAMPTZ)
    return isinstance(node, exp.Anonymous) and node.name.lower().removeprefix(CALL) in DATES | MOMENTS


def _is_text(node: exp.Expression) -> bool:
    """Whether the SQL shows that the expression is text."""
    if isinstance(node, exp.Cast):
        return node.to.this in (exp.DataType.Type.TEXT, exp.DataType.Type.VARCHAR)
    return isinstance(node, _TEXTS) or (isinstance(node, exp.Anonymous) and node.name.lower() == CALL + "json_text")


def _is_decimal(node: exp.Expression) -> bool:
    """Whether a part of a division is seen to be no integer: a cast, a number with a point, or what a macro gives."""
    return any(
        (isinstance(part, exp.Cast) and part.to.this == exp.DataType.Type.DECIMAL)
        or (isinstance(part, exp.Literal) and not part.is_string and "." in part.name)
        or (isinstance(part, exp.Anonymous) and part.name.startswith(CALL))
        for part in node.walk()
    )


def _in_cast(node: exp.Expression) -> bool:
    """Whether a cast stands around it, in the same select."""
    return isinstance(node.find_ancestor(exp.Cast, exp.Select), exp.Cast)


def _place(node: exp.Expression) -> int:
    """The offset of the first word of the node that sqlglot knows the place of; of what stands around it, else."""
    around: exp.Expression | None = node
    while around is not None:
        places = [part.meta["start"] for part in around.walk() if "start" in part.meta]
        if places:
            return min(places)
        around = around.parent
    return 0
