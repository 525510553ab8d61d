"""HTML by small functions that escape whatever is not HTML already, so that no value can become markup.

In: texts and values. Out: `Html`.
"""

from collections.abc import Iterable
from datetime import UTC, date, datetime
from decimal import Decimal
from html import escape

from weir.core.secrets import printable

_VOID = {"meta", "link", "br", "hr"}


class Html(str):
    """Text that is HTML already."""

    __slots__ = ()


def text_of(value: object) -> Html:
    """The value, escaped and without secrets, unless it is HTML already."""
    return value if isinstance(value, Html) else Html(escape(printable(shown(value)), quote=True))


def el(tag: str, /, *children: object, **attributes: object) -> Html:
    """An element. `class_` and `for_` are written without the line, `data_x` as data-x; None and False leave out."""
    told = "".join(
        f" {key.rstrip('_').replace('_', '-')}" + ("" if value is True else f'="{text_of(value)}"')
        for key, value in attributes.items()
        if value is not None and value is not False
    )
    if tag in _VOID:
        return Html(f"<{tag}{told}>")
    return Html(f"<{tag}{told}>{''.join(map(text_of, children))}</{tag}>")


def joined(parts: Iterable[object], between: str = "") -> Html:
    """The parts one after the other."""
    return Html(text_of(between).join(text_of(part) for part in parts))


def shown(value: object) -> str:
    """The value as a person reads it."""
    if value is None:
        return "–"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return f"{value:,}"
    if isinstance(value, Decimal):
        return f"{value:,.2f}".removesuffix(".00") if value.is_finite() else str(value)
    if isinstance(value, datetime):
        return moment(value)
    if isinstance(value, date):
        return f"{value.day} {value:%B %Y}"
    return str(value)


def moment(value: datetime) -> str:
    """A moment in UTC: 1 July 2026, 06:00 UTC."""
    value = value.astimezone(UTC)
    return f"{value.day} {value:%B %Y, %H:%M} UTC"


def when(value: datetime | None, is_aging: bool = False) -> Html:
    """A moment as an element; the page says how long ago it was, where the words may grow old."""
    if value is None:
        return Html("–")
    at = value.astimezone(UTC)
    short = moment(value) if is_aging else f"{at:%Y-%m-%d %H:%M}"
    return el("time", short, datetime=f"{at:%Y-%m-%dT%H:%M:%SZ}", data_ago=is_aging)


def size(value: int | None) -> str:
    """Bytes in the largest unit of which there is one."""
    if value is None:
        return "–"
    amount, sign = float(abs(value)), "-" if value < 0 else ""
    for unit in ("bytes", "kB", "MB", "GB", "TB"):
        if amount < 1000 or unit == "TB":
            break
        amount /= 1000
    return f"{sign}{amount:,.0f} {unit}" if amount >= 100 or unit == "bytes" else f"{sign}{amount:,.1f} {unit}"


def table(caption: str, columns: list[str], rows: Iterable[Iterable[object]], **attributes: object) -> Html:
    """A table that scrolls within itself; a column whose name ends in # holds numbers."""
    right = ["n" if name.endswith("#") else None for name in columns]
    names = zip(columns, right, strict=True)
    head = el("tr", *(el("th", name.removesuffix("#"), scope="col", class_=side) for name, side in names))
    body = [
        el(
            "tr",
            el("th", first, scope="row", class_=right[0]),
            *(el("td", cell, class_=side) for cell, side in zip(rest, right[1:], strict=True)),
        )
        for first, *rest in rows
    ]
    made = el("table", el("caption", caption), el("thead", head), el("tbody", *body), **attributes)
    return el("div", made, class_="scroll", role="region", aria_label=caption, tabindex="0")


def folded(title: object, *children: object, **attributes: object) -> Html:
    """A part that is shown when it is asked for."""
    return el("details", el("summary", title), *children, **attributes)


def mark(level: str, word: object) -> Html:
    """A state in colour, sign and word: good, look or stop."""
    sign = el("span", {"good": "✓", "look": "!", "stop": "✕"}.get(level, "·"), aria_hidden="true")
    return el("span", sign, " ", word, class_=f"mark {level}")
