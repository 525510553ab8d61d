"""COPY of blocks of lines into the warehouse, counted on both sides.

In: blocks that a connector makes of the source's rows. Out: the number of rows and bytes. A thread makes the blocks
while the warehouse takes those before.
"""

from collections.abc import Iterator

from ingest.connectors.base import Progress
from ingest.connectors.read_ahead import ahead
from ingest.raw.table import Raw
from weir.core.causes import Cause
from weir.core.errors import WeirError


def copy_counted(raw: Raw, table: str, columns: list[str], blocks: Iterator[bytes], progress: Progress,
                 what: str = "rows") -> tuple[int, int]:  # fmt: skip
    """COPY the blocks into the temporary table of this name, or without one into raw; returns rows and bytes.

    Raises WeirError when both sides count differently.
    """
    rows = size = 0

    def counted() -> Iterator[bytes]:
        nonlocal rows, size
        for block in feed:
            rows, size = rows + block.count(b"\n"), size + len(block)
            progress(rows, size)
            yield block

    feed = ahead(blocks)
    try:
        landed = raw.wire.copy_in(None, table, columns, counted()) if table else raw.append(columns, counted())
    finally:
        feed.close()  # type: ignore[attr-defined]
    if landed != rows:
        raise WeirError(
            f"the source sent {rows} {what}, the warehouse counted {landed}: run again", cause=Cause.LANDING_FAILED
        )
    return rows, size
