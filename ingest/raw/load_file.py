"""The file of one load in the lake, while it is being written.

In: blocks of CSV and the columns that they have. Out: one Parquet file, under its name when the drafts are closed.
Where columns are added on the way, the rows from there on go into a part of their own, and the parts become one file.
"""

from contextlib import ExitStack
from pathlib import Path

import pyarrow as pa
from pyarrow import parquet as pq

from ingest.raw.lake_rows import widened
from weir.core.causes import Cause
from weir.core.errors import WeirError
from weir.spark.lake.drafts import told
from weir.spark.lake.opening import Lake
from weir.spark.lake.parquet import Unholdable, Writer
from weir.spark.lake.types import Column


class LoadFile:
    """One file; `drafts` is closed to give it its name, and left by a fault to remove what there is of it."""

    def __init__(self, lake: Lake, name: str, notes: dict[str, str], drafts: ExitStack) -> None:
        self.lake, self.name, self.notes = lake, name, notes
        self._drafts, self._draft = drafts, Path()
        self._parts: list[Writer] = []

    @property
    def rows(self) -> int:
        """The number of rows that were added."""
        return sum(part.rows for part in self._parts)

    def add(self, block: bytes, columns: list[Column]) -> None:
        """Add the rows of a block. Raises WeirError for a value that its column can't hold, and for a full disk."""
        part = self._part(columns)
        try:
            with told(part.path.parent):
                part.add(block)
        except Unholdable as fault:
            raise WeirError(
                f"a value of column {fault.column.name} is none that Spark's {fault.column.spark} can hold: exclude "
                "the column, or land a view that gives it as text", cause=Cause.VALUE_UNHOLDABLE,
            ) from None  # fmt: skip

    def complete(self, columns: list[Column]) -> int:
        """Make one file of the parts, in which a column that a part lacks is NULL; returns its bytes."""
        with told(self._draft.parent):
            self._parts[-1].close()
            if len(self._parts) == 1 and self._parts[0].columns == columns:
                self._parts[0].path.rename(self._draft)
            else:
                self._merge(columns)
            return self._draft.stat().st_size

    def _part(self, columns: list[Column]) -> Writer:
        """The part that has these columns."""
        if self._parts and self._parts[-1].columns == columns:
            return self._parts[-1]
        if self._parts:
            self._parts[-1].close()
        else:
            self._draft = self._drafts.enter_context(self.lake.store.draft(self.name))
        path = self._draft.with_name(f".{len(self._parts)}{self._draft.name}")
        self._drafts.callback(path.unlink, missing_ok=True)
        self._parts.append(self._drafts.enter_context(Writer(path, columns, self.notes)))
        return self._parts[-1]

    def _merge(self, columns: list[Column]) -> None:
        with Writer(self._draft, columns, self.notes) as whole:
            for part in self._parts:
                for batch in pq.ParquetFile(part.path).iter_batches():
                    whole.put(widened(pa.Table.from_batches([batch]), columns))
            whole.close()
