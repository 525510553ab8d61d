"""The command: help at once, each fault one line on standard error, no traceback and no secret."""

import os
import signal
import socket
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from cli import steps
from cli.guard import guarded
from cli.quarantine.show import show_quarantine
from cli.status import show_status
from weir.core.errors import WeirError
from weir.dbt.results import Built
from weir.warehouse import Role, connect

COMMANDS = ["run", "land", "build", "check", "publish", "verify", "quarantine", "status", "up", "down", "psql", "docs"]


def weir(*arguments: str, **more: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "cli.app", *arguments]
    return subprocess.run(command, capture_output=True, text=True, env=os.environ | more, timeout=120, check=False)


def test_help_names_every_command_and_imports_nothing_heavy() -> None:
    program = (
        "import sys\nsys.argv[1:] = ['--help']\nfrom cli.app import main\ntry:\n    main()\nexcept SystemExit: pass\n"
    )
    program += (
        "print({n.split('.')[0] for n in sys.modules} & {'dbt', 'prefect', 'dlt', 'great_expectations', 'psycopg',"
    )
    program += " 'sqlalchemy', 'pandas', 'pydantic'})"
    found = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout
    assert found.rstrip().endswith("set()")
    assert all(name in found for name in COMMANDS)


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_help(name: str) -> None:
    found = weir(name, "--help")
    assert found.returncode == 0 and f"weir {name}" in found.stdout and not found.stderr


def test_help_answers_at_once() -> None:
    """Measured as work, not as waiting: other tests run beside this one."""
    before = os.times()
    assert weir().stdout.lstrip().startswith("Usage: weir")
    after = os.times()
    assert after.children_user + after.children_system - before.children_user - before.children_system < 0.3


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["nope"], "No such command 'nope': see `weir --help`"),
        (["land", "--nope"], "No such option: --nope: see `weir land --help`"),
        (["check"], "Missing argument 'gate'"),
        (["check", "sideways"], "there is no gate 'sideways': it is raw or marts"),
        (["publish"], "nothing was built yet: type `weir build` first"),
        (["publish", "--roll-back"], "there is nothing to roll back"),
        (["quarantine"], "nothing was staged yet"),
        (["quarantine", "show", "export"], "nothing was staged yet"),
        (["quarantine", "--key", "export"], "nothing was staged yet"),
        (["quarantine", "export"], "--to is missing: weir quarantine export --to rows.csv"),
        (["quarantine", "accept", "7"], "say why the row is right: --because"),
        (["land", "--source", "nope"], "nope"),
        (["land", "--as-of", "yesterday"], "--as-of is no date or time: 'yesterday'"),
    ],
)
def test_a_mistake_is_one_line(warehouse: str, arguments: list[str], says: str) -> None:
    found = weir(*arguments)
    assert found.returncode == 1
    assert says in found.stderr
    assert found.stderr.count("\n") == 1 and "Traceback" not in found.stdout + found.stderr


@pytest.mark.slow
def test_a_selection_that_matches_nothing_is_a_mistake(warehouse: str) -> None:
    found = weir("build", "--select", "nosuch")
    assert found.returncode == 1, found.stdout
    assert "nothing matches --select nosuch: " in found.stderr and "Traceback" not in found.stdout + found.stderr


@pytest.mark.parametrize(("select", "says"), [("x", "only a part was built: it is not published"), (None, "next: ")])
def test_what_comes_after_a_build(
    warehouse: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    select: str | None,
    says: str,
) -> None:
    monkeypatch.setattr("weir.dbt.build.build_set", lambda *_, **__: Built(True, "built and tested"))
    assert steps.build(select, False, datetime(2026, 7, 1, tzinfo=UTC)) == 0
    told = capsys.readouterr().out
    assert says in told and ("weir publish" in told) == (select is None)


