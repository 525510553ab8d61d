"""Increments under load, in short: `python -m tests.torture incremental` is the long form."""

import json

import psycopg
import pytest

from tests.torture.incremental import torture


@pytest.mark.slow
def test_increments_have_no_gaps(warehouse):
    ways, naive, did = torture(seconds=25, writers=12, long=3)
    for way in ways:
        assert way.holds, way
        assert way.increments >= 2 and way.rows > 100, way
    assert naive.lost and naive.stale, "the torture does not bite: the naive way came through"
    kinds = {"autocommit", "short", "savepoints", "again", "bulk", "prepared", "lasting", "maintain"}
    assert all(kinds <= set(json.loads(counts)) for counts in did.values()), did
    with psycopg.connect(warehouse) as connection:
        by_bits = "select count(*) from ops.landings where source = 'pg' and state ? 'bits' and deleted > 0"
        assert connection.execute(by_bits).fetchone() > (2,)
