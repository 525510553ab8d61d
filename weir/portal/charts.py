"""Charts: the data that the page's script draws, and the same as a table for whoever can't see a drawing.

In: rows. Out: `Drawn`: what the script gets as JSON, and the HTML of the chart's place and of its table.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from weir.portal.declared import Chart
from weir.portal.html import Html, el, folded, shown, table
from weir.portal.reading import Row

_EXACT = 2**53  # a browser knows no larger whole number


@dataclass
class Drawn:
    """The charts of the page so far, as the script gets them."""

    specs: list[dict[str, Any]] = field(default_factory=list)

    def chart(
        self,
        kind: str,
        title: str,
        x: Sequence[object],
        series: Sequence[tuple[str, Sequence[object]]],
        unit: str = "",
        note: str = "",
        level: str = "h3",
        low: bool = False,
        cut: float | None = None,
    ) -> Html:
        """A chart of kind line, bars or stacked, with its table; `low` makes it half as high.

        `cut` is the value at which the axis ends, for a bar that would dwarf all others.
        """
        number = len(self.specs)
        labels = _labels(x)
        self.specs.append(
            {
                "id": f"c{number}",
                "kind": kind,
                "title": title,
                "x": labels,
                "series": [{"name": name, "values": [_number(value) for value in values]} for name, values in series],
                "unit": unit,
                "cut": cut,
            }
        )
        rows = [[label, *(_cell(values[at], unit) for _, values in series)] for at, label in enumerate(labels)]
        drawing = el(
            "div", id=f"c{number}", class_="chart low" if low else "chart", role="img", aria_label=f"Chart: {title}"
        )
        return el(
            "figure",
            el("figcaption", el(level, title), el("p", note, class_="note") if note else ""),
            drawing,
            folded("The numbers", table(title, ["", *(f"{name}#" for name, _ in series)], reversed(rows))),
        )


def of_mart(drawn: Drawn, chart: Chart, rows: Sequence[Row]) -> Html:
    """The chart that a mart declares; an empty mart has a sentence instead."""
    if not rows:
        return empty(chart.title, "The mart has no rows.")
    if chart.chart == "table":
        cells = [[_listed(name, row[name], chart.unit) for name in chart.y] for row in rows]
        numeric = [any(isinstance(row[name], int | Decimal) for row in rows) for name in chart.y]
        names = [_words(name) + ("#" if is_number else "") for name, is_number in zip(chart.y, numeric, strict=True)]
        return el("figure", _caption(chart), table(chart.title, names, cells))
    if chart.chart == "cohorts":
        return el("figure", _caption(chart), _cohorts(chart, rows))
    if chart.by:
        places, series = parted(rows, chart.x, chart.by, chart.y[0])
    else:
        places = [row[chart.x] for row in rows]
        series = [(_words(name), [row[name] for row in rows]) for name in chart.y]
    return drawn.chart(chart.chart, chart.title, places, series, chart.unit, chart.note)


def empty(title: str, why: str, level: str = "h3") -> Html:
    """A chart that can't be drawn: its title, and why."""
    return el("figure", el("figcaption", el(level, title)), el("p", why, class_="none"))


def parted(rows: Sequence[Row], x: str, by: str, y: str) -> tuple[list[Any], list[tuple[str, list[Any]]]]:
    """The places of x, and one series for each value of `by`; None where a series has no row."""
    places = list(dict.fromkeys(row[x] for row in rows))
    names = sorted({row[by] for row in rows if row[by] is not None})
    values = {(row[x], row[by]): row[y] for row in rows}
    return places, [(shown(name), [values.get((place, name)) for place in places]) for name in names]


def _caption(chart: Chart) -> Html:
    return el("figcaption", el("h3", chart.title), el("p", chart.note, class_="note") if chart.note else "")


def _cohorts(chart: Chart, rows: Sequence[Row]) -> Html:
    """A table of cohorts by age, each cell shaded by its share: it needs no script, and reads well aloud."""
    places, series = parted(rows, chart.by, chart.x, chart.y[0])
    labels = _labels(places)
    numbers = [_number(value) for _, values in series for value in values]
    highest = max((value for value in numbers if value is not None), default=0) or 1
    body = []
    for at, label in enumerate(labels):
        cells = []
        for _, values in series:
            value = values[at]
            number = _number(value)
            step = None if number is None else max(0, min(10, round(10 * number / highest)))
            cells.append(
                el(
                    "td",
                    "" if value is None else _short(value, chart.unit),
                    class_=f"n s{step}" if step is not None else "n",
                )
            )
        body.append(el("tr", el("th", label, scope="row"), *cells))
    head = el(
        "tr", el("th", _words(chart.by), scope="col"), *(el("th", name, scope="col", class_="n") for name, _ in series)
    )
    made = el("table", el("caption", chart.title), el("thead", head), el("tbody", *body), class_="cohorts")
    return el("div", made, class_="scroll", role="region", aria_label=chart.title, tabindex="0")


def _labels(values: Sequence[object]) -> list[str]:
    """What stands at the places of x: months where all are the first days of months."""
    days = [value for value in values if isinstance(value, date) and not isinstance(value, datetime)]
    if days and len(days) == len(values):
        is_monthly = len(days) > 1 and all(day.day == 1 for day in days)
        form: Callable[[date], str] = (
            (lambda day: f"{day:%b %Y}") if is_monthly else (lambda day: f"{day.day} {day:%b %Y}")
        )
        return [form(day) for day in days]
    return [f"{value:%Y-%m-%d %H:%M}" if isinstance(value, datetime) else shown(value) for value in values]


def _number(value: object) -> float | int | None:
    if isinstance(value, Decimal):
        return _number(float(value))
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, int):
        return value if abs(value) < _EXACT else None
    return None


def _cell(value: object, unit: str) -> str:
    if unit == "%" and isinstance(value, int | float | Decimal) and not isinstance(value, bool):
        return f"{100 * value:,.1f} %"
    if (isinstance(value, int) and not isinstance(value, bool)) or isinstance(value, Decimal | float):
        return f"{shown(value)} {unit}".strip()
    return shown(value)


def _listed(name: str, value: object, unit: str) -> str:
    """A cell of a list: the digits of an id are not parted."""
    return str(value) if name.endswith("id") and isinstance(value, int) else _cell(value, unit)


def _short(value: Any, unit: str) -> str:
    return f"{100 * value:,.0f}%" if unit == "%" else _cell(value, unit)


def _words(name: str) -> str:
    """The name of a column as words."""
    words = name.replace("_", " ").strip()
    for short in ("mrr", "arr", "id", "nps"):
        words = " ".join(short.upper() if word == short else word for word in words.split())
    return words[:1].upper() + words[1:]
