"""Files in a folder or a bucket: CSV, JSON lines, Parquet, XLSX; plain or gzipped; any address fsspec knows.

In: the source's folder and the table's `path` pattern. Out: each new file's rows as received, unreadable lines too,
with `_file`, `_line`, `_text`, `_error`, `_escaped`. A file is known by name, size, time and content digest: one that
is known is not read; a changed one is compared by row; the rows of one that is gone become tombstones.
"""

import asyncio
import hashlib
import os
import tempfile
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Any, BinaryIO
from urllib.parse import urlsplit

from ingest.connectors.base import META, Progress, State, check_columns
from ingest.connectors.files import buckets, folder
from ingest.connectors.files.changes import forget, replace, restore, rows_now
from ingest.connectors.files.formats import open_reader
from ingest.connectors.files.packed import BROKEN, damaged, opened, sound
from ingest.connectors.files.reader import Reader, adopt_names, told
from ingest.connectors.repeats import Repeats, mark
from ingest.raw.columns import Column, quoted
from ingest.raw.copy_text import blocks
from ingest.raw.table import Raw
from ingest.scratch import scratch
from weir.core.errors import WeirError
from weir.project.names import shortened
from weir.project.sources import Source, Table

READ_AS = 2  # another number where files are read in another way than before: then all are read anew


