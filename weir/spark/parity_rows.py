"""Parity of the rejected rows as received: JSON, which the engines write in different ways, so no digest has it.

In: a connection to the warehouse, a cursor of Spark, the quarantine. Out: the first entry whose row differs.
"""

import json
from typing import Any

import psycopg

from weir.spark.parity import Pair


def compare_rows(connection: psycopg.Connection[Any], cursor: Any, pair: Pair) -> str:
    """Compare the rejected rows as received, as parsed JSON; returns which entry differs first, or nothing.

    What was JSON in a column of raw stands in Spark's row as text, and so do numbers without a size.
    """
    query = "select model, key, load_id, {} from " + pair.place
    mine = {row[:3]: json.loads(row[3]) for row in connection.execute(query.format('"row"::text'))}
    cursor.execute(query.format("`row`"))
    theirs = {tuple(row[:3]): json.loads(row[3]) for row in cursor.fetchall()}
    for entry in sorted({*mine, *theirs}):
        here, there = mine.get(entry), theirs.get(entry)
        if here is None or there is None:
            continue  # the digest has told so
        unlike = sorted(name for name in {*here, *there} if not _same(here.get(name), there.get(name)))
        if unlike:
            return f"the row of {entry[0]}, load {entry[2]}, differs in {', '.join(unlike)}"
    return ""


def _same(mine: Any, theirs: Any) -> bool:
    """Whether a value of JSON is the same, be it nested as text."""
    if isinstance(theirs, str) and not isinstance(mine, str):
        try:
            theirs = json.loads(theirs)
        except ValueError:
            return False
    return bool(mine == theirs)
