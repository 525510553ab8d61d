"""Describes the files of a folder or a bucket: which are one table, how they are written, what their columns hold.

In: the address of the folder. Out: Tables with the `path` and `format` that landing needs, samples, and counts over all
rows of all files. What is no table is told in one line each. Reads only.
"""

import random
import time
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import orjson

from ingest.connectors.files.describing import looks
from ingest.connectors.files.describing.alike import clusters, format_of, left_out, name_apart, spread
from ingest.connectors.files.describing.cells import records
from ingest.connectors.files.describing.columns import columns_of_group, only_moments
from ingest.connectors.files.describing.grouping import Group, exact, groups, matches, table_name
from ingest.connectors.files.describing.looks import Look, junk, look, reader_of
from ingest.connectors.files.folder import Place
from ingest.connectors.paths import text_at
from ingest.connectors.tally import Tally
from weir.core.errors import WeirError
from weir.project.plan import Source
from weir.project.scaffold.described import Counted, Sample, Table, Test

LOOKED, LOOKED_FAR = 60, 12  # files of a group that are looked at: in a folder, and in a bucket or of workbooks
SAMPLED, SAMPLED_FAR = 40, 6  # files that a sample reads
SECONDS = 3.0  # a sample reads so long
MOST_COUNTED = 60  # columns of a table that are all read to be counted; of a wider one only those that are asked for
LOOKED_INTO = 5000  # rows by which the columns are described


