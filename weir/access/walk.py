"""The catalog walk: what each role can do with every schema, table, column and function of the warehouse.

In: a connection of the account, and one of each role that logs in. Out: a Line per role and schema, and a Try per role
and forbidden act. What PostgreSQL says of a privilege is compared with a real SELECT, and forbidden acts are really
tried; all is rolled back.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import psycopg
from psycopg import sql

from weir.warehouse.roles.names import NAMES

_BECOME = "set session authorization {account}"
# What no role of Weir's may do, whatever it builds or lands.
FORBIDDEN = {
    "be superuser": "alter role {role} superuser",
    "make roles": "create role weir_walk_intruder",
    "become the account": _BECOME,
    "take the account's role": "set role {account}",
    "run a program": "copy (select 1) to program 'true'",
    "write a file": "copy (select 1) to '/tmp/weir_walk'",
    "read a file": "select pg_read_file('/etc/passwd')",
    "read a file by large object": "select lo_import('/etc/passwd')",
    "read passwords": "select rolpassword from pg_authid",
    "change the server": "alter system set work_mem = '5MB'",
    "load code": "load '$libdir/plpgsql'",
    "make code of C": "create function pg_temp.c() returns int language c as 'libc', 'getpid'",
}


@dataclass(frozen=True)
class Line:
    """What a role can do in a schema: of `tables` (and views) it reads and writes so many; `columns` it reads."""

    role: str
    schema: str
    tables: int
    reads: int
    columns: int
    writes: int
    owns: int
    creates: bool
    wrong: tuple[str, ...] = ()  # tables where a real SELECT went otherwise than the catalog says


@dataclass(frozen=True)
class Try:
    """A forbidden act that a role tried, and what PostgreSQL said; empty where it went through."""

    role: str
    act: str
    refused: str


def walk(
    connection: psycopg.Connection[Any], logins: Mapping[str, psycopg.Connection[Any]]
) -> tuple[list[Line], list[Try]]:
    """Walk through the catalog for each role; in the callers' transactions, which are rolled back.

    `logins` holds the sessions of roles that log in; for another role the account's session acts as that role.
    """
    lines, tries = [], []
    (account,) = connection.execute("select current_user::text").fetchone() or ("",)
    for role in NAMES:
        session = logins.get(role)

        def refused(statement: str, session: Any = session, role: str = role) -> str:
            return _refused(session, "", statement) if session else _refused(connection, role, statement)

        for schema, *counts, readable, denied in connection.execute(_LINES, {"role": role}).fetchall():
            wrong = [name for name in readable if refused(f"select from {name} limit 0")]
            wrong += [name for name in denied if not refused(f"select from {name} limit 0")]
            tables, reads, columns, writes, owns, creates = counts
            lines.append(Line(role, schema, tables, reads, columns, writes, owns, creates, tuple(wrong)))
        for act, statement in FORBIDDEN.items():
            if session or statement != _BECOME:  # nobody can log in as the others
                text = sql.SQL(statement).format(role=sql.Identifier(role), account=sql.Identifier(account))
                tries.append(Try(role, act, refused(text.as_string(connection))))
    for each in (connection, *logins.values()):
        each.rollback()
    return lines, tries


def functions(connection: psycopg.Connection[Any], role: str) -> list[str]:
    """The functions of the warehouse, and those of PostgreSQL that reach files and programs, that the role can run."""
    return [name for (name,) in connection.execute(_FUNCTIONS, {"role": role})]


def _refused(connection: psycopg.Connection[Any], role: str, statement: str) -> str:
    """What PostgreSQL says when the role, or the session's own, runs it; empty where it goes through. Nothing stays."""
    connection.execute("savepoint walk")
    try:
        if role:
            connection.execute(sql.SQL("set local session authorization {}").format(sql.Identifier(role)))
        connection.execute(statement.encode())
    except psycopg.Error as fault:
        return str(fault.diag.message_primary or fault)
    finally:
        connection.execute("rollback to savepoint walk")
    return ""


_LINES = r"""
select
    n.nspname::text,
    count(c.oid)::int,
    (count(*) filter (where can.read))::int,
    coalesce(sum(can.columns), 0)::int,
    (count(*) filter (where can.write))::int,
    (count(*) filter (where pg_get_userbyid(c.relowner) = %(role)s))::int,
    has_schema_privilege(%(role)s, n.oid, 'create'),
    coalesce(array_agg(format('%%I.%%I', n.nspname, c.relname)) filter (where can.read), '{}'),
    coalesce(array_agg(format('%%I.%%I', n.nspname, c.relname)) filter (where not can.read), '{}')
from pg_namespace as n
left join pg_class as c on n.oid = c.relnamespace and c.relkind in ('r', 'p', 'v', 'm')
left join lateral (
    select
        has_schema_privilege(%(role)s, n.oid, 'usage') and has_table_privilege(%(role)s, c.oid, 'select') as read,
        has_schema_privilege(%(role)s, n.oid, 'usage')
        and has_table_privilege(%(role)s, c.oid, 'insert, update, delete, truncate') as write,
        (
            select count(*) from pg_attribute as a
            where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
                and has_schema_privilege(%(role)s, n.oid, 'usage')
                and has_column_privilege(%(role)s, c.oid, a.attnum, 'select')
        ) as columns
) as can on c.oid is not null
where n.nspname !~ '^(pg_|information_schema$)'
group by n.oid, n.nspname
order by n.nspname"""
_FUNCTIONS = r"""
select p.oid::regprocedure::text
from pg_proc as p inner join pg_namespace as n on p.pronamespace = n.oid
where has_function_privilege(%(role)s, p.oid, 'execute') and has_schema_privilege(%(role)s, n.oid, 'usage')
    and (
        n.nspname !~ '^(pg_|information_schema$)'
        or p.proname ~ '^(pg_read_|pg_ls_|pg_stat_file|lo_import|lo_export|pg_rotate_|pg_reload_|pg_file_|dblink)'
    )
order by 1"""
