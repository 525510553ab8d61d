"""The catalog walk: what each role can read, write and run, by the catalog and by trying."""

import psycopg

from tests.access.roles.conftest import Sessions
from weir import warehouse as opened
from weir.access.walk import functions, walk
from weir.warehouse.roles import Role
from weir.warehouse.roles.names import NAMES

READS = {
    "weir_loader": {"raw_shop", "ops"},
    "weir_dbt": {"raw_shop", "staging", "analytics_next", "ops", "quality", "dev_x"},
    "weir_publisher": {"raw_shop", "staging", "analytics_next", "analytics", "analytics_private", "undo", "ops",
                       "quality", "dev_x"},
    "weir_analyst": {"analytics"},
    "weir_private": {"analytics", "analytics_private"},
    "weir_auditor": {"ops"},
}  # fmt: skip
WRITES = {
    "weir_loader": {"raw_shop", "ops"},
    "weir_dbt": {"staging", "analytics_next", "ops", "quality", "dev_x"},
    "weir_publisher": {"analytics_next", "analytics", "analytics_private", "undo", "ops", "quality"},
}  # fmt: skip


def made(sessions: Sessions) -> None:
    """Each role makes what it makes in a run, with columns that hold personal data in clear."""
    for role, text in {
        "weir_loader": "create schema raw_shop; create table raw_shop.users (email text, _dlt_load_id text)",
        "weir_dbt": "create schema staging; create table staging.stg_users (email text); create schema dev_x; "
        "create table dev_x.a (email text); create table analytics_next.dim_users (email text); "
        "create view ops.ops_runs as select run_id from ops.runs",
        "weir_publisher": "create table analytics.dim_users (email text); "
        "create table analytics_private.dim_users (email text)",
    }.items():
        sessions[role].execute(text)
        sessions[role].commit()


def test_each_role_reads_and_writes_what_it_should_and_no_more(
    warehouse: str, owner: psycopg.Connection, sessions: Sessions
) -> None:
    made(sessions)
    owner.execute("create schema crm; create table crm.customers (email text)")  # others use this database, too
    owner.execute("alter default privileges revoke all on schemas from weir_dbt, weir_publisher, weir_loader")
    owner.execute("revoke all on schema crm from weir_dbt, weir_publisher, weir_loader")
    owner.execute("revoke all on all tables in schema crm from weir_dbt, weir_publisher, weir_loader")
    with opened.connect(Role.OWNER) as connection:
        lines, tries = walk(connection, sessions)
        for role in NAMES:
            assert {each.schema for each in lines if each.role == role and each.reads} == READS[role], role
            assert {each.schema for each in lines if each.role == role and each.columns} == READS[role], role
            assert {each.schema for each in lines if each.role == role and each.writes} == WRITES.get(role, set()), role
            assert not functions(connection, role), role
        creators = {(each.role, each.schema) for each in lines if each.creates}
        assert {role for role, schema in creators if schema.startswith("analytics") and schema != "analytics_next"} == {
            "weir_publisher"
        }
        assert {role for role, schema in creators if schema == "raw_shop"} == {"weir_loader"}
    assert [each for each in lines if each.wrong] == [], "a SELECT goes as the catalog says"
    assert [(each.role, each.act) for each in tries if not each.refused] == []
    assert len(tries) > 60


def test_of_the_ops_tables_a_role_writes_those_it_keeps(warehouse: str, owner: psycopg.Connection) -> None:
    def may(role: str, table: str) -> str:
        rights = ("select", "insert", "update", "delete", "truncate")
        row = owner.execute(
            "select " + ", ".join(f"has_table_privilege('{role}', '{table}', '{right}')" for right in rights)
        ).fetchone()
        return " ".join(right for right, has in zip(rights, row or (), strict=True) if has)

    assert may("weir_dbt", "ops.ledger") == "select insert"
    assert may("weir_dbt", "quality.quarantine") == "select insert update delete"
    assert may("weir_dbt", "ops.landings") == may("weir_dbt", "ops.runs") == "select"
    assert may("weir_loader", "ops.landings") == "select insert"
    assert may("weir_loader", "ops.ledger") == may("weir_loader", "quality.quarantine") == ""
    assert may("weir_publisher", "ops.ledger") == may("weir_publisher", "ops.landings") == "select"
    assert may("weir_publisher", "ops.runs") == "select insert update delete"
    assert may("weir_auditor", "ops.runs") == "select"
    assert may("weir_analyst", "ops.runs") == ""


def test_a_reader_s_session_only_reads_and_ends_a_long_question(warehouse: str, sessions: Sessions) -> None:
    row = sessions["weir_analyst"].execute(
        "select current_setting('default_transaction_read_only'), current_setting('statement_timeout'), "
        "current_setting('search_path'), current_setting('TimeZone')"
    )
    assert row.fetchone() == ("on", "10min", "analytics", "UTC")