class Describer:
    """One folder or bucket."""

    def __init__(self, connection: str, url: str) -> None:
        self.place = Place(Source(name=connection.lower(), connection=connection), url)
        self.files: dict[str, list[Any]] = {}
        self.of: dict[str, list[str]] = {}  # the files of each table
        self.tallies: dict[str, Tally] = {}

    def close(self) -> None:
        """Remove what was counted in."""
        for tally in self.tallies.values():
            tally.close()
        self.tallies = {}

    def tables(self, schemas: Sequence[str]) -> list[Table]:
        """A table for each set of files that belong together; a folder has no schemas."""
        self.files = self.place.walk()
        why = {name: junk(name, facts[1]) for name, facts in self.files.items()}
        found: list[Table] = []
        for group in groups([name for name, reason in why.items() if not reason]):
            found += self._tables_of(group, why)
        name_apart(found)
        self.of = {table.name: self.of[str(id(table))] for table in found}
        return found + left_out(why)

    def _tables_of(self, group: Group, why: dict[str, str]) -> list[Table]:
        """The tables of a group; what can't be read is put into `why`."""
        far = not self.place.local or group.ending.startswith("xls")
        seen = {}
        for name in spread(group.files, LOOKED_FAR if far else LOOKED):
            try:
                seen[name] = look(self.place, name, self.files[name][0])
            except WeirError as fault:
                why[name] = str(fault).removeprefix(name).lstrip(": ")
            except OSError as fault:
                why[name] = f"can't be read: {fault.strerror}"
        readable = [name for name in group.files if not why[name]]
        found = clusters(seen)
        most = max(found, key=len, default=[])
        if len(most) > len(seen) * 0.8:
            those = {name: each for name, each in seen.items() if name in most}
            made = self._tables_alike(readable, group.patterns, those, why)
            odd = [name for name in seen if name not in most]
            for table in made:
                table.notes += [f"{name} has other columns, or is written in another way: move it away" for name in odd]
            return made
        return [table for name in seen for table in self._tables_alike([name], [], {name: seen[name]}, why)]

    def _tables_alike(self, names: list[str], patterns: list[str], seen: dict[str, list[Look]],
                      why: dict[str, str]) -> list[Table]:  # fmt: skip
        names_of_all = [name for name in self.files if why.get(name) != "is hidden"]
        path = exact(names, patterns, names_of_all) or patterns[-1]
        stray = [name for name in names_of_all if name not in names and why[name] and matches(name, path)]
        made = []
        for sheet in dict.fromkeys(each.sheet for found in seen.values() for each in found):
            those = {name: each for name, found in seen.items() for each in found if each.sheet == sheet}
            table = self._table(path, names, those, len(seen), several=any(len(found) > 1 for found in seen.values()))
            table.notes += [f"{name} {why[name]}, and stops the landing: move it away" for name in stray]
            made.append(table)
        return made

    def _table(self, path: str, names: list[str], those: dict[str, Look], all_: int, several: bool) -> Table:
        first = next(iter(those.values()))
        name = table_name(path)
        table = Table(f"{name}_{table_name(first.sheet)}" if several and first.sheet else name, kind="files")
        table.meta = {"path": path, **format_of(list(those.values()))}
        faults = [each.fault for each in those.values() if each.fault]
        if faults or len(those) < all_:
            table.left_out = f"{names[0]}, sheet {first.sheet!r}: " + (faults[0] if faults else "is not in every file")
        table.bytes = sum(self.files[each][1] or 0 for each in names)
        self.of[table.name] = self.of[str(id(table))] = names
        if not table.left_out:
            told = not first.documents and len(those) == len(names)  # the headers say it all
            columns_of_group(table, those, [] if told else self._chosen(table, LOOKED_INTO, SECONDS / 3)[0])
        return table

    def sample(self, table: Table, rows: int) -> Sample:
        """Rows from all over the table's files, by chance; the same ones each time."""
        chosen, whole = self._chosen(table, rows, SECONDS)
        held = list(_as_told(table, chosen))
        values = {column.name: [row[n] for row in held] for n, column in enumerate(table.columns)}
        if str(table.meta["path"]).lower().endswith((".xlsx", ".xlsm")):
            values = only_moments(values)
        return Sample(values, len(held), whole)

    def _chosen(self, table: Table, rows: int, seconds: float) -> tuple[list[tuple[list[str], list[str | None]]], bool]:
        """Readable records by chance, with the names of their columns; and whether these are all."""
        files, held = self.of[table.name], list[tuple[list[str], list[str | None]]]()
        seen, chance = 0, random.Random(0)
        picked = spread(files, SAMPLED if self.place.local else SAMPLED_FAR)
        begun, whole = time.monotonic(), len(picked) == len(files)
        for number, name in enumerate(picked, 1):
            until = begun + seconds * number / len(picked)
            for record in self._records(table, name):
                seen += 1
                if len(held) < rows:
                    held.append(record)
                elif (at := chance.randrange(seen)) < rows:
                    held[at] = record
                if not seen % 100 and time.monotonic() > until:
                    whole = False
                    break
        return held, whole and seen == len(held)

    def count(self, table: Table, tests: Sequence[Test], seconds: float) -> Counted:
        """Count over all rows of all files: the first call for a table reads them, later ones only if they must."""
        deadline = time.monotonic() + seconds
        wanted = {name for test in tests for name in test.columns}
        tally = self.tallies.get(table.name)
        if tally is None or not wanted <= set(tally.columns):
            if tally:
                self.tallies.pop(table.name).close()
            some = len(table.columns) > MOST_COUNTED  # else all of them, so that the files are read once
            at = [n for n, column in enumerate(table.columns) if not some or column.name in wanted]
            tally = Tally([table.columns[n].name for n in at])
            told = _as_told(table, (each for name in self.of[table.name] for each in self._records(table, name)))
            rows = ([cells[n] for n in at] for cells in told) if some else told
            if not tally.load(rows, deadline):
                tally.close()
                return Counted(None, (None,) * len(tests))
            self.tallies[table.name] = tally
        return tally.count(tests, deadline)

    def _records(self, table: Table, name: str) -> Iterator[tuple[list[str], list[str | None]]]:
        """The file's readable records: the names of the columns, and the cells."""
        settings = looks.table_of(table.meta.get("format") or {}).settings  # type: ignore[arg-type]
        with reader_of(self.place, name, self.files[name][0], settings) as reader:
            names = [column.name for column in reader.columns]
            for cells, fault in records(reader, name):
                if not fault:
                    yield names, cells


def _as_told(table: Table, rows: Iterable[tuple[list[str], list[str | None]]]) -> Iterator[list[str | None]]:
    """The cells of records in the order of the table's columns, fields of documents by their paths."""
    names, at, same = list[str](), list[int | None](), False
    paths = [column.path for column in table.columns]
    for each, cells in rows:
        if each == ["document"] and any(paths):
            document = orjson.loads(cells[0] or "{}")
            yield [text_at(document, path) for path in paths]
            continue
        if each is not names:
            names, own = each, {name.lower(): n for n, name in enumerate(each)}
            at = [own.get(column.name.lower()) for column in table.columns]
            same = at == list(range(len(names)))
        yield cells if same else [None if n is None else cells[n] for n in at]
