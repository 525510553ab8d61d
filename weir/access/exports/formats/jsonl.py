"""JSON lines: one object per row, by PostgreSQL's own row_to_json; numbers keep all digits, moments are ISO 8601."""

import hashlib

from weir.access.exports.work import Work, Written

_JSON = {"integer": "number", "numeric": "number", "float": "number", "boolean": "boolean", "json": "as it is"}


def write(work: Work) -> Written:
    """Write the file; its digest is taken on the way."""
    digest = hashlib.sha256()
    with work.path.open("wb") as file:
        for block in work.copied(["row_to_json(q)"], "text"):
            plain = _unescaped(block)
            digest.update(plain)
            file.write(plain)
    types = {column.name: f"{_JSON.get(column.kind, 'string')} ({column.type})" for column in work.columns}
    notes = {
        column.name: "NaN and Infinity are strings" for column in work.columns if column.kind in ("float", "numeric")
    }
    return Written(types, notes, digest.hexdigest())


def _unescaped(block: bytes) -> bytes:
    """The block without the escapes of COPY: a doubled backslash is JSON's own, a single one stands for a blank.

    A json value may hold line ends and tabs between its parts, never within a string.
    """
    plain = block.replace(b"\\\\", b"\0")
    if b"\\" in plain:
        for blank in (b"\\n", b"\\r", b"\\t"):
            plain = plain.replace(blank, b" ")
    return plain.replace(b"\0", b"\\")
