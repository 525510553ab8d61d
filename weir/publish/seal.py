"""Seals: a publication that masks what stood otherwise before it can't be rolled back.

In: the marts, the key, what the publication in force masked. Out: the tables whose values before may not come back: a
column is masked for the first time or in another way, or the key is another one.
"""

import json
from collections.abc import Sequence

import psycopg

from weir.project.marts import PUBLISHED, Mart
from weir.publish.key import Key

_IN_FORCE = """
select publication_id, mask_key from ops.publications where rolled_back_at is null
order by publication_id desc limit 1"""
_MASKED = "select mart, coalesce(masked, '{}') from ops.publication_tables where publication_id = %s"


def newly_masked(connection: psycopg.Connection, found: Sequence[Mart], used: Key | None) -> set[str]:
    """The labels of published tables in which a value is masked otherwise than in the publication in force."""
    row = connection.execute(_IN_FORCE).fetchone()
    if not row or not used:
        return set()
    publication, key = row
    before: dict[str, dict[str, str]] = dict(connection.execute(_MASKED, [publication]).fetchall())
    return {
        mart.label
        for mart in found
        if mart.personal
        and mart.label in before
        and (key != used.id or any(before[mart.label].get(name) != mask for name, mask in _masks(mart).items()))
    }


def masks(mart: Mart) -> str | None:
    """The kind of each masked column, as `ops.publication_tables` keeps it; None where nothing is masked."""
    found = _masks(mart)
    return json.dumps(found) if found else None


def _masks(mart: Mart) -> dict[str, str]:
    if mart.schema != PUBLISHED:  # in clear, but for what is masked beside the grain
        return {name: f"beside {mark.kind}" for name, mark in mart.personal.items() if name in mart.grain}
    return {name: " ".join([mark.kind, mark.keep]).strip() for name, mark in mart.personal.items()}