def test_what_is_held_back_is_shown_beside_quarantine(
    warehouse: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("DBT_DEV_PREFIX", "Me_")
    with connect(Role.OWNER) as connection:
        for prefix in ("", "me_"):
            connection.execute(
                f"""create schema if not exists {prefix}quality; create schema if not exists {prefix}ops;
                create table if not exists {prefix}ops.ledger (like ops.ledger including defaults);
                create table if not exists {prefix}quality.quarantine (like quality.quarantine);
                insert into {prefix}ops.ledger
                    values ('s', 'r', 'stg_y', 'y', 'y', 'l', now(), now(), false, 0, 0, 0, 0, 0);
                create view {prefix}quality.held_back as select 'stg_x'::text as model, '{prefix}7'::text as key,
                    'account is unknown'::text as reason, '9'::text as parent_key"""
            )
    assert show_quarantine() == 0 and show_quarantine(dev=True) == 0 and show_quarantine(key="7") == 0
    told = " ".join(capsys.readouterr().out.split())
    assert told.count("Nothing waits in quarantine. Accepted, but held back from the marts") == 2
    assert "stg_x account is unknown 1 7" in told and "stg_x account is unknown 1 me_7" in told
    assert "account is unknown: it refers to 9" in told


def test_what_is_no_longer_declared_is_marked(warehouse: str, capsys: pytest.CaptureFixture[str]) -> None:
    with connect(Role.OWNER) as connection:
        connection.execute(
            """insert into ops.ledger
                values ('s', 'r', 'stg_y', 'y', 'y', 'l', now(), now(), false, 0, 0, 0, 0, 0);
            insert into quality.quarantine (model, key, reasons, row, load_id, seq, first_seen) values
                ('stg_app__users', '1', '{bad}', '{}', 'l', 1, now()),
                ('stg_left__users', '1', '{bad}', '{}', 'l', 1, now());
            insert into ops.landings (load_id, job, source, table_name, promise, how, extracted, landed, as_of)
            values ('a', 'users', 'left', 'users', 'exact', 'compare', 0, 0, now())"""
        )
    assert show_quarantine() == 0
    told = capsys.readouterr().out
    assert "stg_left__users (no longer declared)" in told and "stg_app__users (no" not in told
    assert show_status() == 0
    told = capsys.readouterr().out
    assert "left.users (no longer declared)" in told and "app.users (no" not in told


def test_docs_on_a_port_that_is_taken_is_a_mistake(home: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        found = weir("docs", "--port", str(taken.getsockname()[1]))
    assert found.returncode == 1 and found.stderr.count("\n") == 1
    assert "can't be used (Address already in use)" in found.stderr and "weir docs --port" in found.stderr


def test_no_secret_is_printed(home: Path) -> None:
    found = weir("status", WAREHOUSE_URL="postgresql://me:s3cret-word@127.0.0.1:1/none")
    assert found.returncode == 1 and found.stderr.count("\n") == 1
    assert "127.0.0.1:1" in found.stderr and "s3cret-word" not in found.stderr + found.stdout


def test_status_of_an_empty_warehouse(warehouse: str) -> None:
    found = weir("status")
    assert found.returncode == 0, found.stderr
    assert "app.accounts" in found.stdout and "never" in found.stdout and "Nothing was published yet" in found.stdout


@pytest.mark.parametrize(
    ("fault", "code", "says"),
    [
        (WeirError("what, where\nwhat next"), 1, "what, where what next\n"),
        (KeyboardInterrupt(), 130, "interrupted"),
        (OSError(28, "No space left on device"), 1, "the disk is full"),
        (ZeroDivisionError("of us"), 1, "ZeroDivisionError: of us (details in "),
        (ModuleNotFoundError("x", name="x"), 1, "the package x is missing"),
    ],
)
def test_faults_come_out_as_one_line(
    home: Path, capsys: pytest.CaptureFixture[str], fault: BaseException, code: int, says: str
) -> None:
    def command() -> None:
        raise fault

    assert guarded(command) == code
    told = capsys.readouterr().err
    assert says in told and told.count("\n") == 1


def test_an_interrupt_is_one_line_and_130(warehouse: str) -> None:
    """While it waits for the lock that another run holds."""
    from weir.warehouse.run_lock import run_lock

    with run_lock():
        command = [sys.executable, "-m", "cli.app", "publish", "--roll-back"]
        program = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        assert program.stdout and "waiting for it" in program.stdout.readline()
        program.send_signal(signal.SIGINT)
        _, told = program.communicate(timeout=30)
    assert program.returncode == 130
    assert told.startswith("interrupted") and told.count("\n") == 1


def test_what_a_terminal_obeys_is_shown(capsys: pytest.CaptureFixture[str]) -> None:
    from weir.core import terminal

    hostile = "\x1b[2J\x1b]0;gone\x07 \x9b31m key\r \u202eback"
    shown = "\\x1b[2J\\x1b]0;gone\\x07 \\x9b31m key\\r \\u202eback"
    terminal.say(hostile)
    terminal.fail(hostile)
    terminal.table("Quarantine", ["model", "reasons"], [[hostile, "a\tb"]])
    assert guarded(lambda: (_ for _ in ()).throw(WeirError(hostile))) == 1
    found = capsys.readouterr()
    assert found.out.count(shown) == 2 and found.err.count(shown) == 2
    assert not set("\x1b\x07\x9b\r\u202e") & set(found.out + found.err)


def test_logs_of_runs_are_kept_but_not_for_ever(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from weir.ledger import runs

    monkeypatch.setattr(runs, "KEPT_LOGS", 3)
    folders = [runs.log_folder(f"2026070{day}T000000-aaaa") for day in range(1, 6)]
    assert [folder.exists() for folder in folders] == [False, False, True, True, True]
