"""Files in a folder or a bucket: lands CSV, JSON, Parquet and XLSX, gzipped or not, from any address fsspec knows.

In: the source's folder and the table's `path` pattern. Out: the rows of each new file as received, unreadable lines
included, with `_file`, `_line`, `_text`, `_error`, `_escaped`. A file is recognised by name, size, time and digest. An
unchanged file is not read; a changed file is compared row by row; the rows of a missing file become tombstones.
"""

import asyncio
import hashlib
import os
from collections import deque
from collections.abc import Iterator
from typing import Any, BinaryIO

from ingest.connectors.base import META, Progress, State, check_columns
from ingest.connectors.fields import Fields
from ingest.connectors.files.changes import forget, replace, restore, rows_now
from ingest.connectors.files.folder import Place
from ingest.connectors.files.formats import open_reader
from ingest.connectors.files.packed import BROKEN, damaged, opened, sound
from ingest.connectors.files.reader import Reader, adopt_names, describe_header
from ingest.connectors.repeats import Repeats, mark
from ingest.raw.columns import Column, quoted
from ingest.raw.copy_text import blocks
from ingest.raw.table import Raw
from weir.core.causes import Cause
from weir.core.errors import WeirError, anew, caused
from weir.project.names import shortened
from weir.project.plan import Source, Table

READ_AS = 2  # raised when files are read in another way: all files are then read again


