"""The transaction that an export reads in: one snapshot, read-only, by a login that reads the published marts alone.

The publisher's session says which publication is in force, and hands its snapshot over; for clear values the publisher
itself reads. In: what is wanted. Out: a Source: a select that PostgreSQL has described, its columns, the publication.
"""

import json
import re
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg
from psycopg import sql

from weir import warehouse
from weir.access.exports import question
from weir.access.exports.columns import Column, describe
from weir.access.exports.wanted import Wanted
from weir.core.errors import WeirError
from weir.project.marts import PRIVATE, PUBLISHED, Mart, marts
from weir.publish.mask import unmasked
from weir.publish.verify import in_force
from weir.warehouse import Role

BEGIN = "begin isolation level repeatable read read only"
SETTINGS = {
    "search_path": PUBLISHED, "client_encoding": "UTF8", "DateStyle": "ISO, YMD",
    "IntervalStyle": "postgres", "extra_float_digits": "1", "bytea_output": "hex", "statement_timeout": "0",
    "idle_in_transaction_session_timeout": "0",
}  # fmt: skip
# Policies that hold for the role, but the one by which a mart with rows_for shows everybody else all rows.
_HIDING = """
select distinct c.relname from pg_policy as p inner join pg_class as c on c.oid = p.polrelid
where c.relnamespace::regnamespace::text = any(%s) and row_security_active(c.oid) and p.polname <> 'weir_rows'
    and exists (
        select from unnest(p.polroles) as r (oid) where r.oid = 0 or pg_has_role(current_user, r.oid, 'usage')
    )"""


@dataclass(frozen=True)
class Source:
    """What is read: a name for it, one select with its columns, and as what role it is read."""

    connection: psycopg.Connection
    name: str
    select: str
    statement: str | None
    columns: list[Column]
    role: str
    publication: int | None
    url: str
    snapshot: str  # by which another session reads the same
    settings: dict[str, str]


@contextmanager
def opened(wanted: Wanted) -> Iterator[Source]:
    """Open the transaction and have PostgreSQL describe the select. Raises WeirError for what can't be read."""
    known = _known()
    role = Role.PUBLISHER if wanted.with_pii else Role.ANALYST
    keeping, reading = warehouse.connect(autocommit=True), warehouse.connect(role, autocommit=True)
    with closing(keeping) as keeper, closing(reading) as connection, told(wanted):
        keeper.execute(BEGIN)
        current = in_force(keeper)
        snapshot = keeper.execute("select pg_export_snapshot()").fetchone()
        connection.execute(BEGIN)
        connection.execute(sql.SQL("set transaction snapshot {}").format(snapshot[0] if snapshot else ""))
        keeper.close()
        yield _source(connection, wanted, known, current[0] if current else None)


def _source(connection: psycopg.Connection, wanted: Wanted, known: dict[str, Mart], publication: int | None) -> Source:
    """What is read, described by PostgreSQL."""
    for setting, value in SETTINGS.items():
        connection.execute("select set_config(%s, %s, true)", [setting, value])
    statement = None
    if question.is_file(wanted.what):
        name, statement = Path(wanted.what).name, question.read_file(Path(wanted.what))
        select, alias = statement, Path(wanted.what).stem
    else:
        name, columns = question.published(connection, wanted.what)
        alias = name
        select = _clear(known, name, columns) if wanted.with_pii else f"select * from {_of(name)}"
    _refuse_parts(connection, name, select)
    select = question.filtered(select, wanted.where, alias)
    marks = {mart.name: mart.personal for mart in known.values()}
    found = describe(connection, select, marks, wanted.with_pii)
    if wanted.columns:
        select = question.picked(select, wanted.columns, [column.name for column in found])
        by_name = {column.name: column for column in found}
        found = [by_name[name] for name in wanted.columns]
    if wanted.with_pii:
        _refuse_others(connection, select)
    row = connection.execute("select current_user::text, pg_export_snapshot()").fetchone()
    assert row
    url = warehouse.url_of(Role.PUBLISHER if wanted.with_pii else Role.ANALYST)
    return Source(connection, name, select, statement, found, row[0], publication, url, row[1], SETTINGS)


@contextmanager
def told(wanted: Wanted) -> Iterator[None]:
    """Turn PostgreSQL's refusals into one line; a value that it quotes may be personal, and is left out."""
    try:
        yield
    except psycopg.errors.InsufficientPrivilege as fault:
        told = fault.diag.message_primary or str(fault)
        raise WeirError(
            f"{wanted.what} can't be read ({told}): an export reads the published marts, and --with-pii the clear "
            "values of their personal columns"
        ) from None
    except psycopg.Error as fault:
        state = fault.sqlstate or ""
        if state.startswith("42"):  # syntax, names, types: words of the question
            place = f", line {fault.diag.context}" if fault.diag.context else ""
            raise WeirError(f"{wanted.what} can't be read: {fault.diag.message_primary or fault}{place}") from None
        if state.startswith(("22", "23", "25")):
            raise WeirError(
                f"{wanted.what} can't be read: {type(fault).__name__} ({state}) while PostgreSQL computed it; "
                "`weir psql` shows where"
            ) from None
        raise


def _known() -> dict[str, Mart]:
    """The marts by name; empty where nothing was built here."""
    try:
        return {mart.name: mart for mart in marts()}
    except WeirError:
        return {}


def _of(name: str) -> str:
    return sql.Identifier(PUBLISHED, name).as_string()


def _clear(known: dict[str, Mart], name: str, columns: list[str]) -> str:
    """The select of the mart with the clear values of its personal columns."""
    mart = known.get(name)
    if mart is None or not mart.personal:
        raise WeirError(f"{name} has no personal columns: leave --with-pii out")
    listed = ", ".join(sql.Identifier(column).as_string() for column in columns)
    return f"select {listed} from {unmasked(mart, columns).as_string()} as clear"


def _refuse_parts(connection: psycopg.Connection, name: str, select: str) -> None:
    """Raise WeirError when a policy may hide rows of a table that is read: an export would be a part of it, unsaid."""
    for (table,) in connection.execute(_HIDING, [[PUBLISHED, PRIVATE]]).fetchall():
        if table == name or re.search(rf"\b{re.escape(table)}\b", select, re.IGNORECASE):
            raise WeirError(
                f"{table} shows this role only some of its rows (rows_for), so the export would be a part of it: "
                "export another mart, or take the role out of rows_for"
            )


def _refuse_others(connection: psycopg.Connection, select: str) -> None:
    """Raise WeirError when the select reads more than the marts: for clear values it is read by a role that may."""
    plan = connection.execute(f"explain (verbose, format json) {select}".encode()).fetchone()
    for schema in re.findall(r'"Schema": "([^"]+)"', json.dumps(plan[0] if plan else None)):
        if schema not in {PUBLISHED, PRIVATE, "pg_catalog"}:
            raise WeirError(f"the question reads the schema {schema}: an export reads {PUBLISHED} and {PRIVATE} alone")
