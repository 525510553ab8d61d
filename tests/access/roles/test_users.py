"""People's logins: made with a role's rights and settings, shown once, listed, rotated, removed."""

import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest

from weir.access import users
from weir.core.errors import WeirError

NAME = 'Ann "the" Reader\'s ü'


@pytest.fixture
def ann(warehouse: str, owner: psycopg.Connection[Any]) -> Iterator[str]:
    """A login of the role analyst; its password."""
    owner.execute("create table analytics.fct (a int)")
    owner.execute("alter table analytics.fct owner to weir_publisher; grant select on analytics.fct to weir_analyst")
    yield users.add(NAME, "analyst")
    for (name,) in owner.execute("select rolname from pg_roles where rolname = %s", [NAME]).fetchall():
        quoted = '"' + name.replace('"', '""') + '"'
        owner.execute(f"drop owned by {quoted} cascade; drop role {quoted}")


def test_a_login_reads_the_marts_under_its_role_s_settings(warehouse: str, ann: str) -> None:
    with psycopg.connect(warehouse, user=NAME, password=ann, autocommit=True) as reader:
        assert reader.execute("select count(*) from fct").fetchone() == (0,)
        settings = [reader.execute(f"show {name}").fetchone() for name in ("statement_timeout", "TimeZone")]
        assert settings == [("10min",), ("UTC",)]
        with pytest.raises(psycopg.errors.ReadOnlySqlTransaction):
            reader.execute("create table analytics.mine (a int)")
        reader.execute("set default_transaction_read_only = off")
        for statement in ("delete from fct", "select from ops.runs", "select from analytics_private.fct",
                          "create table analytics.mine (a int)", "create table public.mine (a int)"):  # fmt: skip
            with pytest.raises((psycopg.errors.InsufficientPrivilege, psycopg.errors.UndefinedTable)):
                reader.execute(statement)
        (one,) = [each for each in users.users() if each.name == NAME]
        assert (one.roles, one.expires, one.sessions) == (["weir_analyst"], None, 1)


def test_a_rotated_login_keeps_nothing_of_the_old_password(warehouse: str, ann: str) -> None:
    new = users.rotate(NAME, "2099-12-31")
    psycopg.connect(warehouse, user=NAME, password=new).close()
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        psycopg.connect(warehouse, user=NAME, password=ann)
    (one,) = [each for each in users.users() if each.name == NAME]
    assert one.expires and f"{one.expires:%Y-%m-%d}" == "2099-12-31", "the last day is a whole one"


def test_a_removed_login_is_gone_with_its_sessions(warehouse: str, ann: str, owner: psycopg.Connection[Any]) -> None:
    reader = psycopg.connect(warehouse, user=NAME, password=ann, autocommit=True)
    quoted = '"' + NAME.replace('"', '""') + '"'
    owner.execute(f"create schema mine authorization {quoted}")
    with pytest.raises(WeirError, match="owns schema mine: give it to somebody by `reassign owned by"):
        users.remove(NAME)
    # whoever is to be removed is out at once, and what nobody else can be given goes with the login
    for way in (lambda: reader.execute("select 1"), lambda: psycopg.connect(warehouse, user=NAME, password=ann)):
        with pytest.raises(psycopg.OperationalError):
            way()
    owner.execute(f"drop schema mine; set role {quoted}; select lo_create(0); reset role")
    owner.execute(f"alter default privileges for role {quoted} grant select on tables to public")
    assert users.remove(NAME) == 0
    with pytest.raises(WeirError, match="there is no login"):
        users.remove(NAME)


@pytest.mark.parametrize(
    ("name", "role", "expires", "says"),
    [
        ("weir_dbt", "analyst", None, "there is a role weir_dbt on the server already"),
        ("pg_me", "analyst", None, "can't be a login"),
        (" ", "analyst", None, "can't be a login"),
        ("x" * 64, "analyst", None, "can't be a login"),
        ("bob", "boss", None, "there is no role boss for people: --role takes analyst, private, auditor"),
        ("bob", "weir_publisher", None, "there is no role weir_publisher for people"),
        ("bob", "analyst", "2020-01-01", "is past"),
        ("bob", "analyst", "soon", "--expires is no date"),
    ],
)
def test_what_can_not_be_is_one_line(warehouse: str, name: str, role: str, expires: str | None, says: str) -> None:
    with pytest.raises(WeirError, match=says) as fault:
        users.add(name, role, expires)
    assert "\n" not in str(fault.value)
    with pytest.raises(WeirError, match="there is no login weir_dbt"):
        users.rotate("weir_dbt")


def test_the_password_is_shown_once_in_a_pipe(warehouse: str, owner: psycopg.Connection[Any]) -> None:
    def weir(*words: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "cli.app", "user", *words]
        return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)

    made = weir("add", "piped", "--role", "private")
    try:
        lines = dict(line.split(maxsplit=1) for line in made.stdout.splitlines())
        assert made.returncode == 0 and set(lines) == {"user", "password", "host", "port", "database"}, made.stderr
        psycopg.connect(warehouse, user="piped", password=lines["password"]).close()
        listed = weir("list")
        assert "piped" in listed.stdout and "private" in listed.stdout and lines["password"] not in listed.stdout
    finally:
        owner.execute("drop owned by piped; drop role piped")
