"""Compare by digest: finds the key buckets whose rows changed, so that only their rows cross the wire.

In: one snapshot of the source, and the digests of the landing before (`ops.digests`). Out: the changed buckets. A row's
digest is the MD5 of its text as it lands, with NULLs marked. A bucket's digest is the XOR of 64 bits of these and the
sum of the other 64: a XOR alone is linear and misses changes. The key decides the bucket, so a changed row stays in its
own.
"""

from typing import Any

from ingest.connectors.mysql.connection import Wire
from ingest.connectors.mysql.types import Relation, line
from ingest.raw.table import Raw

ROWS = 200  # rows per bucket, about
MOST = 1 << 14  # buckets per table
# A digest costs the source about 5 µs for a narrow row; digests are cheaper where reading a row took longer than this.
DEAR = 10e-6  # seconds
LEAST = 2.0  # seconds that reading all rows must have taken: in less time the wire is not the cost


def buckets(rows: int) -> int:
    """The number of buckets for a table of so many rows."""
    return max(16, min(MOST, rows // ROWS))


def bucket(relation: Relation, key: list[str], count: int) -> str:
    """The expression that gives a row's bucket."""
    parts = ", _binary 0xFF, ".join(relation.column(name).expr for name in key)
    return f"CRC32(CONCAT({parts})) % {count}"


def digests(wire: Wire, relation: Relation, key: list[str], count: int) -> tuple[dict[int, str], int]:
    """The digest of each bucket, and the number of all rows. A bucket with a row too long for a digest has ''."""
    # The limit makes the server materialize each row's MD5; without it the MD5 is computed once per use.
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
    """The digests that the landing before stored."""
    query = "select bucket, digest from ops.digests where source = $1 and table_name = $2"
    return {row[0]: row[1] for row in raw.wire.rows(query, raw.source, raw.table)}


def changed(before: dict[int, str], now: dict[int, str]) -> list[int]:
    """The buckets whose digests differ: their rows must be read."""
    return sorted(b for b in before.keys() | now.keys() if not now.get(b) or now[b] != before.get(b))


def keep(raw: Raw, now: dict[int, str], which: list[int]) -> None:
    """Store the digests of these buckets in the landing's transaction."""
    forget(raw, which)
    found = [(b, now[b]) for b in which if now.get(b)]
    query = """insert into ops.digests (source, table_name, bucket, digest)
        select $1, $2, * from unnest($3::int[], $4::text[])"""
    raw.wire.execute(query, raw.source, raw.table, [b for b, _ in found], [digest for _, digest in found])


def forget(raw: Raw, which: list[int]) -> None:
    """Delete the digests of these buckets, which a window changed: the next compare reads their rows."""
    query = "delete from ops.digests where source = $1 and table_name = $2 and bucket = any($3::int[])"
    raw.wire.execute(query, raw.source, raw.table, which)


def dear(raw: Raw) -> bool:
    """Whether the last reading of the whole table was so slow that digests are cheaper."""
    query = """select seconds, source_rows from ops.landings where source = $1 and table_name = $2
        and is_whole order by landed_at desc limit 1"""
    seconds, rows = raw.wire.row(query, raw.source, raw.table) or (0, 0)
    return bool(rows) and seconds > LEAST and seconds / rows > DEAR


def _text(value: Any) -> str:
    return value.decode() if isinstance(value, bytes) else str(value)
