"""Gives what waits in quarantine out, for whoever owns the source: one file per model, or a sheet per model of an XLSX.

In: a model or all, a file. Out: the files with their dictionaries, written down in `ops.exports` as every export is;
personal values are covered, unless they are asked for with a reason, which `ops.disclosures` keeps. The formats, the
places and the record are those of `weir export`.
"""

import hashlib
import os
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import PurePosixPath
from typing import Any
from urllib.parse import urlsplit

import psycopg

from weir import warehouse
from weir.access.carried import read_lineage
from weir.access.disclosures import disclose
from weir.access.exports import dictionary, place
from weir.access.exports.formats import format_of, writer
from weir.access.exports.formats import xlsx as sheets
from weir.access.exports.reading import BEGIN, SETTINGS, Source
from weir.access.exports.record import Entry
from weir.access.exports.work import Work, Written
from weir.access.quarantine.lines import Place, lines
from weir.access.veil import Veil
from weir.core.errors import WeirError
from weir.core.pulse import pulse
from weir.core.settings import project_dir
from weir.ledger.found import with_found
from weir.project.plan import Table
from weir.project.sources import read_plan
from weir.warehouse import Role

_LONGEST_TITLE = 31  # characters of a sheet's name
_OPEN = """
select model, count(*) from quality.quarantine
where resolved_at is null and (%(model)s::text is null or model = %(model)s) group by 1 order by 1"""
_PLACES = "select distinct on (model) model, source, table_name from ops.ledger order by model, built_at desc"


@dataclass(frozen=True)
class Out:
    """A file that was given out: the models in it, and their rows."""

    to: str
    rows: dict[str, int]
    masked: tuple[str, ...]


def give(to: str, model: str | None, for_whom: str, because: str = "", replace_it: bool = False,
         formulas: bool = False) -> list[Out]:  # fmt: skip
    """Write the files; `because` is the reason for values in clear. Raises WeirError; an empty list: nothing waits."""
    form = format_of(to)
    with closing(warehouse.connect(autocommit=True)) as connection:
        connection.execute(BEGIN)
        for setting, value in SETTINGS.items():
            connection.execute("select set_config(%s, %s, true)", [setting, value])
        models = [row[0] for row in connection.execute(_OPEN, {"model": model}).fetchall()]
        if not models:
            taken = connection.execute("select exists (select from ops.ledger where model = %s)", [model]).fetchone()
            if model and taken != (True,):
                raise WeirError(
                    f"no staging model {model!r} has taken anything: `weir quarantine` lists those that have"
                )
            return []
        sources = _sources(connection, models, in_clear=bool(because))
        groups = [sources] if form == "xlsx" else [[each] for each in sources]
        given = []
        for group in groups:
            name = to if len(groups) == 1 else _named(to, group[0].name)
            given.append(_write(name, form, group, for_whom, because, replace_it, formulas))
    return given


def _write(to: str, form: str, sources: Sequence[Source], for_whom: str, because: str, replace_it: bool,
           formulas: bool) -> Out:  # fmt: skip
    """Write one file with the rows of these models."""
    names = [each.name for each in sources]
    masked = tuple(dict.fromkeys(c.name for each in sources for c in each.columns if c.mark and not c.clear))
    in_clear = tuple(dict.fromkeys(c.name for each in sources for c in each.columns if c.clear))
    with Entry() as entry, place.drafts(to, replace_it) as drafts:
        entry.begin({
            "role": sources[0].role, "for_whom": for_whom, "what": f"quarantine: {', '.join(names)}", "format": form,
            "columns": list(dict.fromkeys(c.name for each in sources for c in each.columns)), "masked": list(masked),
            "in_clear": list(in_clear), "because": because or None, "destination": to,
        })  # fmt: skip
        works = [Work(each, drafts.data, formulas) for each in sources]
        with pulse("export", lambda: f"{sum(work.taken for work in works) / 2**20:,.0f} MB"):
            columns, written = _filled(form, works)
        rows = {work.source.name: work.rows for work in works}
        facts = {"for": for_whom, "from": f"what waits in quarantine of {', '.join(names)}",
                 "rows": f"{sum(rows.values()):,}", "export": str(entry.number)}  # fmt: skip
        if written.workbook:
            dictionary.add_sheet(written.workbook, facts, columns, written)
            written.workbook.save(drafts.data)
        with drafts.data.open("rb") as file:
            digest = written.digest or hashlib.file_digest(file, "sha256").hexdigest()
        entry.found = {"rows": sum(rows.values()), "bytes": drafts.data.stat().st_size, "digest": digest}
        if because:
            with warehouse.connect() as connection:
                disclose(connection, "quarantine export", because, sum(rows.values()), ", ".join(names))
        dictionary.write(drafts.dictionary, PurePosixPath(to).name, {**facts, "sha256": digest}, columns, written)
    return Out(to, rows, masked)


