"""The warehouse starts, survives what happens to servers, and says plainly what is wrong."""

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest

from weir import warehouse
from weir.core import handed
from weir.core.errors import WeirError
from weir.core.settings import ROOT
from weir.warehouse.embedded.server import data_folder, stop_server


@pytest.fixture
def fresh(home: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A home with no warehouse yet; its server, if one is started, ends with the test."""
    home.parent.chmod(0o755)
    for name in ("WAREHOUSE_URL", "WEIR_PG_PORT", "WEIR_PG_PASSWORD"):
        monkeypatch.setenv(name, "")
        monkeypatch.delenv(name)
    yield home
    stop_server()
    shutil.rmtree(data_folder(), ignore_errors=True)


def test_it_is_made_private_and_listens_on_loopback_only(fresh: Path) -> None:
    url = warehouse.ensure()
    assert "127.0.0.1" in url
    assert (fresh / ".env").stat().st_mode & 0o777 == 0o600
    with warehouse.connect(warehouse.Role.OWNER) as connection:
        row = connection.execute(
            "select current_setting('listen_addresses'), current_setting('TimeZone'),"
            " (select bool_and(auth_method = 'scram-sha-256') from pg_hba_file_rules),"
            " to_regclass('ops.landings') is not null"
        ).fetchone()
    assert row == ("127.0.0.1", "UTC", True, True)
    with pytest.raises(psycopg.OperationalError):
        psycopg.connect(url.replace(os.environ["WEIR_PG_PASSWORD"], "wrong"))


def test_a_shell_that_is_set_up_for_another_server_does_not_divert_it(
    fresh: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """For landing, dbt, gates and psql: what each of them is handed."""
    elsewhere = {"PGHOSTADDR": "127.0.0.9", "PGSERVICE": "elsewhere", "PGSERVICEFILE": "/nowhere",
                 "PGSSLMODE": "require"}  # fmt: skip
    for name, value in elsewhere.items():
        monkeypatch.setenv(name, value)
    warehouse.ensure()
    with warehouse.connect() as connection:
        assert connection.execute("select current_database()").fetchone() == ("weir",)
    for patterns in (handed.GATES, handed.DBT):
        assert not {"PGHOSTADDR", "PGSERVICE"} & set(handed.handed(*patterns))
    command = [sys.executable, "-m", "cli.app", "psql", "-At", "-c", "select 1"]
    found = subprocess.run(command, env=os.environ | elsewhere, capture_output=True, text=True, timeout=60, check=False)
    assert (found.returncode, found.stdout, found.stderr) == (0, "1\n", "")


def test_it_comes_back_after_kill_9_with_its_rows(fresh: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    warehouse.ensure()
    with warehouse.connect() as connection:
        connection.execute("insert into ops.runs (run_id, state, as_of) values ('r', 'running', now())")
    pid = int((data_folder() / "postmaster.pid").read_text().splitlines()[0])
    os.kill(pid, signal.SIGKILL)
    monkeypatch.delenv("WAREHOUSE_URL")
    with warehouse.connect() as connection:
        assert connection.execute("select count(*) from ops.runs").fetchone() == (1,)


def test_a_lost_env_file_gets_a_new_password(fresh: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    warehouse.ensure()
    old = os.environ["WEIR_PG_PASSWORD"]
    (fresh / ".env").unlink()
    for name in ("WAREHOUSE_URL", "WEIR_PG_PORT", "WEIR_PG_PASSWORD"):
        monkeypatch.delenv(name)
    warehouse.ensure()
    assert os.environ["WEIR_PG_PASSWORD"] != old
    with warehouse.connect() as connection:
        assert connection.execute("select 1").fetchone() == (1,)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a folder away")
@pytest.mark.parametrize("whole", [True, False])
def test_a_folder_of_another_user_is_told_as_such(fresh: Path, whole: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    warehouse.ensure()
    warehouse.stop()
    data = data_folder()
    shutil.chown(data if whole else data / "PG_VERSION", "root", "root")
    monkeypatch.delenv("WAREHOUSE_URL")
    with pytest.raises(WeirError, match=rf"belongs to user root.*type `chown -R pgserver {data}`") as caught:
        warehouse.ensure()
    assert "shut down" not in str(caught.value)
    shutil.chown(data, "pgserver", "pgserver")
    shutil.chown(data / "PG_VERSION", "pgserver", "pgserver")
    warehouse.ensure()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a file away")
def test_why_it_does_not_start_is_told_of_this_start(fresh: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    warehouse.ensure()
    warehouse.stop()
    (data_folder() / "postgresql.auto.conf").write_text("no_such_setting = 1")
    monkeypatch.delenv("WAREHOUSE_URL")
    with pytest.raises(WeirError, match="no_such_setting") as caught:
        warehouse.ensure()
    assert "shut down" not in str(caught.value)


def test_stop_says_whether_it_was_running(fresh: Path) -> None:
    assert not warehouse.stop()
    warehouse.ensure()
    assert warehouse.stop()


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("mysql://u:p@h/d", "no PostgreSQL address"),
        ("postgresql://u:p@h:port/d", "can't be read"),
        ("postgresql://u:p@[::1/d", "can't be read"),
        ("postgresql://u:s3cr@t/x@127.0.0.1:5499/db", "%40 for @, %2F for /"),
        ("postgresql://u:very-secret@127.0.0.1:1/d", "127.0.0.1:1/d can't be reached"),
    ],
)
def test_a_wrong_address_is_one_line_without_the_password(
    url: str, says: str, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WAREHOUSE_URL", url)
    with pytest.raises(WeirError) as caught:
        warehouse.ensure()
    assert says in str(caught.value)
    assert "very-secret" not in str(caught.value) and "x@127" not in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_wrong_password_is_one_line(database: Callable[[], str], monkeypatch: pytest.MonkeyPatch, home: Path) -> None:
    password = database().split("@")[0].rsplit(":", 1)[1]
    monkeypatch.setenv("WAREHOUSE_URL", database().replace(password, "guessed"))
    with pytest.raises(WeirError, match="refuses user or password: mend WAREHOUSE_URL") as caught:
        warehouse.ensure()
    assert "guessed" not in str(caught.value)


def test_a_wrong_password_of_the_embedded_one_is_one_line(server: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("WAREHOUSE_URL", raising=False)
    monkeypatch.setenv("WEIR_PG_PASSWORD", "guessed")
    with pytest.raises(WeirError, match="refuses the password in WEIR_PG_PASSWORD: "):
        warehouse.ensure()


def test_an_old_server_is_refused(warehouse: str, monkeypatch: pytest.MonkeyPatch) -> None:
    # The bound is moved above the server at hand: the same comparison that refuses PostgreSQL 15.
    from weir.warehouse import connection, session

    monkeypatch.setattr(session, "OLDEST_VERSION", 99)
    connection._ready.clear()
    with pytest.raises(WeirError, match="PostgreSQL 18, too old: Weir needs 99 or newer"):
        connection.ensure()


def test_an_account_that_may_not_make_roles_will_do(
    server: str, database: Callable[[], str], home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for first in (True, False):  # whether weir_dbt is there already, made by another account, makes no difference
        url = database()
        name = url.rsplit("/", 1)[1]
        with psycopg.connect(server, autocommit=True) as connection:
            connection.execute(f"create role {name} login password 'plain'")
            connection.execute(f"alter database {name} owner to {name}")
            if not first:
                connection.execute("do $$ begin create role weir_dbt; exception when duplicate_object then end $$")
        port = url.rsplit(":", 1)[1].split("/")[0]
        monkeypatch.setenv("WAREHOUSE_URL", f"postgresql://{name}:plain@127.0.0.1:{port}/{name}")
        for role in warehouse.roles.LOGINS:
            monkeypatch.delenv(role.variable, raising=False)
        assert not warehouse.has_roles()
        with warehouse.connect() as connection:
            assert connection.execute("select count(*) from ops.runs").fetchone() == (0,)


def test_one_run_at_a_time(warehouse: str) -> None:
    from weir.warehouse.run_lock import run_lock

    code = "from weir.warehouse.run_lock import run_lock\nwith run_lock():\n    print('held', flush=True)\n    input()"
    other = subprocess.Popen(
        [sys.executable, "-c", code], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert other.stdout and other.stdout.readline() == "held\n"
    with pytest.raises(WeirError, match="another run is under way"), run_lock(wait=False):
        pass
    other.kill()  # the lock dies with its process
    other.wait()
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        try:
            with run_lock(wait=False):
                return
        except WeirError:
            time.sleep(0.1)
    pytest.fail("the lock outlived its process")
