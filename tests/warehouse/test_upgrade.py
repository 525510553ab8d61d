"""A warehouse that an older Weir left: the files of `schema/` bring it up to date, and loses nothing of it."""

import os
from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest

from weir import warehouse
from weir.warehouse import connection as opened

OLDER = """
create schema ops; create schema quality;
create table ops.runs (run_id text primary key, started_at timestamptz not null default clock_timestamp(),
    ended_at timestamptz, state text not null, message text, as_of timestamptz not null,
    parameters jsonb not null default '{}', host text, pid integer, flow_run_id text);
insert into ops.runs (run_id, state, as_of, parameters) values ('r2', 'succeeded', '2026-07-01Z',
    '{"why": "another day", "code": "c0de", "as_of_date": "2026-07-01", "barred": ["app.users"]}');
create table ops.landings (load_id text not null, job text not null, run_id text, source text not null,
    table_name text not null, promise text not null, how text not null, extracted bigint not null,
    landed bigint not null, deleted bigint not null default 0, source_rows bigint, bytes bigint,
    seconds double precision, as_of timestamptz not null, landed_at timestamptz not null default clock_timestamp(),
    state jsonb, columns jsonb, primary key (load_id, job));
insert into ops.landings (load_id, job, source, table_name, promise, how, extracted, landed, as_of)
select how, how, 's', 't', 'exact', how, 1, 1, now()
from unnest(array['first load', 'row versions', 'compare', 'cursor']) as how;
create table ops.gates (run_id text, gate text not null, scope text not null,
    checked_at timestamptz not null default clock_timestamp(), passed boolean not null, sentence text, results jsonb);
insert into ops.gates (run_id, gate, scope, passed, sentence, checked_at) values
    ('r1', 'build', 'marts', false, 'only a part was built (--select x)', '2026-07-01Z'),
    ('r2', 'build', 'marts', false, 'the build did not end', '2026-07-02Z'),
    ('r2', 'build', 'marts', true, 'built and tested: 5 pass', '2026-07-03Z'),
    ('r2', 'marts', 'marts', true, 'gate marts: passed', '2026-07-04Z');
create table ops.ledger (step_id text not null, run_id text, model text not null, source text not null,
    table_name text not null, load_id text not null, as_of timestamptz not null,
    built_at timestamptz not null default clock_timestamp(), full_refresh boolean not null, landed bigint not null,
    accepted bigint not null, rejected bigint not null, superseded bigint not null, deleted bigint not null,
    primary key (step_id, model, load_id));
insert into ops.ledger values ('s', 'r2', 'm', 's', 't', 'l', now(), now(), false, 1, 1, 0, 0, 0);
create table quality.quarantine (model text not null, key text not null, reasons text[] not null, row jsonb not null,
    load_id text not null, seq bigint not null, first_seen timestamptz not null, resolved_at timestamptz,
    how text check (how in ('mended', 'replaced', 'deleted')), primary key (model, key, load_id));
insert into quality.quarantine values ('m', '1', '{bad}', '{}', 'l', 1, now(), now(), 'mended');
"""


def test_an_older_warehouse_is_brought_up_to_date(
    database: Callable[[], str], home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = database()
    monkeypatch.setenv("WAREHOUSE_URL", url)
    with psycopg.connect(url) as connection:
        connection.execute(OLDER)
    for _ in range(2):  # as the next start does, when the file has changed again
        warehouse.ensure()
        with psycopg.connect(os.environ["WAREHOUSE_URL"]) as connection:
            rows = connection.execute(
                "select run_id, passed, whole, why, code, as_of_date::text, barred from ops.builds order by recorded_at"
            ).fetchall()
            assert rows == [
                ("r1", True, False, "by hand", "", None, []),
                ("r2", True, True, "another day", "c0de", "2026-07-01", ["app.users"]),
            ]
            assert connection.execute("select gate from ops.gates").fetchall() == [("marts",)]
            rows = connection.execute("select how, compared, is_whole from ops.landings order by how").fetchall()
            assert rows == [
                ("compare", True, True), ("cursor", True, False), ("first load", False, True),
                ("row versions", False, False),
            ]  # fmt: skip
            assert connection.execute("select command from ops.runs").fetchall() == [("run",)]
            assert connection.execute("select count(*) from ops.ledger").fetchone() == (1,)
            found = connection.execute("update quality.quarantine set how = 'accepted' returning key").fetchall()
            assert found == [("1",)]
            found = connection.execute("update ops.ledger set accepted = 0, accepted_by_hand = 1 returning erased")
            assert found.fetchall() == [(0,)]
            connection.rollback()
            connection.execute("comment on schema ops is null")
        monkeypatch.setattr(opened, "_ready", {})