def _filled(form: str, works: Sequence[Work]) -> tuple[list[Any], Written]:
    """Write the rows; of an XLSX a sheet for each model, and the dictionary names the model before the column."""
    if form != "xlsx":
        return list(works[0].columns), writer(form)(works[0])
    from openpyxl import Workbook

    book = Workbook(write_only=True)
    columns, told = [], Written(workbook=book)
    for work, title in zip(works, _titles([work.source.name for work in works]), strict=True):
        written = sheets.add(book, title, work)
        columns += [replace(column, name=f"{title}: {column.name}") for column in work.columns]
        told.types |= {f"{title}: {name}": text for name, text in written.types.items()}
        told.notes |= {f"{title}: {name}": text for name, text in written.notes.items()}
    return columns, told


def _titles(names: Sequence[str]) -> list[str]:
    """A name for each sheet: the model's, cut where a sheet's name can't be that long."""
    found: list[str] = []
    for name in names:
        title, number = name[:_LONGEST_TITLE], 2
        while title in found:
            title, number = f"{name[: _LONGEST_TITLE - 3]} {number}", number + 1
        found.append(title)
    return found


def _named(to: str, model: str) -> str:
    """The name of the file of one model among several: rows.csv becomes rows.stg_app__users.csv."""
    stem, dot, suffix = to.rpartition(".")
    return f"{stem}.{model}{dot}{suffix}"


def _sources(connection: psycopg.Connection, models: Sequence[str], in_clear: bool) -> list[Source]:
    """What is read of each model, in one snapshot."""
    row = connection.execute("select current_user::text, pg_export_snapshot()").fetchone()
    assert row
    lineage = read_lineage()
    places = _places(connection)
    found = []
    for model in models:
        veil = Veil(lineage, model)
        select, columns = lines(connection, model, places.get(model, Place("", "")), veil, in_clear)
        found.append(
            Source(
                connection,
                model,
                select,
                None,
                columns,
                row[0],
                None,
                warehouse.url_of(Role.PUBLISHER),
                row[1],
                SETTINGS,
            )
        )
    return found


def _places(connection: psycopg.Connection) -> dict[str, Place]:
    """Where the rows of each model come from, as the sources are declared now."""
    declared: dict[tuple[str, str], tuple[Table, str]] = {}
    for source in read_plan(project_dir()).sources:
        for table in with_found(connection, source).tables:
            declared[source.name, table.as_landed().name] = (table, _address(os.environ.get(source.connection, "")))
    found = {}
    for model, source_name, table_name in connection.execute(_PLACES).fetchall():
        known = declared.get((source_name, table_name))
        if known is None:
            found[model] = Place(source_name, table_name)
            continue
        table, where = known
        origin = table.origin or table.path or table.endpoint.get("path") or table.name
        found[model] = Place(source_name, table_name, where, str(origin), table.as_landed().key)
    return found


def _address(url: str) -> str:
    """Kind and host of an address, without account, password and parameters; of a folder its path."""
    try:
        parts = urlsplit(url)
        host = f"{parts.hostname or ''}{f':{parts.port}' if parts.port else ''}"
    except ValueError:
        return ""
    kind = parts.scheme.split("+")[0]
    return f"{kind} {host or '/' + parts.path.lstrip('/')}".strip() if kind in {"file", "sqlite"} or host else kind
