"""CSV by PostgreSQL's own COPY: UTF-8, a header, commas, quotes where needed; NULL is nothing, an empty text is "".

A text that begins as a formula does is written with an apostrophe before it, so that no spreadsheet computes it. The
server does that while it writes; numbers and dates stay as they are.
"""

import csv
import hashlib
import io

from weir.access.exports.columns import Column
from weir.access.exports.work import Work, Written, quoted

# = + - @ tab, line feed, carriage return, and the wide forms of the first four, which some spreadsheets take as well.
_STARTS = "=+-@\t\n\r＝＋－＠"
_NUMBER = "^[-+]?[0-9]+([.,][0-9]+)*$"  # is no formula, and whoever mends a source must see it as it is
_GUARDED = {"text"}


def write(work: Work) -> Written:
    """Write the file; its digest is taken on the way."""
    guard = not work.formulas
    expressions = [_safe(column) if guard else quoted(column.name) for column in work.columns]
    header = io.StringIO()
    names = [_safe_name(column.name) if guard else column.name for column in work.columns]
    csv.writer(header, lineterminator="\n").writerow(names)
    digest = hashlib.sha256()
    with work.path.open("wb", buffering=0) as file:
        digest.update(header.getvalue().encode())
        file.write(header.getvalue().encode())
        for block in work.copied(expressions, "csv"):
            digest.update(block)
            view = memoryview(block)
            while view:  # a write to a full disk may take a part and say so with the next one
                view = view[file.write(view) :]
    note = "an apostrophe stands before texts, numbers apart, that begin with = + - @, a tab or a line end"
    notes = {column.name: note for column in work.columns if guard and column.kind in _GUARDED}
    return Written({column.name: column.type for column in work.columns}, notes, digest.hexdigest())


def _safe(column: Column) -> str:
    """The column's value, as no formula. `ascii` is the number of the first character, and cheap."""
    name = quoted(column.name)
    if column.kind not in _GUARDED:
        return name
    numbers = ",".join(str(ord(letter)) for letter in _STARTS)
    starts = f"ascii({name}::text) = any('{{{numbers}}}'::int[]) and {name}::text !~ '{_NUMBER}'"
    return f"case when {starts} then '''' || {name}::text else {name}::text end"


def _safe_name(name: str) -> str:
    return f"'{name}" if name[:1] in _STARTS else name
