"""Who reads what: a scripted day of reads by three roles is known, each read once, and no value typed is kept."""

import os
import time
from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest

from cli.access.usage import show_usage
from tests.support.publishing import Sql
from weir import warehouse as wh
from weir.access.reads.collect import collect
from weir.warehouse import Role
from weir.warehouse.roles.logged import log_reads

Person = Callable[[str], tuple[str, str]]


def reads(run: Sql) -> set[tuple]:
    return set(
        run(
            "select r.login, r.role, t.schema_name, t.table_name, count(*), array_to_string(t.columns, ', ') "
            "from ops.reads as r inner join ops.read_tables as t using (question_id) group by 1, 2, 3, 4, 6"
        )
    )


def data(run: Sql) -> Path:
    return Path(run("select current_setting('data_directory')")[0][0])


def ask(url: str, *statements: str) -> None:
    with psycopg.connect(url, autocommit=True, options="-c search_path=analytics") as connection:
        for statement in statements:
            connection.execute(statement)


@pytest.fixture
def logged(run: Sql, person: Person) -> Callable[[str], tuple[str, str]]:
    """A function that makes a person whose reads are logged."""

    def make(role: str) -> tuple[str, str]:
        name, url = person(role)
        with wh.connect(Role.OWNER, autocommit=True) as connection:
            assert name in log_reads(connection) and log_reads(connection) == []
        return name, url

    return make


def test_a_day_of_reads_by_three_roles(run: Sql, logged: Person, capsys: pytest.CaptureFixture[str]) -> None:
    ann, anns = logged("weir_analyst")
    bob, bobs = logged("weir_private")
    eve, eves = logged("weir_auditor")
    for name in ("people", "people", "nobody@x.io", "o'hara"):
        ask(anns, f"select plan from people where plan = '{name.replace(chr(39), chr(39) * 2)}' and id < 100")
    ask(anns, "begin", "set work_mem = '8MB'", "with odd as (select id from people) select * from odd", "commit")
    ask(bobs, "select p.plan, v.email from people p join analytics_private.people v using (id)", "table odd")
    ask(eves, "select state, rows from ops.exports")
    ask(wh.url_of(Role.ANALYST), "select small from analytics.odd")
    ask(wh.url_of(Role.PUBLISHER), "select count(*) from analytics.odd")  # the pipeline's own: not logged
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        ask(anns, "select email from analytics_private.people where email = 'ann@acme.example'")
    with pytest.raises(psycopg.errors.SyntaxError):
        ask(anns, "selekt 'secret'")
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        ask(anns, "set log_min_duration_statement = -1")  # nobody hides
    found = collect()
    assert (found.reads, found.refused, found.unreadable) == (4 + 1 + 2 + 1 + 1, 3, 0)
    every = ["at", "big", "bytes", "day", "doc", "id", "list", "moment", "money", "part", "raw", "small", "t", "whole",
             "wide", "yes"]  # fmt: skip
    assert reads(run) == {
        (ann, "weir_analyst", "analytics", "people", 4, "id, plan"),
        (ann, "weir_analyst", "analytics", "people", 1, "id"),
        (bob, "weir_private", "analytics", "people", 1, "id, plan"),
        (bob, "weir_private", "analytics_private", "people", 1, "email, id"),
        (bob, "weir_private", "analytics", "odd", 1, ", ".join(sorted(every))),
        (eve, "weir_auditor", "ops", "exports", 1, "rows, state"),
        ("weir_analyst", "weir_analyst", "analytics", "odd", 1, "small"),
    }
    kept = "".join(map(str, run("select * from ops.reads, ops.read_questions")))
    assert not any(word in kept for word in ("nobody@", "hara", "acme", "secret", "8MB", "'people'"))
    assert run("select refused, count(*) from ops.reads where refused is not null group by 1 order by 1") == [
        ("42501", 2), ("42601", 1),
    ]  # fmt: skip
    assert collect().reads == 0, "each line once"
    show_usage(None, 30)
    shown = capsys.readouterr().out
    assert "analytics_private.people" in shown and "Personal data read in clear" in shown and "email, id" in shown
    assert "9 statements of 4 logins in 30 days; 3 failed or were refused" in shown
    show_usage("people", 30)
    shown = capsys.readouterr().out
    assert "Who reads people" in shown and ann in shown and "plan" in shown


