"""Where the rows of a table go: into raw, or, with `meta: {land: lake}`, into files of the lake alone.

In: a table's declaration, and what its receipts say. Out: its Raw. A table keeps its place: the rows that it has are
not moved.
"""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress

from ingest.connectors.base import Connector
from ingest.raw.connection import Wire
from ingest.raw.table import Raw
from weir.core.causes import Cause
from weir.core.errors import WeirError
from weir.project.plan import Table


@contextmanager
def opened(wire: Wire, source: str, table: Table, load_id: str) -> Iterator[Raw]:
    """Give the table's Raw; of a file of the lake nothing is left where the block ends by a fault."""
    if table.land != "lake":
        yield Raw(wire, source, table.name, load_id)
        return
    from ingest.raw.lake import LakeRaw

    drafts = ExitStack()
    try:
        yield LakeRaw(wire, source, table.name, load_id, drafts)
    except BaseException:
        with suppress(_Abandoned), drafts:
            raise _Abandoned from None  # not the fault itself, which may be one of the source
        raise


class _Abandoned(Exception):
    """The landing has failed: its drafts are removed."""


def require_place(table: Table, raw: Raw, connector: Connector) -> None:
    """Raise WeirError where the table can't land in the lake, or its earlier rows are in the other place."""
    if raw.in_lake and not getattr(connector, "lands_in_lake", False):
        raise WeirError(
            "land: lake is for files, collections of MongoDB and tables of PostgreSQL: leave it out, and the table "
            "lands in PostgreSQL", cause=Cause.PROJECT_UNREADABLE,
        )  # fmt: skip
    if raw.was_in_lake is not None and raw.was_in_lake != raw.in_lake:
        place, other = ("the lake", "lake") if raw.was_in_lake else ("PostgreSQL", "warehouse")
        raise WeirError(
            f"its rows are in {place}, and are not moved: write land: {other} again, or declare the table under "
            "another name", cause=Cause.PROJECT_UNREADABLE,
        )  # fmt: skip
