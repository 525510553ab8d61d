"""Acceptances: a person lets one rejected row through, or takes that back; the next build does it.

In: the key of a row that waits in quarantine, a reason. Out: a row of `quality.accepted`, which the materialization
`staged` reads. It holds for that version of the row and for its reasons. The caller holds the run lock, so that no
build is half-way.
"""

import re
import socket
from dataclasses import dataclass
from typing import Any

import psycopg

from weir.access.carried import Lineage
from weir.access.exports.record import user
from weir.access.lineage import Columns
from weir.core.errors import WeirError
from weir.core.settings import as_of, project_dir
from weir.ledger.staged import holds

_UNPARSED = re.compile(r"(.+) is not an? (integer|bigint|numeric|date|timestamp|time|boolean|double)")


@dataclass(frozen=True)
class Waiting:
    """A row that waits in quarantine."""

    model: str
    key: str
    load_id: str
    seq: int
    reasons: list[str]
    row: dict[str, Any]


def find(connection: psycopg.Connection, key: str, model: str | None) -> Waiting:
    """The row of this key that waits. Raises WeirError when there is none, or several, or it can't be let through."""
    found = connection.execute(_FIND, {"key": key, "model": model}).fetchall()
    rows = [Waiting(*row[:6]) for row in found if row[6] is None]
    if not rows and found:
        left = found[-1]
        raise WeirError(
            f"the row has left quarantine ({left[7]} {left[6]:%Y-%m-%d %H:%M}): there is nothing to accept; "
            "`weir quarantine --history` shows what has left"
        )
    if not rows:
        raise WeirError("no row with that key waits in quarantine: `weir quarantine MODEL` lists the newest keys")
    models = sorted({row.model for row in rows})
    if len(models) > 1:
        raise WeirError(f"that key waits in {' and in '.join(models)}: say which by --model")
    if len(rows) > 1:
        raise WeirError(f"several rows go by that key: name one as {' or '.join(repr(f'row {r.seq}') for r in rows)}")
    _refuse(connection, rows[0])
    return rows[0]


def _refuse(connection: psycopg.Connection, row: Waiting) -> None:
    """Raise WeirError where the row is none that could stand in staging, or was accepted before."""
    if not any((project_dir() / "models").rglob(f"{row.model}.sql")):
        raise WeirError(f"{row.model} is no longer in the project, so nothing would take the row in")
    if row.row.get("_error") is not None:
        raise WeirError(
            "the line can't be read, or its key stands in the file again, so there is no one row to let through: "
            "mend the file"
            if "_file" in row.row
            else "the source gave this key twice with different content, and which of them is right can't be known "
            "here: mend it at the source"
        )
    if row.key in {f"row {row.seq}", f"{row.row.get('_file')}:{row.row.get('_line')}"}:
        raise WeirError("the row has no key, without which staging can't hold it: mend it at the source")
    given = connection.execute(
        "select os_user, accepted_at from quality.accepted where model = %s and seq = %s and undone_at is null",
        [row.model, row.seq],
    ).fetchone()
    if given:
        raise WeirError(f"{given[0]} has accepted the row already ({given[1]:%Y-%m-%d %H:%M}): `weir run` takes it in")


def unparsed(row: Waiting, lineage: Lineage | None) -> list[str]:
    """The columns of staging that will be NULL, for their values do not parse.

    Raises WeirError when one of them is the key.
    """
    names = [match[1] for reason in row.reasons if (match := _UNPARSED.fullmatch(reason))]
    relation = next((each for each in lineage.staged if each[1] == row.model), None) if lineage else None
    made = lineage.columns[relation] if lineage and relation else Columns()
    code = lineage.staged[relation] if lineage and relation else ""
    key = {part.strip().strip('"') for part in re.findall(r"cast\((.+?) as text\) as _raw_key_\d", code)}
    for name in names:
        if key & {origin.column for origin in made.of(name) or ()}:
            raise WeirError(f"{name} is the row's key and does not parse, so it would be NULL: mend it at the source")
    return names


def accept(connection: psycopg.Connection, row: Waiting, because: str) -> None:
    """Write the acceptance down, and commit."""
    values = [row.model, row.key, row.load_id, row.seq, row.reasons, as_of(), user(), socket.gethostname(), because]
    connection.execute(_INSERT, values)
    connection.commit()


def take_back(connection: psycopg.Connection, key: str, model: str | None) -> tuple[Waiting, bool]:
    """Take an acceptance back, and commit; returns the row, and whether staging holds it until the next build.

    Raises WeirError when nothing of that key was accepted, or a newer version of the row has come since.
    """
    found = connection.execute(_GIVEN, {"key": key, "model": model}).fetchall()
    if not found:
        raise WeirError("no row with that key was accepted: `weir quarantine` lists those that were")
    models = sorted({row[1] for row in found})
    if len(models) > 1:
        raise WeirError(f"rows with that key were accepted in {' and in '.join(models)}: say which by --model")
    number, name, own, load_id, seq, reasons, how = found[-1]
    row = Waiting(name, own, load_id, seq, reasons, {})
    if how == "accepted" and not holds(connection, row.model, row.key, row.load_id):
        raise WeirError("a newer version of the row has come since: there is nothing to take back")
    connection.execute(
        "update quality.accepted set undone_at = clock_timestamp(), undone_by = %s where acceptance_id = %s",
        [user(), number],
    )
    connection.commit()
    return row, how == "accepted"


_FIND = """
select model, key, load_id, seq, reasons, row, resolved_at, how from quality.quarantine
where (key = %(key)s or 'row ' || seq = %(key)s) and (%(model)s::text is null or model = %(model)s)
order by resolved_at nulls last, model, seq"""
_INSERT = """
insert into quality.accepted (model, key, load_id, seq, reasons, as_of, os_user, host, because)
values (%s, %s, %s, %s, %s, %s, %s, %s, %s)"""
_GIVEN = """
select a.acceptance_id, a.model, a.key, a.load_id, a.seq, a.reasons, q.how
from quality.accepted as a left join quality.quarantine as q using (model, key, load_id, seq)
where (a.key = %(key)s or 'row ' || a.seq = %(key)s) and (%(model)s::text is null or a.model = %(model)s)
    and a.undone_at is null
order by a.seq"""