@pytest.mark.parametrize(
    ("how", "tables"),
    [
        (lambda c: c.execute("select id from people where id = %s", [1]).fetchall(), {"people"}),
        (lambda c: [c.execute("select id from people where id = %s", [n], prepare=True) for n in range(8)], {"people"}),
        (lambda c: c.execute("prepare q as select small from odd where small = $1; execute q(1)"), {"odd"}),
        (
            lambda c: (c.execute("prepare q as select small from odd where small = $1"), c.execute("execute q(1)")),
            {"odd"},
        ),
        (lambda c: c.cursor(name="mine").execute("select plan from people").fetchmany(2), {"people"}),
        (
            lambda c: c.execute("declare c cursor with hold for select id from people; fetch 1 from c; close c"),
            {"people"},
        ),
        (lambda c: b"".join(c.cursor().copy("copy (select plan from people) to stdout").__enter__()), {"people"}),
        (lambda c: b"".join(c.cursor().copy("copy people (id) to stdout").__enter__()), {"people"}),
        (lambda c: c.execute("select 1; select id from people; select small from odd"), {"people", "odd"}),
        (lambda c: c.execute('select "A" from (select id as "A" from "people") as "odd"'), {"people"}),
        (lambda c: c.execute("select id from analytics . PEOPLE -- odd"), {"people"}),
        (lambda c: c.execute("select n from both_of_them"), {"people", "odd"}),
        (lambda c: c.execute("explain (analyze) select * from people"), {"people"}),
        (lambda c: c.execute("select max(id) from people where exists (select from odd)"), {"people", "odd"}),
        (lambda c: c.execute("select now(), 'people'; show timezone"), set()),
    ],
)
def test_however_it_is_read(run: Sql, logged: Person, how: Callable, tables: set[str]) -> None:
    _, url = logged("weir_analyst")
    run("create view analytics.both_of_them as select count(*) as n from analytics.people, analytics.odd; "
        "grant select on analytics.both_of_them to weir_analyst")  # fmt: skip
    with psycopg.connect(url, options="-c search_path=analytics") as connection:
        how(connection)
    collect()
    assert {row[3] for row in reads(run)} == tables
    assert run("select count(*) from ops.read_questions where is_read and statement is null") == [(0,)]


def test_temporary_tables_and_what_can_not_be_taken_apart(run: Sql, logged: Person, capsys) -> None:
    _, url = logged("weir_private")
    run(f"grant temporary on database {run('select current_database()')[0][0]} to weir_private")
    ask(
        url, "create temporary table odd as select id from people", "select * from odd", "do $$ begin perform 1; end $$"
    )
    collect()
    assert {row[3] for row in reads(run)} >= {"people"}
    show_usage(None, 30)
    assert "1 could not be taken apart" in capsys.readouterr().out


def test_a_log_that_rotates_and_is_torn_is_taken_once(run: Sql, logged: Person) -> None:
    """Each line once, over rotations, a half line, and a look that fails between reading and writing."""
    _, url = logged("weir_analyst")
    for _ in range(3):
        ask(url, "select id from people")
        run("select pg_rotate_logfile()")
        ask(url, "select plan from people")
        assert collect().reads == 2
    folder = data(run) / "log"
    newest = max(folder.glob("*.json"), key=lambda file: file.stat().st_mtime_ns)
    with newest.open("ab") as file:
        file.write(b'{"timestamp":"2026-07-01 00:00:00.000 UTC","us')
    assert collect().unreadable == 0, "it may become whole yet"
    with newest.open("ab") as file:
        file.write(b"\n")
    assert collect().unreadable == 1
    ask(url, "select id from people")
    with pytest.MonkeyPatch.context() as patch:
        from weir.access.reads import collect as module

        patch.setattr(module, "_POSITION", "select 1 / 0, %s, %s, %s, %s")
        with pytest.raises(psycopg.errors.DivisionByZero):
            collect()
    assert collect().reads == 1 and run("select count(*) from ops.reads") == [(7,)]
    assert all(file.stat().st_mode & 0o077 == 0 for file in folder.iterdir())


def test_old_logs_and_old_reads_are_deleted(run: Sql, logged: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    _, url = logged("weir_analyst")
    ask(url, "select id from people")
    old = data(run) / "log" / "postgresql-2020-01-01_000000.json"
    old.write_bytes(b"")
    os.utime(old, (time.time() - 31 * 86400,) * 2)
    monkeypatch.setattr("weir.warehouse.is_own_server", lambda: True)  # the test's server is named by WAREHOUSE_URL
    monkeypatch.setattr("weir.access.reads.collect.data_folder", lambda: data(run))
    found = collect()
    assert not old.exists() and (found.deleted, found.reads) == (1, 1)
    run("update ops.reads set at = at - interval '401 days'")
    collect()
    assert run("select count(*) from ops.reads") == [(0,)]


def test_a_login_that_is_gone_is_known_by_what_it_read(run: Sql, logged: Person) -> None:
    name, url = logged("weir_analyst")
    ask(url, "select id from people")
    run(f'drop owned by "{name}"; drop role "{name}"')
    collect()
    assert run("select login, role from ops.reads") == [(name, None)]
    run(f'create role "{name}"')  # the fixture drops it


def test_an_empty_log_and_a_server_without_one_say_so(run: Sql, capsys, monkeypatch: pytest.MonkeyPatch) -> None:
    show_usage(None, 7)
    assert capsys.readouterr().out == "Nobody has read anything in the last 7 days, as far as the log knows.\n"
    monkeypatch.setattr("weir.access.reads.log._STATE", "select false, false, true, true")
    show_usage(None, 7)
    assert "New reads can't be seen: the server keeps no log of JSON lines" in capsys.readouterr().out