class Connector:
    """One folder or bucket."""

    lands_in_lake = True

    def __init__(self, source: Source, url: str, loop: asyncio.AbstractEventLoop) -> None:
        self.place = Place(source, url)
        self.names: set[str] = set()  # names of columns that raw has or the table declares
        self.renamed: dict[str, None] = {}

    def close(self) -> None:
        """Do nothing: no file is open between tables."""

    @caused(Cause.FILE_DAMAGED)
    def land(self, table: Table, raw: Raw, state: State, full: bool, progress: Progress) -> tuple[State, State]:
        """Land new and changed files, and tombstones for the rows of missing files."""
        files, known = self.place.files(table), dict(state.get("files", {}))
        read_as = [READ_AS, table.settings, table.read_as, table.key, table.repeats]
        # files that were read in another way are read again
        full = state.get("as") != read_as or (full and not raw.in_lake)
        self._know(table, raw)
        counts = {"extracted": 0, "landed": 0, "deleted": 0, "bytes": 0}
        repeats, last = Repeats(), table.repeats == "last"
        gone = [name for name in known if name not in files]
        changed = [name for name, seen in files.items() if name in known and (full or known[name][:2] != seen[1:])]
        if gone or changed:
            raw.fetch_files([*gone, *changed])
        if gone:
            self.place.see_gone(gone)
            raw.adopt()
            forget(raw, table.key, gone, counts)
            known = {name: each for name, each in known.items() if name in files}
        for name in changed:
            path, size, stamp = files[name]
            with self.place.fetched(path) as local:
                digest = _digest(local)
                if full or known[name][2] != digest:
                    read, found = self._land_changed(table, raw, name, local, counts, progress)
                    repeats.add(found)
                    known[name][3:] = [read, found.duplicates.get(name, 0)]
            known[name] = [size, stamp, digest, *known[name][3:]]
        if raw.in_lake and counts["deleted"]:  # before new files: their rows are not at hand, and must stand last
            counts["landed"] += self._restore(table, raw)
        fresh = [name for name in files if name not in known]
        known |= self._land_fresh(table, raw, files, deque(fresh), counts, progress)
        if raw.erased:
            raw.adopt()
            raw.hold_back(table.key)
        self.place.refuse_changed(files, known)
        how = "files" if counts["extracted"] or counts["landed"] else "nothing new" if files else "no file matches"
        rows = state.get("rows")
        if not known or how == "files":
            if not known:
                raw.prepare(_declared(table))
            raw.adopt()
            if counts["deleted"] and not raw.in_lake:
                counts["landed"] += self._restore(table, raw)
            records: int = sum(each[3] for each in known.values())
            rows = rows_now(raw, table.key, records)
            if fresh and rows != records:
                found = mark(raw, table.key, raw.relation, f"_dlt_load_id = '{raw.load_id}' and _op = 'upsert'", last)
                for name in fresh:
                    known[name][4] = found.duplicates.get(name, 0)
                repeats.add(found)
                rows = rows_now(raw, table.key, records) if found.conflicts else rows
        else:
            raw.adopt()
        how = ", ".join([how, *repeats.words(), *(f"column {each}" for each in self.renamed)])
        counts["duplicates"] = sum(each[4] for each in known.values())
        facts = {"how": how, "promise": "as received", "source_rows": rows, **counts}
        return facts, {"files": known, "rows": rows, "as": read_as}

    def _restore(self, table: Table, raw: Raw) -> int:
        """Append again the rows of other files that have the keys of this landing's tombstones."""
        raw.adopt()
        if table.key:
            raw.fetch_keys(table.key, raw.relation, f"_dlt_load_id = '{raw.load_id}' and _op = 'delete'")
        return restore(raw, table.key)

    def _know(self, table: Table, raw: Raw) -> None:
        declared = [*table.key, *table.columns, *([table.cursor] if table.cursor else [])]
        self.names = raw.names() | set(map(shortened, declared))
        self.renamed = {}

    def _reader(self, stream: BinaryIO, table: Table, name: str) -> Reader:
        """The file's reader, with its columns named as in raw and in the declaration."""
        try:
            reader = open_reader(stream, table, name)
        except BROKEN:
            raise damaged(name) from None
        if reader.documents:
            reader.fields = Fields(table)
        else:
            self.renamed |= dict.fromkeys(adopt_names(reader, self.names, name))
            names = [c.name for c in reader.columns]
            try:
                reader.leave_out(check_columns(table, names, "" if reader.typed else describe_header(names)))
            except WeirError as fault:
                raise anew(f"{name}: {fault}", fault) from None
            self.names |= set(names)
        return reader

    def _land_changed(self, table: Table, raw: Raw, name: str, local: str, counts: dict[str, int],
                      progress: Progress) -> tuple[int, Repeats]:  # fmt: skip
        """Compare a changed file with its rows in raw; returns the number of its records, and the repeated keys."""
        with opened(local, name) as stream:
            reader = self._reader(stream, table, name)
            names = [c.name for c in raw.prepare([*reader.columns, *META])]
            raw.adopt()  # a column that the file no longer has is NULL from now on
            raw.incoming()
            rows = raw.wire.copy_in(None, "incoming", names, blocks(sound(reader.lines(name, "\n"), name)))
            reader.refuse_unreadable(name, rows)
            repeats = replace(raw, table.key, name, counts, table.repeats == "last")
            raw.wire.execute("drop table incoming")
        counts["extracted"] += rows
        counts["bytes"] += os.path.getsize(local)
        progress(counts["extracted"], counts["bytes"])
        return rows, repeats

    def _land_fresh(self, table: Table, raw: Raw, files: dict[str, list[Any]], fresh: deque[str],
                    counts: dict[str, int], progress: Progress) -> dict[str, list[Any]]:  # fmt: skip
        """COPY new files straight into raw, files with equal columns in one COPY; returns the facts of each file."""
        landed: dict[str, list[Any]] = {}
        end = f"\t{raw.load_id}\tupsert\n"

        def lines(columns: list[Column]) -> Iterator[str | bytes]:
            while fresh:
                name = fresh[0]
                path, size, stamp = files[name]
                with self.place.fetched(path) as local, opened(local, name) as stream:
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
                    reader.refuse_unreadable(name, counts["extracted"] - before)
                    counts["bytes"] += os.path.getsize(local)
                    landed[name] = [size, stamp, _digest(local), counts["extracted"] - before, 0]

        while fresh:
            with self.place.fetched(files[fresh[0]][0]) as local, opened(local, fresh[0]) as stream:
                columns = self._reader(stream, table, fresh[0]).columns
            raw.prepare([*columns, *META])
            names = [c.name for c in raw.columns]
            counts["landed"] += raw.append([*names, "_dlt_load_id", "_op"], blocks(lines(columns)))
        return landed

    def read_all(self, table: Table, raw: Raw, state: State) -> tuple[list[str], str]:
        """Read all landed files into `incoming`, of each the last row of each key; equal columns share one COPY."""
        files, known = self.place.files(table), state.get("files", {})
        waiting, new = deque(files), []
        self._know(table, raw)

        def lines(columns: list[Column]) -> Iterator[str | bytes]:
            while waiting:
                name = waiting[0]
                with self.place.fetched(files[name][0]) as local, opened(local, name) as stream:
                    reader = self._reader(stream, table, name)
                    if reader.columns != columns:
                        return
                    waiting.popleft()
                    if known.get(name, [None, None, None])[2] != _digest(local):
                        new.append(name)
                    yield from sound(reader.lines(name, "\n"), name)

        made = False
        while waiting:
            with self.place.fetched(files[waiting[0]][0]) as local, opened(local, waiting[0]) as stream:
                columns = self._reader(stream, table, waiting[0]).columns
            names = [c.name for c in raw.prepare([*columns, *META])]
            if not made:
                raw.adopt()
                raw.incoming(", _dlt_new boolean")
                made = True
            for column in columns:
                raw.wire.execute(f"alter table incoming add if not exists {quoted(column.name)} {column.type}")
            raw.wire.copy_in(None, "incoming", names, blocks(lines(columns)))
        if not made:
            raw.prepare(_declared(table))
            raw.adopt()
            raw.incoming(", _dlt_new boolean")
        if new:
            raw.wire.execute("update incoming set _dlt_new = true where _file = any($1)", new)
        raw.adopt()
        found = mark(raw, table.key, "incoming", last=table.repeats == "last")
        raw.unique = not found.duplicates
        return ["_file", *table.key], "as received"


def _declared(table: Table) -> list[Column]:
    """The columns of a table before its first file."""
    kind = table.settings.get("type") or (table.path or "")
    document = ["document"] if "json" in kind else [name for name in table.columns if not name.startswith("_")]
    names = dict.fromkeys([*table.key, *document])
    return [*(Column(name, "jsonb" if name == "document" else "text") for name in names), *META]


def _digest(path: str) -> str:
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "blake2b").hexdigest()[:32]
