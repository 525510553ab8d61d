"""`weir psql` is psql itself, on the published marts, as a reader who can write nothing."""

import os
import subprocess
import sys
from pathlib import Path

import psycopg
import pytest

from tests.servers.folders import remove
from tests.support.publishing import ACCOUNTS, release
from weir.warehouse.embedded.server import data_folder, stop_server


@pytest.fixture
def marts(warehouse: str) -> str:
    """A warehouse with one published mart of three rows."""
    with psycopg.connect(warehouse, autocommit=True) as connection:
        connection.execute("create schema if not exists analytics_next")
        connection.execute("create table analytics_next.accounts (account_id bigint, name text)")
        connection.execute("insert into analytics_next.accounts values (1, 'a'), (2, 'b'), (3, 'ü')")
    release(marts=(ACCOUNTS,))
    return warehouse


def weir(*arguments: str, stdin: str = "", **more: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "cli.app", "psql", *arguments]
    env = os.environ | {"PGCLIENTENCODING": "UTF8"} | more
    return subprocess.run(command, input=stdin, capture_output=True, text=True, env=env, timeout=60, check=False)


def test_arguments_standard_input_and_exit_status_are_psqls(marts: str, tmp_path: Path) -> None:
    found = weir("-At", "-c", "select name from accounts order by account_id")
    assert (found.returncode, found.stdout, found.stderr) == (0, "a\nb\nü\n", "")
    assert weir("-At", stdin="select count(*) from analytics.accounts;\nshow timezone;\n").stdout == "3\nUTC\n"
    (tmp_path / "a.sql").write_text("select :'v' || count(*) from accounts;\n")
    assert weir("-At", "-v", "v=n ", "-f", str(tmp_path / "a.sql")).stdout == "n 3\n"
    wrong = weir("-c", "select nothing from accounts")
    assert wrong.returncode == 1 and 'column "nothing" does not exist' in wrong.stderr
    assert weir("-v", "ON_ERROR_STOP=1", stdin="select 1/0;").returncode == 3
    assert "psql (PostgreSQL)" in weir("--version").stdout


@pytest.mark.parametrize(
    "statement",
    [
        "delete from accounts",
        "set default_transaction_read_only = off; delete from accounts",
        "set transaction read write; create table mine (id int)",
        "set default_transaction_read_only = off; create table analytics.mine (id int)",
        "set default_transaction_read_only = off; drop table accounts",
        "select * from ops.runs",
    ],
)
def test_a_reader_of_marts_writes_nothing_and_sees_nothing_else(marts: str, statement: str) -> None:
    found = weir("-v", "ON_ERROR_STOP=1", stdin=statement + ";")
    assert found.returncode == 3 and ("read-only transaction" in found.stderr or "permission denied" in found.stderr
                                      or "must be owner" in found.stderr), found.stderr  # fmt: skip
    assert weir("-At", "-c", "select count(*) from accounts").stdout == "3\n"


def test_nothing_of_env_reaches_psql_but_the_account(marts: str, home: Path) -> None:
    home.mkdir(exist_ok=True)
    (home / ".env").write_text("SHOP_URL='mysql://u:s3cretword@h/d'\n")
    found = weir("-c", r"\! env")
    assert found.returncode == 0 and "s3cretword" not in found.stdout and "PGDATABASE=test_" in found.stdout


def test_the_address_is_that_of_a_reader_for_any_tool(marts: str) -> None:
    import sqlalchemy as sa

    found = weir("--url")
    assert found.returncode == 0 and not found.stderr
    with psycopg.connect(found.stdout.strip(), autocommit=True) as connection:
        assert connection.execute("select count(*) from accounts").fetchone() == (3,)
        connection.execute("set default_transaction_read_only = off")
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute("delete from accounts")
    engine = sa.create_engine(found.stdout.strip())
    with engine.connect() as connection:
        assert connection.exec_driver_sql("select current_user").scalar() == "weir_analyst"
    engine.dispose()


def test_there_is_no_other_role_to_go_back_to(marts: str) -> None:
    for way in ("set role none", "reset role", "set role weir", "set session authorization weir"):
        found = weir(
            "-v", "ON_ERROR_STOP=1", stdin=f"{way};\nset default_transaction_read_only = off;\ndelete from accounts;"
        )
        assert found.returncode == 3 and "permission denied" in found.stderr, found.stderr
    assert "weir_analyst" in weir("-c", "reset role", "-c", "select session_user").stdout


def test_an_engineer_logs_in_as_another_role(marts: str) -> None:
    for word, user in (("dbt", "weir_dbt"), ("publisher", "weir_publisher"), ("owner", "weir")):
        found = weir("--as", word, "-At", "-c", "select session_user, count(*) from ops.runs")
        assert (found.returncode, found.stdout) == (0, f"{user}|0\n"), found.stderr
    found = weir("--as", "boss", "-c", "select 1")
    assert found.returncode == 1
    assert "--as takes owner, loader, dbt, publisher, analyst" in " ".join(found.stderr.split())


def test_help_says_where_the_password_is() -> None:
    found = weir("--help")
    assert found.returncode == 0 and "Its password is in it" in " ".join(found.stdout.split())


def test_a_server_that_demands_tls_needs_a_psql_of_its_own(marts: str, tmp_path: Path) -> None:
    (tmp_path / "psql").write_text("#!/bin/sh\necho mine\n")
    (tmp_path / "psql").chmod(0o755)
    assert weir("-c", "select 1", PATH=str(tmp_path)).stdout == "mine\n", "that of the PATH, which can speak TLS"
    assert weir("-At", "-c", "select 1", PATH="/nowhere").stdout == "1\n", "else the one that is installed with Weir"


def test_the_embedded_warehouse_is_started_and_its_own_psql_taken(tmp_path: Path) -> None:
    (tmp_path / "psql").write_text("#!/bin/sh\necho another\n")
    (tmp_path / "psql").chmod(0o755)
    env = {"WEIR_HOME": str(tmp_path / "home"), "WAREHOUSE_URL": "", "PATH": f"{tmp_path}:{os.environ['PATH']}"}
    env |= {name: "" for name in os.environ if name.startswith("WEIR_PG_")}
    try:
        found = weir("-At", "-c", "select current_user, 1", **env)
        assert (found.returncode, found.stdout) == (0, "weir_analyst|1\n"), found.stderr
    finally:
        with pytest.MonkeyPatch.context() as patch:
            for name, value in env.items():
                patch.setenv(name, value)
            stop_server("immediate")
            remove(data_folder())
