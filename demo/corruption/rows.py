"""Corrupts rows of the databases, mends them again, and keeps the manifest up to date.

In: the databases, the manifest, the kinds. Out: corrupt rows; the manifest's `detail` keeps the value from before.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np

from demo.corruption.kinds import KINDS, Kind, choose
from demo.corruption.manifest import CHILDREN, Entry, Manifest
from demo.systems.databases import Databases

_SAMPLE = 20_000  # rows are chosen among so many
# Tables with parents: the child, its key, the column that names the parent, the parent.
_BELOW = [
    ("app", "users", "user_id", "account_id", "accounts"),
    ("app", "subscriptions", "subscription_id", "account_id", "accounts"),
    ("billing", "invoices", "invoice_id", "customer_ref", "customers"),
    ("billing", "invoice_lines", "line_id", "invoice_id", "invoices"),
    ("billing", "payments", "payment_id", "invoice_id", "invoices"),
    ("helpdesk", "satisfaction_ratings", "id", "ticket_id", "tickets"),
]


def _read(kind: Kind, column: str) -> str:
    return f"json_extract(document, '$.{column}')" if kind.source == "helpdesk" and column != "id" else column


def spoil(
    databases: Databases, manifest: Manifest, kind: Kind, count: int, generator: np.random.Generator,
    since: str | None = None, moment: str | None = None,
) -> int:  # fmt: skip
    """Corrupt up to `count` rows of the kind.

    In a tick only rows changed after `since`, which get the time `moment`.
    """
    recent = f" and {_read(kind, kind.recent)} >= ?" if since else ""
    source = f"from {kind.table} where {kind.where}{recent}"
    parameters = [since] if since else []
    total = int(databases.run(kind.source, f"select count(*) {source}", parameters)[0][0])
    offset = int(generator.integers(0, max(1, total - _SAMPLE)))
    columns = [kind.key, kind.column, kind.parent[0] if kind.parent else kind.key, kind.other or kind.key]
    select = ", ".join(_read(kind, column) for column in columns)
    rows = databases.run(
        kind.source, f"select {select} {source} order by {kind.key} limit {_SAMPLE} offset {offset}", parameters
    )
    taken = _taken(manifest, kind.table)
    # the original of a copy is not corrupted, or the copy would no longer equal it
    bad = _taken(manifest, kind.parent[1]) if kind.parent else set()
    done = 0
    for place in choose(generator, len(rows), len(rows)):
        key, value, parent, other = rows[place]
        luck = int(generator.integers(0, 2**31))
        if done == count:
            break
        if str(key) in taken or str(parent) in bad:
            continue
        wrong = kind.spoil(value, other, luck)
        if kind.copy:
            entry = _copy(databases, kind, str(key), wrong, moment)
        else:
            detail = {"column": kind.column, "was": None if value is None else str(value), "is": wrong}
            entry = Entry(kind.source, kind.table, str(key), kind.name, kind.known, detail)
            write(databases, entry, kind.key, wrong, moment)
        manifest.add(entry)
        done += 1
    return done


def _taken(manifest: Manifest, table: str) -> set[str]:
    return manifest.keys(table) | {str(entry.detail.get("of")) for entry in manifest.of(table)}


def write(databases: Databases, entry: Entry, key: str, value: str | None, moment: str | None) -> None:
    """Set the entry's column to the value, and the row's time of update to `moment` where given."""
    column, parameters = entry.detail["column"], [value]
    if entry.source == "helpdesk":
        if column == "ticket_id":
            parameters = [int(value)]  # type: ignore[list-item, arg-type]
        touched = ", '$.updated_at', ?), updated_at = ?" if moment else ")"
        change = f"document = json_set(document, '$.{column}', ?{touched}"
        parameters += [moment, moment] if moment else []
    else:
        change = f"{column} = ?" + (", updated_at = ?" if moment else "")
        parameters += [moment] if moment else []
    statement = f"update {entry.table} set {change} where {key} = ?"
    databases.run(entry.source, statement, [*parameters, int(entry.key) if entry.key.isdigit() else entry.key])


def _copy(databases: Databases, kind: Kind, key: str, wrong: str, moment: str | None) -> Entry:
    """Insert a corrupt copy of a sound row; an invoice is copied with all its lines."""
    new_key = f"{kind.copy}{key}"
    _insert_copies(databases, kind.table, kind.key, key, {kind.key: new_key, kind.column: wrong}, moment)
    if kind.table == "invoices":
        for (line,) in databases.run("billing", "select line_id from invoice_lines where invoice_id = ?", [key]):
            changed = {"line_id": f"{kind.copy}{line}", "invoice_id": new_key}
            _insert_copies(databases, "invoice_lines", "line_id", line, changed, moment)
    return Entry(kind.source, kind.table, new_key, kind.name, kind.known, {"of": key, "extra": True})


def _insert_copies(
    databases: Databases, table: str, key: str, value: str, changed: dict[str, str], moment: str | None
) -> None:
    from demo.systems.billing_store import COLUMNS, insert

    columns = COLUMNS[table].split()
    (row,) = databases.run("billing", f"select {', '.join(columns)} from {table} where {key} = ?", [value])
    values = dict(zip(columns, row, strict=True)) | changed | ({"updated_at": moment} if moment else {})
    insert(databases.billing, table, [tuple(values.values())])


def mend(databases: Databases, manifest: Manifest, entry: Entry, moment: str) -> None:
    """Mend the entry's row at the source; a copy is deleted, with its children."""
    kind = next(kind for kind in KINDS if kind.name == entry.kind)
    if entry.detail.get("extra"):
        databases.run("billing", f"delete from {entry.table} where {kind.key} = ?", [entry.key])
        if entry.table == "invoices":
            databases.run("billing", "delete from invoice_lines where invoice_id = ?", [entry.key])
    else:
        write(databases, entry, kind.key, entry.detail["was"], moment)
    manifest.drop([entry])


def list_children(databases: Databases, manifest: Manifest) -> None:
    """List again the children of corrupt rows: they are sound, and held back because of their parent."""
    for source, table, key, column, parent in _BELOW:
        manifest.drop(manifest.of(table, *CHILDREN))
        rejected, held = manifest.keys(parent, known="staging"), manifest.keys(parent, known="intermediate")
        own = manifest.keys(table)
        reference = f"json_extract(document, '$.{column}')" if source == "helpdesk" else column
        for why, parents in (("child_of_quarantined", rejected), ("child_of_held_back", held - rejected)):
            keys: Sequence[Any] = [int(name) if name.isdigit() else name for name in sorted(parents)]
            statement = f"select {key}, {reference} from {table} where {reference} in"
            for child, name in databases.within(source, statement, keys):
                if str(child) not in own:
                    manifest.add(Entry(source, table, str(child), why, "intermediate", {"parent": str(name)}))
