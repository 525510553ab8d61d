"""Charts of whatever a mart may hold: no value of one chart costs another chart, or the page."""

import json
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from weir.portal.charts import Drawn, of_mart
from weir.portal.declared import Chart
from weir.portal.page import _chart
from weir.portal.reading import Found

ODD: list[Any] = [
    float("nan"),
    float("inf"),
    float("-inf"),
    Decimal("NaN"),
    Decimal("1e400"),
    10**400,
    None,
    True,
    -5,
    0,
]


@pytest.mark.parametrize("kind", ["line", "bars", "stacked", "cohorts", "table"])
@pytest.mark.parametrize("value", ODD, ids=str)
def test_a_number_that_no_browser_knows_is_left_out(kind: str, value: Any) -> None:
    by = "who" if kind == "cohorts" else ""
    rows = [
        {"at": date(1850, 1, day), "n": number, "who": "a"} for day, number in ((1, value), (2, 1), (3, Decimal("2.5")))
    ]
    drawn = Drawn()
    of_mart(drawn, Chart("m", "T", kind, x="at", y=("n",), by=by), rows)
    assert "NaN" not in json.dumps(drawn.specs, allow_nan=False)


@pytest.mark.parametrize("value", [{"a": 1}, [1], "words"], ids=str)
def test_what_can_not_be_drawn_costs_its_own_chart(value: Any) -> None:
    drawn = Drawn()
    rows = [{"at": 1, "n": value, "who": value}, {"at": 2, "n": 1, "who": "b"}]
    made = _chart(drawn, Chart("m", "T", "line", x="at", y=("n",), by="who"), Found(rows))
    assert "T" in made
    json.dumps(drawn.specs, allow_nan=False)
