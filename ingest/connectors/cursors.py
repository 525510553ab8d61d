"""Cursors as text: which one is newer, and which moment lies an overlap before one."""

import datetime
from typing import Any

from weir.project.plan import duration

OVERLAP = "1 day"


def order(value: str) -> tuple[int, Any]:
    """The sort key of a cursor: numbers compare as numbers, moments as moments, anything else as text."""
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
    """The cursor less the overlap, written like the cursor; unchanged where the cursor is no moment."""
    if order(value)[0] != 1:
        return value
    moment = datetime.datetime.fromisoformat(value) - duration(overlap or OVERLAP)
    if len(value) == 10:
        return moment.date().isoformat()
    text = moment.isoformat("T" if "T" in value else " ")
    return text.replace("+00:00", "Z") if value.endswith("Z") else text
