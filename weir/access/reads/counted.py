"""Reads by the server's own counts (pg_stat_statements), where its log can't be read: who and how often, not when.

In: the owner's connection. Out: for each login and question the calls since the last look, with their mean time. The
counts of the last look are kept in `ops.read_counters`; the server's may begin anew, then all of them are new.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import psycopg
from psycopg import sql

_PLACE = """
select n.nspname::text, pg_has_role(current_user, 'pg_read_all_stats', 'usage')
from pg_extension as e inner join pg_namespace as n on n.oid = e.extnamespace
where e.extname = 'pg_stat_statements' and current_setting('shared_preload_libraries') ~ 'pg_stat_statements'"""
_COUNTS = """
select r.rolname::text, s.queryid, min(s.query), sum(s.calls)::bigint, sum(s.total_exec_time)
from {place}.pg_stat_statements as s
inner join pg_roles as r on r.oid = s.userid
inner join pg_database as d on d.oid = s.dbid and d.datname = current_database()
where s.toplevel and s.queryid is not null
group by r.rolname, s.queryid order by 1, 2"""
_KNOWN = "select login, query_id, calls, ms from ops.read_counters"
_KEEP = """
insert into ops.read_counters (login, query_id, calls, ms) values (%s, %s, %s, %s)
on conflict (login, query_id) do update set calls = excluded.calls, ms = excluded.ms"""


@dataclass(frozen=True)
class Counted:
    """A question of one login: its number and text at the server, calls since the last look, their mean time."""

    login: str
    number: int
    text: str
    calls: int
    ms: float


def why_not(connection: psycopg.Connection[Any]) -> str:
    """Why the server's counts can't tell of reads; empty where they can."""
    row = connection.execute(_PLACE).fetchone()
    if row is None:
        return "the server does not count statements (pg_stat_statements)"
    return "" if row[1] else "grant pg_read_all_stats to the account of WAREHOUSE_URL"


def new_reads(connection: psycopg.Connection[Any], no_people: set[str]) -> Iterator[Counted]:
    """What people's logins asked since the last look; the new counts are kept in the caller's transaction."""
    row = connection.execute(_PLACE).fetchone()
    if row is None:
        return
    known = {(login, number): (calls, ms) for login, number, calls, ms in connection.execute(_KNOWN).fetchall()}
    query = sql.SQL(_COUNTS).format(place=sql.Identifier(row[0]))
    for login, number, text, calls, ms in connection.execute(query).fetchall():
        before, spent = known.get((login, number), (0, 0.0))
        if calls < before:  # the server has begun to count anew
            before, spent = 0, 0.0
        if login in no_people or calls == before:
            continue
        connection.execute(_KEEP, [login, number, calls, ms])
        yield Counted(login, number, text, calls - before, max(0.0, ms - spent) / (calls - before))
