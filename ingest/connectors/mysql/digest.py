"""Which key buckets of a table differ from what was landed: digests cross the wire, rows only of changed buckets.

In: one snapshot of the source, and the digests of the landing before (`ops.digests`). A row's digest is the MD5 of its
text as it lands, with NULLs marked; a bucket's is the XOR of 64 bits of it and the sum of the others, for a XOR alone
is linear and misses changes. Rows fall into buckets by their key, so a row that changes stays in its bucket.
"""

from typing import Any

from ingest.connectors.mysql.connection import Wire
from ingest.connectors.mysql.types import Relation, line
from ingest.raw.table import Raw

ROWS = 200  # rows in a bucket, about
MOST = 1 << 14  # buckets
# A digest costs the source about 5 µs for a narrow row; it is cheaper where reading one whole took longer than this.
DEAR = 10e-6  # seconds
LEAST = 2.0  # seconds that reading all must have taken: below, what it costs is not the wire


def buckets(rows: int) -> int:
    """How many buckets a table of so many rows has."""
    return max(16, min(MOST, rows // ROWS))


def bucket(relation: Relation, key: list[str], count: int) -> str:
    """The expression that gives a row's bucket."""
    parts = ", _binary 0xFF, ".join(relation.column(name).expr for name in key)
    return f"CRC32(CONCAT({parts})) % {count}"


def digests(wire: Wire, relation: Relation, key: list[str], count: int) -> tuple[dict[int, str], int]:
    """The digest of each bucket, and the rows of all. A bucket with a row too long to be digested has '' for one."""
    # The limit makes the server write down each row's MD5; else it merges the query, and reckons it once per use.
    query = (
        "SELECT b, COUNT(*), COUNT(h), CONCAT_WS(':', COUNT(*), BIT_XOR(CAST(CONV(LEFT(h, 16), 16, 10) AS UNSIGNED)), "
        "SUM(CAST(CONV(RIGHT(h, 16), 16, 10) AS UNSIGNED))) FROM "
        f"(SELECT {bucket(relation, key, count)} AS b, MD5({line(relation)}) AS h FROM {relation.name} "
        "LIMIT 18446744073709551615) d GROUP BY b"
    )
    found = wire.rows(query)
    made = {int(b): _text(digest) if rows == known else "" for b, rows, known, digest in found}
    return made, sum(int(row[1]) for row in found)


def stored(raw: Raw) -> dict[int, str]:
    """The digests that were landed."""
    query = "select bucket, digest from ops.digests where source = $1 and table_name = $2"
    return {row[0]: row[1] for row in raw.wire.rows(query, raw.source, raw.table)}


def changed(before: dict[int, str], now: dict[int, str]) -> list[int]:
    """The buckets whose rows must be read."""
    return sorted(b for b in before.keys() | now.keys() if not now.get(b) or now[b] != before.get(b))


def keep(raw: Raw, now: dict[int, str], which: list[int]) -> None:
    """Store the digests of these buckets in the landing's transaction."""
    forget(raw, which)
    found = [(b, now[b]) for b in which if now.get(b)]
    query = """insert into ops.digests (source, table_name, bucket, digest)
        select $1, $2, * from unnest($3::int[], $4::text[])"""
    raw.wire.execute(query, raw.source, raw.table, [b for b, _ in found], [digest for _, digest in found])


def forget(raw: Raw, which: list[int]) -> None:
    """These buckets were changed by another way than a compare: the next one reads them."""
    query = "delete from ops.digests where source = $1 and table_name = $2 and bucket = any($3::int[])"
    raw.wire.execute(query, raw.source, raw.table, which)


def dear(raw: Raw) -> bool:
    """Whether the last time that the table was read whole, it took so long that digests are cheaper."""
    query = """select seconds, source_rows from ops.landings where source = $1 and table_name = $2
        and how in ('first load', 'compare') order by landed_at desc limit 1"""
    seconds, rows = raw.wire.row(query, raw.source, raw.table) or (0, 0)
    return bool(rows) and seconds > LEAST and seconds / rows > DEAR


def _text(value: Any) -> str:
    return value.decode() if isinstance(value, bytes) else str(value)
