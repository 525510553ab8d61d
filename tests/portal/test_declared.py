"""Charts that marts declare: each mistake is one line that names file, mart and key."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.support import portal
from weir.portal.declared import declared

GOOD = {"title": "Months", "chart": "line", "x": "month", "y": ["mrr"]}


def told(home: Path, entry: Any, **more: Any) -> str:
    portal.manifest(home, {"by_month": entry}, **more)
    fault = declared()[1][0]
    assert "\n" not in fault and "see docs/how-to/" in fault
    return fault


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"y": ["mmr"]}, "the mart has no column 'mmr'"),
        ({"x": "<b>"}, "the mart has no column '<b>'"),
        ({"by": "plans"}, "the mart has no column 'plans'"),
        ({"chart": "pie"}, "there is no chart 'pie', only line, bars, stacked, cohorts, table"),
        ({"chart": ["line"]}, "there is no chart ['line']"),
        ({"chart": None}, "there is no chart None"),
        ({"color": "red"}, "a chart of kind line has no 'color'"),
        ({"order": ["month"]}, "a chart of kind line has no 'order'"),
        ({"chart": "cohorts"}, "by is missing"),
        ({"y": []}, "y must be a list of columns"),
        ({"y": {"a": 1}}, "y must be a list of columns"),
        ({"y": [["mrr"]]}, "y must be a list of columns"),
        ({"x": ["month"]}, "x must be the name of a column"),
        ({"y": ["mrr", "share"], "by": "plan"}, "with by there is one column in y"),
        ({"last": "12"}, "last must be a whole number"),
        ({"last": True}, "last must be a whole number"),
        ({"place": -1}, "place must be a whole number"),
        ({"title": 7}, "title must be a text"),
        ({"note": ["a"]}, "note must be a text"),
    ],
)
def test_a_mistake_in_a_chart_is_one_line(home: Path, change: dict[str, Any], says: str) -> None:
    assert told(home, [GOOD, GOOD | change]).startswith(f"marts/by_month.yml: by_month, config.meta.portal[2]: {says}")


def test_what_is_no_chart_at_all(home: Path) -> None:
    assert "a chart is a mapping with title and chart" in told(home, ["line"])
    assert "config.meta.portal[1]: a chart is a mapping" in told(home, "line")
    assert "title is missing" in told(home, [{"chart": "table", "y": ["mrr"]}])
    assert "only marts have charts" in told(home, [GOOD], schema="staging")


def test_a_personal_column_is_never_shown(home: Path) -> None:
    columns = {name: {"name": name, "meta": {}, "config": {}} for name in ("month", "mrr")}
    columns["mrr"]["config"] = {"meta": {"pii": "name"}}
    assert "the column mrr is marked as personal" in told(home, [GOOD], columns=columns)


def test_the_others_are_shown_all_the_same_and_stand_in_their_places(home: Path) -> None:
    entries = [GOOD | {"title": "second", "place": 2}, GOOD | {"y": ["none"]}, GOOD | {"title": "first", "place": 1}]
    portal.manifest(home, {"by_month": entries, "accounts": portal.charts()["accounts"]})
    charts, faults = declared()
    assert [chart.title for chart in charts] == ["first", "second", "table"]
    assert len(faults) == 1 and "config.meta.portal[2]" in faults[0]
    assert charts[2].order == (("account_id", True),)


def test_without_a_manifest_there_are_no_charts(home: Path) -> None:
    assert declared() == ([], [])
    portal.manifest(home, {})
    assert declared() == ([], [])
    (home / "target" / "prod" / "manifest.json").write_text(json.dumps({"nodes": {}})[:5])
    assert declared() == ([], [])
