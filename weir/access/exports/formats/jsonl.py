"""JSON lines: one object per row, by PostgreSQL's own row_to_json; numbers keep all digits, moments are ISO 8601."""

import hashlib

from weir.access.exports.work import Work, Written, quoted

_JSON = {"integer": "number", "numeric": "number", "float": "number", "boolean": "boolean", "json": "as it is"}


def write(work: Work) -> Written:
    """Write the file; its digest is taken on the way."""
    # A json value may hold line ends between its parts; within a string JSON writes them as \n.
    line = r"translate(row_to_json(q)::text, E'\n\r\t', '   ')"
    work.select = f"select {', '.join(quoted(column.name) for column in work.columns)} from (\n{work.select}\n) as r"
    digest = hashlib.sha256()
    with work.path.open("wb") as file:
        for block in work.copied([line], "format text"):
            plain = block.replace(b"\\\\", b"\\")  # all that COPY escapes in a line without control characters
            digest.update(plain)
            file.write(plain)
    types = {column.name: f"{_JSON.get(column.kind, 'string')} ({column.type})" for column in work.columns}
    notes = {
        column.name: "NaN and Infinity are strings" for column in work.columns if column.kind in ("float", "numeric")
    }
    return Written(types, notes, digest.hexdigest())
