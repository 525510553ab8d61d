"""Raw to the lake: one Parquet file per load and table, counted against the receipts.

In: `ops.landings`, raw, `ops.erased`, the lake's listing. Out: `raw_<source>/<table>/<load>.parquet` for each load that
has no file, and `ops.lake_files`, which says what was written. A file is written anew where the receipts, the types of
columns or `ops.erased` changed since, and where it was cut short. Alone: `weir.spark.lake.raw.send_raw(lake)`.
"""

from collections import deque
from collections.abc import Callable, Collection
from dataclasses import dataclass, field

from weir.core.causes import Cause
from weir.core.errors import WeirError
from weir.project.names import shortened
from weir.spark.lake import parquet
from weir.spark.lake.drafts import being_written
from weir.spark.lake.known import Known, Reading, Written, reading
from weir.spark.lake.opening import Lake, tame
from weir.spark.lake.parquet import Unholdable
from weir.spark.lake.tables import LakeTable, require_fit
from weir.spark.lake.types import Column

Report = Callable[[str], None]


@dataclass
class Sent:
    """What was written: files, their rows and bytes; what a person should know; every table of raw in the lake."""

    files: int = 0
    rows: int = 0
    bytes: int = 0
    notes: list[str] = field(default_factory=list)
    tables: list[LakeTable] = field(default_factory=list)


def send_raw(lake: Lake, sources: Collection[str] = (), report: Report = lambda step: None) -> Sent:
    """Bring the lake up to date with raw; of these sources only, if some are named.

    Waits for another process that is at it. Raises WeirError, and leaves what was complete, where raw does not hold the
    rows of its receipts, a file is a stranger's, or the lake can't be written.
    """
    sent = Sent()
    with reading(lake) as work:
        for table in work.tables(sources):
            _Table(work, table, sent, report).send()
    return sent


class _Table:
    """One table on its way: what is known of it, and the columns as they go into files."""

    def __init__(self, work: Reading, known: Known, sent: Sent, report: Report) -> None:
        self.work, self.known, self.sent, self.report = work, known, sent, report
        self.schema, self.name = f"raw_{known.source}", shortened(known.table)
        self.folder = f"{tame(self.schema)}/{tame(known.table)}"
        self.text = known.as_text()

    def send(self) -> None:
        """Write the files that are missing or stale, and remove those that no receipt speaks of."""
        require_fit(self._table())
        self._clear()
        while not self._sent_all():
            pass  # a column has become text: its other files follow
        self.work.lake.store.make(self.folder)
        self.sent.tables.append(self._table())

    def _table(self) -> LakeTable:
        return LakeTable(self.schema, self.name, tuple(self._columns()), self.folder, self.known.digest())

    def _columns(self) -> list[Column]:
        return [column.as_text() if column.name in self.text else column for column in self.known.columns]

    def _path(self, load: str) -> str:
        return f"{self.folder}/{tame(load)}.parquet"

    def _clear(self) -> None:
        """Remove drafts, and files of loads that have no receipt any more. Raises WeirError for a stranger's file."""
        mine = {self._path(load) for load, landed in self.known.landed.items() if landed}
        store = self.work.lake.store
        for path in [path for path in self.work.sizes if path.startswith(f"{self.folder}/") and path not in mine]:
            name = path.rpartition("/")[2]
            if name.startswith(".") and name.endswith(".draft"):
                if not being_written(name):
                    store.delete(path)
            elif name[0] not in "._":  # those Spark passes over
                if parquet.notes_of(store.open(path)).get("weir.owner") != self.work.lake.owner:
                    raise WeirError(
                        f"{store.url}/{path} is none of Weir's files, and Spark would read it as rows of {self.schema}."
                        f"{self.name}: move it out of the lake, then run again"
                    )
                store.delete(path)
                self.sent.notes.append(f"{path} removed: {self.known.place} has no receipt of that load any more")
        for load in [load for load in self.known.written if not self.known.landed.get(load)]:
            self.work.forget(self.known, load)

    def _sent_all(self) -> bool:
        """Write each load whose file is missing or stale; False when a column had to become text on the way."""
        columns = self._columns()
        for load, landed in self.known.landed.items():
            why = self._why(load, landed, columns)
            if landed and why:
                if self.known.in_lake:
                    raise WeirError(
                        f"{self.work.lake.store.url}/{self._path(load)}: {why}, and its rows are nowhere else: put the "
                        "file back from a backup of the lake, then run again", subject=self.known.place,
                    )  # fmt: skip
                if why != "missing":
                    self.sent.notes.append(f"{self._path(load)} written anew: {why}")
                try:
                    self._write(load, landed, columns)
                except Unholdable as fault:
                    self.text.add(fault.column.name)
                    self.sent.notes.append(
                        f"{self.known.place}.{fault.column.name} is text on Spark from now on: load {load} holds "
                        f"a value that Spark's {fault.column.spark} can't hold"
                    )
                    return False
        return True

    def _why(self, load: str, landed: int, columns: list[Column]) -> str:
        """Why the load's file must be written; nothing where it is as it should be."""
        written = self.known.written.get(load)
        size = self.work.sizes.get(self._path(load))
        if written is None or size is None:
            return "missing"
        types = {column.name: str(column.arrow) for column in columns}
        if any(types.get(name) != kind for name, _, kind in written.columns):
            return "columns have another type now"
        if size != written.bytes:
            return f"it has {size:,} bytes and not {written.bytes:,}"
        if written.rows != landed:
            return "its receipts have changed"
        return "somebody was forgotten" if written.erased != self.work.erased else ""

    def _write(self, load: str, landed: int, columns: list[Column]) -> None:
        self.report(f"{self.known.place}, {landed:,} rows")
        store, path = self.work.lake.store, self._path(load)
        notes = {"weir.owner": self.work.lake.owner, "weir.table": self.known.place, "weir.load": load}
        blocks = self.work.rows_of(self.schema, self.name, columns, load)
        with store.draft(path) as draft:
            try:
                rows = parquet.write(draft, columns, blocks, notes)
            except Unholdable:
                deque(blocks, maxlen=0)  # a COPY that is broken off would end the snapshot
                raise
            if rows != landed:
                raise WeirError(
                    f"{self.known.place}: its receipts say {landed} rows, raw holds {rows} (load {load}): somebody "
                    "changed raw by hand; docs/operations/growth-of-raw-and-retention.md says what to do",
                    cause=Cause.RAW_EDITED, subject=self.known.place,
                )  # fmt: skip
            size = draft.stat().st_size
        triples = [(column.name, column.type, str(column.arrow)) for column in columns]
        self.known.written[load] = Written(rows, size, triples, self.work.erased, self.work.horizon)
        self.work.sizes[path] = size
        self.work.note(self.known, load)
        self.sent.files, self.sent.rows, self.sent.bytes = (
            self.sent.files + 1, self.sent.rows + rows, self.sent.bytes + size
        )  # fmt: skip
