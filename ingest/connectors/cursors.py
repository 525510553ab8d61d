"""Cursors: what "newest" and "a little earlier" mean for a cursor's text."""

import datetime
from typing import Any

from weir.project.sources import duration

OVERLAP = "1 day"


def order(value: str) -> tuple[int, Any]:
    """What to compare cursors by: numbers as numbers, moments as moments, anything else as text."""
    try:
        return 0, float(value)
    except ValueError:
        pass
    try:
        moment = datetime.datetime.fromisoformat(value)
    except ValueError:
        return 2, value
    return 1, moment if moment.tzinfo else moment.replace(tzinfo=datetime.UTC)


def earlier(value: str, overlap: str | None) -> str:
    """The cursor less the overlap, in the cursor's own form; as it is where it is no moment."""
    if order(value)[0] != 1:
        return value
    moment = datetime.datetime.fromisoformat(value) - duration(overlap or OVERLAP)
    if len(value) == 10:
        return moment.date().isoformat()
    text = moment.isoformat("T" if "T" in value else " ")
    return text.replace("+00:00", "Z") if value.endswith("Z") else text
