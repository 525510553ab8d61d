"""New passwords for the account and the roles: in server and `.env`, after a crash at any moment too."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

from cli.access.rotate import rotate_passwords
from weir import warehouse
from weir.core.env import read_env
from weir.core.errors import WeirError
from weir.warehouse import connection
from weir.warehouse.embedded.server import data_folder, stop_server
from weir.warehouse.roles import LOGINS, Role, rotation

NAMES = [role.variable for role in Role]


def forget(patch: pytest.MonkeyPatch) -> None:
    """As a new process: nothing but `.env` is known."""
    for name in ("WAREHOUSE_URL", "WEIR_PG_PORT", rotation.JOURNAL, *NAMES):
        patch.setenv(name, "")
        patch.delenv(name)
    patch.setattr(connection, "_ready", {})


def logins() -> dict[str, Any]:
    """The user of a session of each role."""
    found = {}
    for role in Role:
        with warehouse.connect(role) as session:
            found[role.name] = session.execute("select session_user::text").fetchone()
    return found


@pytest.fixture
def embedded(home: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """An embedded warehouse of the test's own, whose passwords `.env` alone knows."""
    home.parent.chmod(0o755)
    forget(monkeypatch)
    warehouse.ensure()
    yield home
    stop_server()
    shutil.rmtree(data_folder(), ignore_errors=True)


def test_new_passwords_hold_and_the_old_do_not(embedded: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    old = {name: read_env()[name] for name in NAMES}
    url = warehouse.ensure()
    with warehouse.connect(Role.OWNER, autocommit=True) as owner:
        assert rotate_passwords() == 0
        new = read_env()
        assert not [name for name in NAMES if new[name] == old[name]] and rotation.JOURNAL not in new
        assert (embedded / ".env").stat().st_mode & 0o777 == 0o600
        for name, user in [("WEIR_PG_PASSWORD", "weir"), *((role.variable, role.value) for role in LOGINS)]:
            psycopg.connect(url, user=user, password=new[name]).close()
            with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
                psycopg.connect(url, user=user, password=old[name])
        owner.execute("select pg_advisory_lock(hashtext('weir run'))")
        with pytest.raises(WeirError, match="a run is under way"):
            rotate_passwords()
    monkeypatch.setenv("WEIR_DBT_PASSWORD", "exported")
    with pytest.raises(WeirError, match="WEIR_DBT_PASSWORD is exported"):
        rotate_passwords()


@pytest.mark.parametrize("moment", ["before the server", "after the server"])
def test_a_crash_leaves_passwords_that_work(embedded: Path, monkeypatch: pytest.MonkeyPatch, moment: str) -> None:
    def crash(*_: object) -> None:
        raise KeyboardInterrupt

    where = (rotation.passwords, "set_all") if moment == "before the server" else (rotation, "_take")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(*where, crash)
        with pytest.raises(KeyboardInterrupt):
            rotate_passwords()
    assert rotation.JOURNAL in read_env()
    stop_server("immediate")  # its next start asks for the account's password first
    forget(monkeypatch)
    users = {role.name: (role.value or "weir",) for role in Role}
    assert logins() == users and rotation.JOURNAL not in read_env()
    forget(monkeypatch)
    assert logins() == users


def test_a_lost_line_is_made_anew_and_a_wrong_one_mended(embedded: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from weir.core.env import remove_env, write_env

    remove_env(["WEIR_LOADER_PASSWORD"])
    write_env({"WEIR_PUBLISHER_PASSWORD": "of another day"})
    forget(monkeypatch)
    assert logins()["LOADER"] == ("weir_loader",)


def test_on_a_server_of_yours_passwords_of_others_are_not_taken_over(
    warehouse: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    import weir.warehouse as opened

    monkeypatch.setattr(connection, "_ready", {})
    monkeypatch.delenv("WEIR_DBT_PASSWORD")
    with pytest.raises(WeirError, match=r"passwords that are not in \.env: copy the lines WEIR_DBT_PASSWORD from"):
        opened.ensure()
    monkeypatch.setenv("WEIR_DBT_PASSWORD", "x")
    monkeypatch.setenv("WEIR_PUBLISHER_PASSWORD", "wrong")
    with pytest.raises(WeirError, match=r"does not let weir_publisher in.*`weir grants --rotate`") as fault:
        opened.ensure()
    assert os.environ["WEIR_LOADER_PASSWORD"] not in str(fault.value)


def test_no_login_of_people_can_keep_a_run_waiting(embedded: Path) -> None:
    url = warehouse.ensure()
    with warehouse.connect(Role.OWNER, autocommit=True) as owner:
        for lock in ("pg_advisory_lock(hashtext('weir run'))", "pg_try_advisory_xact_lock(1, 2)"):
            with (
                psycopg.connect(url, user="weir_analyst", password=read_env()["WEIR_ANALYST_PASSWORD"]) as analyst,
                pytest.raises(psycopg.errors.InsufficientPrivilege),
            ):
                analyst.execute(f"select {lock}")
        for role in (Role.LOADER, Role.DBT, Role.PUBLISHER):
            with warehouse.connect(role) as own:
                own.execute("select pg_advisory_xact_lock(hashtext('weir run'))")
        owner.execute("grant execute on function pg_advisory_lock(bigint) to public")
    from weir.access import grants

    found = grants.look()
    assert {(each.what, each.role) for each in found.differences} >= {("too much: execute", "public")}
    assert not grants.make_so().differences
