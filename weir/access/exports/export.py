"""Gives data out: one mart, or the answer to one question, as one file, from one snapshot of what is published.

In: a Wanted. Out: the file and its dictionary, a row of `ops.exports`, and a Given that tells of both. Personal data
are as published, masked, unless the clear values are asked for with a reason. Alone: `weir export`.
"""

import hashlib
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from weir import warehouse
from weir.access.disclosures import disclose
from weir.access.exports import dictionary, place, reading
from weir.access.exports.formats import format_of, writer
from weir.access.exports.record import Entry
from weir.access.exports.wanted import Given, Wanted
from weir.access.exports.work import Work
from weir.core.pulse import pulse


def export(wanted: Wanted) -> Given:
    """Write the file and its dictionary, or nothing. Raises WeirError."""
    form = format_of(wanted.to)
    wanted.check()
    # The entry is the outermost: it also knows of a file that could not take its name.
    with Entry() as entry, place.drafts(wanted.to, wanted.replace) as drafts, reading.opened(wanted) as source:
        masked = tuple(column.name for column in source.columns if column.mark and not column.clear)
        in_clear = tuple(column.name for column in source.columns if column.clear)
        facts: dict[str, Any] = {
            "role": source.role, "for_whom": wanted.for_whom, "share": wanted.share or None, "what": source.name,
            "statement": source.statement, "where_clause": wanted.where or None, "format": form,
            "columns": [column.name for column in source.columns], "masked": list(masked), "in_clear": list(in_clear),
            "because": wanted.because or None, "destination": wanted.to, "publication_id": source.publication,
        }  # fmt: skip
        entry.begin(facts)
        work = Work(source, drafts.data, wanted.formulas)
        with pulse("export", lambda: f"{work.taken / 2**20:,.0f} MB"):
            written = writer(form)(work)
        told = {"for": wanted.for_whom, "from": source.name, "rows": f"{work.rows:,}",
                "only where": wanted.where, "publication": str(source.publication or ""),
                "written": f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC", "export": str(entry.number)}  # fmt: skip
        if written.workbook:
            dictionary.add_sheet(written.workbook, told, source.columns, written)
            written.workbook.save(drafts.data)
        digest = written.digest or _digest(drafts.data)
        entry.found = {"rows": work.rows, "bytes": drafts.data.stat().st_size, "digest": digest}
        told |= {"sha256": digest}
        if wanted.with_pii:
            with warehouse.connect() as connection:
                disclose(connection, "export", wanted.because, work.rows, source.name)
        dictionary.write(drafts.dictionary, Path(wanted.to).name, told, source.columns, written)
    return Given(entry.number, wanted.to, wanted.to + dictionary.SUFFIX, publication=source.publication, masked=masked,
                 in_clear=in_clear, notes=written.notes, **entry.found)  # fmt: skip


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
