"""The verdict on the newest set, after a person was taken out of the set.

In: `ops.builds`, `ops.gates`, `analytics_next`. Out: the digests of the verdict, renewed for marts that were what the
gate judged before: so a set that was built and judged can still be published. A mart that somebody else changed stays
refused.
"""

from collections.abc import Iterable
from typing import Any

import psycopg
from psycopg import sql
from psycopg.types.json import Jsonb

from weir.project.marts import NEXT, Mart
from weir.publish import batches
from weir.publish.digests import digest_of
from weir.warehouse.catalog import columns_of

_NEWEST = """
select gates.run_id, gates.checked_at, coalesce(gates.results -> 'digests', '{}')
from ops.gates inner join ops.builds using (run_id)
where gate = 'marts' and builds.recorded_at = (select max(recorded_at) from ops.builds)
order by checked_at desc limit 1"""
_RENEW = """
update ops.gates set results = jsonb_set(results, array['digests', %s], %s)
where gate = 'marts' and run_id = %s and checked_at = %s"""


def intact(connection: psycopg.Connection) -> set[str]:
    """The marts of analytics_next that are what the newest verdict is about."""
    row: Any = connection.execute(_NEWEST).fetchone()
    return {mart for mart, digest in row[2].items() if digest == digest_of(connection, NEXT, mart)} if row else set()


def renew_batches(connection: psycopg.Connection, found: Iterable[Mart]) -> None:
    """Let `ops.batches` tell of these marts as they now are."""
    for mart in found:
        table = sql.Identifier(NEXT, mart.name)
        batches.renew_built(connection, mart, table, columns_of(connection, NEXT, mart.name))


def renew(connection: psycopg.Connection, marts: Iterable[str]) -> None:
    """Let the newest verdict be about these marts as they now are."""
    row: Any = connection.execute(_NEWEST).fetchone()
    for mart in marts:
        connection.execute(_RENEW, [mart, Jsonb(digest_of(connection, NEXT, mart)), row[0], row[1]])
