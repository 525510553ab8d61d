"""`weir grants` shows what differs, ends it, and finds nothing the second time; what is no role's of Weir's stays."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import psycopg
import pytest

from weir import warehouse as opened
from weir.access import grants
from weir.warehouse import connection
from weir.warehouse.roles import LOGINS, Role, differences, state

Owner = psycopg.Connection[Any]


def told() -> set[tuple[str, str, str]]:
    return {(each.what, each.role, each.on) for each in grants.look().differences}


def test_what_is_too_much_or_missing_is_shown_then_ended(warehouse: str, owner: Owner) -> None:
    assert grants.make_so().differences == [], "but for the rights that these tests' fixture gives"
    owner.execute('create role "some ""boss"" x" nologin')
    try:
        owner.execute(
            """
            alter role weir_dbt superuser createdb;
            grant "some ""boss"" x" to weir_dbt;
            revoke insert on ops.ledger from weir_dbt;
            grant delete on ops.ledger to weir_dbt;
            create table public."Other ""T"" x" (a int);
            grant select (a) on public."Other ""T"" x" to weir_analyst;
            grant usage on schema undo to public;
            alter default privileges for role weir_publisher in schema analytics
                revoke select on tables from weir_analyst;
            alter role weir_analyst in database {database} set statement_timeout = '1h';
            alter role weir_analyst in database {database} set default_transaction_read_only = off;
            create table analytics.mine (a int);
            """.replace("{database}", owner.info.dbname)
        )
        assert told() >= {
            ("too much: superuser", "weir_dbt", "server"),
            ("too much: createdb", "weir_dbt", "server"),
            ("member of", "weir_dbt", 'role some "boss" x'),
            ("missing: insert", "weir_dbt", "table ops.ledger"),
            ("too much: delete", "weir_dbt", "table ops.ledger"),
            ("too much: select (a)", "weir_analyst", 'table public."Other ""T"" x"'),
            ("too much: usage", "public", "schema undo"),
            ("missing: select", "weir_analyst", "default tables for role weir_publisher in schema analytics"),
            ("missing: default_transaction_read_only", "weir_analyst", f"database {owner.info.dbname}"),
            ("belongs to weir", "weir_publisher", "table analytics.mine"),
        }
        assert grants.make_so().differences == []
        assert told() == set()
        assert grants.make_so().differences == [], "safe to repeat"
        row = owner.execute("select rolsuper, rolcreatedb from pg_roles where rolname = 'weir_dbt'").fetchone()
        assert row == (False, False)
        with opened.connect(Role.ANALYST) as reader:
            assert reader.execute("show statement_timeout").fetchone() == ("1h",), "a person's own choice stays"
            assert reader.execute("select count(*) from analytics.mine").fetchone() == (0,)
    finally:
        owner.execute('drop role "some ""boss"" x"')


def test_what_belongs_to_a_stranger_is_told_and_left(warehouse: str, owner: Owner) -> None:
    owner.execute("create role stranger; create schema staging authorization stranger")
    try:
        assert ("belongs to stranger", "weir_dbt", "schema staging") in told()
        (left,) = grants.make_so().others
        assert left.what == "belongs to stranger"
        row = owner.execute("select pg_get_userbyid(nspowner)::text from pg_namespace where nspname = 'staging'")
        assert row.fetchone() == ("stranger",)
    finally:
        owner.execute("drop owned by stranger cascade; drop role stranger")


def test_an_older_weir_s_roles_are_taken_over(
    database: Callable[[], str], home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """weir_dbt owned the ledger and read all; readers were members of weir_reader."""
    url = database()
    monkeypatch.setenv("WAREHOUSE_URL", url)
    opened.ensure()
    older = """
        alter role weir_analyst rename to weir_reader; alter role weir_reader nologin;
        create role older_bi login in role weir_reader;
        alter default privileges grant select on tables to weir_dbt;
        alter default privileges grant usage on schemas to weir_dbt;
        alter table ops.ledger owner to weir_dbt; alter table quality.quarantine owner to weir_dbt;
        alter table undo.rows owner to weir; alter schema undo owner to weir; alter schema analytics owner to weir;
        create schema raw_shop; create table raw_shop.orders (id int, _dlt_load_id text);
        create schema staging; alter schema staging owner to weir_dbt;
        create table staging.stg (id int); alter table staging.stg owner to weir_dbt;
        create table analytics.fct (id int);
        comment on schema ops is 'weir of before';
    """
    with psycopg.connect(url, autocommit=True) as owner:
        owner.execute(older)
        try:
            monkeypatch.setattr(connection, "_ready", {})
            opened.ensure()
            owners = "select c.oid::regclass::text, pg_get_userbyid(relowner)::text from pg_class as c where oid in "
            owners += "('ops.ledger'::regclass, 'quality.quarantine'::regclass, 'undo.rows'::regclass, "
            owners += "'raw_shop.orders'::regclass, 'staging.stg'::regclass, 'analytics.fct'::regclass) order by 1"
            assert dict(owner.execute(owners).fetchall()) == {
                "analytics.fct": "weir_publisher", "ops.ledger": "weir", "quality.quarantine": "weir",
                "raw_shop.orders": "weir_loader", "staging.stg": "weir_dbt", "undo.rows": "weir_publisher",
            }  # fmt: skip
            query = "select pg_has_role('older_bi', 'weir_analyst', 'usage'), to_regrole('weir_reader') is null"
            assert owner.execute(query).fetchone() == (True, True)
            assert told() == set()
        finally:
            owner.execute("drop role older_bi")


def test_an_account_that_may_make_roles_but_is_no_superuser(
    server: str, database: Callable[[], str], home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As the account that a cloud gives: it owns the database, and makes roles."""
    url, name = database(), f"cloud_{home.parent.name[-8:]}".lower()
    with psycopg.connect(server, autocommit=True) as admin:
        renamed = {role.value: f"aside_{role.value}" for role in LOGINS} | {
            each: f"aside_{each}" for each in ("weir_private", "weir_auditor")
        }
        there = [one for one in renamed if admin.execute("select to_regrole(%s)", [one]).fetchone() != (None,)]
        for one in there:  # those of the other tests' warehouses
            admin.execute(f"alter role {one} rename to {renamed[one]}")
        admin.execute(f"create role {name} login createrole password 'plain'")
        admin.execute(f"alter database {url.rsplit('/', 1)[1]} owner to {name}")
        place = url.split("@")[1]
        try:
            monkeypatch.setenv("WAREHOUSE_URL", f"postgresql://{name}:plain@{place}")
            assert opened.has_roles()
            assert told() == set()
            with opened.connect(Role.LOADER) as loader:
                loader.execute("create schema raw_x; create table raw_x.t (id int, _dlt_load_id text)")
            with opened.connect(Role.DBT) as dbt:
                dbt.execute("select * from raw_x.t; create table analytics_next.m (id int)")
            with opened.connect() as publisher:
                publisher.execute("lock table analytics_next.m in share mode; create table analytics.m (id int)")
            with opened.connect(Role.ANALYST) as analyst:
                analyst.execute("select * from analytics.m")
            with opened.connect(Role.OWNER) as account:  # as `weir forget` does
                account.execute("delete from raw_x.t; delete from analytics.m; delete from ops.ledger")
        finally:
            with psycopg.connect(url, autocommit=True) as there_too:
                for one in renamed:
                    there_too.execute(f"drop owned by {one} cascade; drop role {one}")
                there_too.execute(f"reassign owned by {name} to weir; drop owned by {name}")
            admin.execute(f"drop role {name}")
            for one in there:
                admin.execute(f"alter role {renamed[one]} rename to {one}")