class Connector:
    """One folder or bucket."""

    def __init__(self, source: Source, url: str, loop: asyncio.AbstractEventLoop) -> None:
        import fsspec

        self.told: Callable[[], AbstractContextManager[None]] = nullcontext
        if urlsplit(url).scheme in buckets.SCHEMES:
            self.system, self.base = buckets.open_bucket(source, url)
            self.told = lambda: buckets.told(source, url)
        else:
            try:
                self.system, self.base = fsspec.core.url_to_fs(url)
            except (ImportError, ValueError) as fault:
                raise WeirError(f"{source.connection}: {' '.join(str(fault).split())}") from None
        self.local = "file" in self.system.protocol
        if self.local and not self.system.isdir(self.base):
            raise WeirError(f"there is no folder {self.base}: mend {source.connection}, or make it")
        self.names: set[str] = set()  # of columns that raw has or the table declares
        self.renamed: dict[str, None] = {}

    def close(self) -> None:
        """Nothing is held open."""

    def _list(self, table: Table) -> dict[str, list[Any]]:
        """The files of the table by name: address, size, and what tells of a change."""
        if not table.path:
            raise WeirError("no `path` is declared: name the table's files, such as path: 'events/*.jsonl.gz'")
        folder.check_path(table.path)
        if self.local:
            return folder.of_folder(self.base, table.path)
        with self.told():
            return folder.of_bucket(self.system, self.base, table.path)

    @contextmanager
    def _at_hand(self, path: str) -> Iterator[str]:
        """The file on local disk."""
        if self.local:
            with folder.held(self.base, path) as local:
                yield local
            return
        with tempfile.NamedTemporaryFile(dir=scratch()) as copy:
            with self.told():
                self.system.get_file(path, copy.name)
            yield copy.name

    def land(self, table: Table, raw: Raw, state: State, full: bool, progress: Progress) -> tuple[State, State]:
        """Land what is new, changed or gone."""
        files, known = self._list(table), dict(state.get("files", {}))
        read_as = [READ_AS, table.settings, table.exclude, table.key, table.repeats]
        full = full or state.get("as") != read_as  # what was read in another way is read anew
        self._know(table, raw)
        counts = {"extracted": 0, "landed": 0, "deleted": 0, "bytes": 0}
        repeats, last = Repeats(), table.repeats == "last"
        gone = [name for name in known if name not in files]
        changed = [name for name, facts in files.items() if name in known and (full or known[name][:2] != facts[1:])]
        if gone or changed:
            raw.find_by("_file")
        if gone and self.local:
            folder.see_gone(self.base, gone)
        if gone:
            raw.adopt()
            forget(raw, table.key, gone, counts)
            known = {name: facts for name, facts in known.items() if name in files}
        for name in changed:
            path, size, stamp = files[name]
            with self._at_hand(path) as local:
                digest = _digest(local)
                if full or known[name][2] != digest:
                    read, found = self._land_changed(table, raw, name, local, counts, progress)
                    repeats.add(found)
                    known[name][3:] = [read, found.duplicates.get(name, 0)]
            known[name] = [size, stamp, digest, *known[name][3:]]
        fresh = [name for name in files if name not in known]
        known |= self._land_fresh(table, raw, files, deque(fresh), counts, progress)
        for name, facts in files.items() if self.local else ():
            if known[name][:2] != list(folder.stamp(facts[0])):
                raise WeirError(f"{name} changed while it was read: run again when it is complete")
        how = "files" if counts["extracted"] or counts["landed"] else "nothing new" if files else "no file matches"
        rows = state.get("rows")
        if not known or how == "files":
            if not known:
                raw.prepare(_declared(table))
            raw.adopt()
            if counts["deleted"]:
                counts["landed"] += restore(raw, table.key)
            records: int = sum(facts[3] for facts in known.values())
            rows = rows_now(raw, table.key, records)
            if fresh and rows != records:
                found = mark(raw, table.key, raw.relation, f"_dlt_load_id = '{raw.load_id}' and _op = 'upsert'", last)
                for name in fresh:
                    known[name][4] = found.duplicates.get(name, 0)
                repeats.add(found)
                rows = rows_now(raw, table.key, records) if found.conflicts else rows
        else:
            raw.adopt()
        told = ", ".join([how, *repeats.told(), *(f"column {each}" for each in self.renamed)])
        counts["duplicates"] = sum(facts[4] for facts in known.values())
        return {"how": told, "promise": "as received", "source_rows": rows, **counts}, {
            "files": known,
            "rows": rows,
            "as": read_as,
        }

    def _know(self, table: Table, raw: Raw) -> None:
        declared = [*table.key, *table.columns, *([table.cursor] if table.cursor else [])]
        self.names = raw.names() | set(map(shortened, declared))
        self.renamed = {}

    def _reader(self, stream: BinaryIO, table: Table, name: str) -> Reader:
        """The file's reader, its columns named as raw and the declaration name them."""
        try:
            reader = open_reader(stream, table, name)
        except BROKEN:
            raise damaged(name) from None
        if not reader.documents:
            self.renamed |= dict.fromkeys(adopt_names(reader, self.names, name))
            names = [c.name for c in reader.columns]
            try:
                check_columns(table, names, "" if reader.typed else told(names))
            except WeirError as fault:
                raise WeirError(f"{name}: {fault}") from None
            self.names |= {c.name for c in reader.columns}
        reader.leave_out([shortened(name) for name in table.exclude])
        return reader

    def _land_changed(self, table: Table, raw: Raw, name: str, local: str, counts: dict[str, int],
                      progress: Progress) -> tuple[int, Repeats]:  # fmt: skip
        """Compare a file that was landed before with its rows in raw; returns its records, and which repeat."""
        with opened(local, name) as stream:
            reader = self._reader(stream, table, name)
            names = [c.name for c in raw.prepare([*reader.columns, *META])]
            raw.adopt()  # a column that the file had before and lacks now is NULL from now on
            raw.incoming()
            rows = raw.wire.copy_in(None, "incoming", names, blocks(sound(reader.lines(name, "\n"), name)))
            reader.check(name, rows)
            repeats = replace(raw, table.key, name, counts, table.repeats == "last")
            raw.wire.execute("drop table incoming")
        counts["extracted"] += rows
        counts["bytes"] += os.path.getsize(local)
        progress(counts["extracted"], counts["bytes"])
        return rows, repeats

    def _land_fresh(self, table: Table, raw: Raw, files: dict[str, list[Any]], fresh: deque[str],
                    counts: dict[str, int], progress: Progress) -> dict[str, list[Any]]:  # fmt: skip
        """COPY new files straight into raw, as many in one COPY as have the same columns; returns their facts."""
        landed: dict[str, list[Any]] = {}
        end = f"\t{raw.load_id}\tupsert\n"

        def lines(columns: list[Column]) -> Iterator[str | bytes]:
            while fresh:
                name = fresh[0]
                path, size, stamp = files[name]
                with self._at_hand(path) as local, opened(local, name) as stream:
                    reader = self._reader(stream, table, name)
                    if reader.columns != columns:
                        return
                    fresh.popleft()
                    before = counts["extracted"]
                    for line in sound(reader.lines(name, end), name):
                        counts["extracted"] += 1
                        if not counts["extracted"] % 10_000:
                            progress(counts["extracted"], counts["bytes"])
                        yield line
                    reader.check(name, counts["extracted"] - before)
                    counts["bytes"] += os.path.getsize(local)
                    landed[name] = [size, stamp, _digest(local), counts["extracted"] - before, 0]

        while fresh:
            with self._at_hand(files[fresh[0]][0]) as local, opened(local, fresh[0]) as stream:
                columns = self._reader(stream, table, fresh[0]).columns
            raw.prepare([*columns, *META])
            names = [c.name for c in raw.columns]
            counts["landed"] += raw.wire.copy_in(
                raw.schema, raw.name, [*names, "_dlt_load_id", "_op"], blocks(lines(columns))
            )
        return landed

    def whole(self, table: Table, raw: Raw, state: State) -> tuple[list[str], str]:
        """Read all files that were landed into `incoming`, the last row of each key in each file."""
        files = self._list(table)
        self._know(table, raw)
        made = False
        for name, (path, _, _) in files.items():
            with self._at_hand(path) as local, opened(local, name) as stream:
                reader = self._reader(stream, table, name)
                names = [c.name for c in raw.prepare([*reader.columns, *META])]
                if not made:
                    raw.adopt()
                    raw.incoming(", _dlt_new boolean")
                    made = True
                for column in reader.columns:
                    raw.wire.execute(f"alter table incoming add if not exists {quoted(column.name)} {column.type}")
                raw.wire.copy_in(None, "incoming", names, blocks(sound(reader.lines(name, "\n"), name)))
                fresh = state.get("files", {}).get(name, [None, None, None])[2] != _digest(local)
                raw.wire.execute("update incoming set _dlt_new = $1 where _file = $2", fresh, name) if fresh else None
        if not made:
            raw.prepare(_declared(table))
            raw.adopt()
            raw.incoming(", _dlt_new boolean")
        raw.adopt()
        mark(raw, table.key, "incoming", last=table.repeats == "last")
        return ["_file", *table.key], "as received"


def _declared(table: Table) -> list[Column]:
    """The columns a table has before its first file came."""
    kind = table.settings.get("type") or (table.path or "")
    document = ["document"] if "json" in kind else [name for name in table.columns if not name.startswith("_")]
    names = dict.fromkeys([*table.key, *document])
    return [*(Column(name, "jsonb" if name == "document" else "text") for name in names), *META]


def _digest(path: str) -> str:
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "blake2b").hexdigest()[:32]