def test_where_the_account_may_not_the_sql_is_for_whoever_may(
    server: str, database: Callable[[], str], home: Path, monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    from cli.access.grants import show_grants

    url, name = database(), f"plain_{home.parent.name[-8:]}".lower()
    place = url.split("@")[1]
    passwords = {role: f"{role.value} '\"@/ü" for role in LOGINS}
    for role, word in passwords.items():
        monkeypatch.setenv(role.variable, word)
    with psycopg.connect(server, autocommit=True) as admin:
        admin.execute(f"create role {name} login password 'plain'")
        admin.execute(f"alter database {url.rsplit('/', 1)[1]} owner to {name}")
        monkeypatch.setenv("WAREHOUSE_URL", f"postgresql://{name}:plain@{place}")
        with pytest.MonkeyPatch.context() as patch:
            for role in LOGINS:
                patch.delenv(role.variable)
            assert not opened.has_roles()
        assert show_grants(dry_run=False) == 1
        printed = capsys.readouterr()
        assert "may not make roles: let somebody who may run this SQL" in printed.err
        text = printed.out[printed.out.index("\ngrant ") :]
        assert not [word for word in passwords.values() if word in printed.out + printed.err]
        with psycopg.connect(url, autocommit=True) as somebody:
            somebody.execute(text)
            with psycopg.connect(url, user=name, password="plain") as account:
                assert differences.find(state.read(account), is_embedded=False) == []
            somebody.execute(f"reassign owned by {name} to weir; drop owned by {name}; drop role {name}")
