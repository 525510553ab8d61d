"""What Weir makes is its owner's alone: files, `.env`, and what a child finds in its environment."""

import os
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import psutil
import pytest

from tests.servers.folders import claimed, remove
from tests.servers.nobody import as_nobody, read_by_nobody
from weir.core import env, handed
from weir.core.errors import WeirError
from weir.core.private import keep_private
from weir.core.settings import ROOT


@pytest.fixture
def open_home(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A WEIR_HOME in a folder that every user can enter, and the umask as it was after the test."""
    folder = claimed("weir-open-")
    monkeypatch.setenv("WEIR_HOME", str(folder / "home"))
    before = os.umask(0o022)
    yield folder / "home"
    os.umask(before)
    remove(folder)


def test_a_home_that_was_open_to_all_is_closed(open_home: Path) -> None:
    (open_home / "logs").mkdir(parents=True)
    (open_home / "logs" / "dbt.log").write_text("invalid input: ada@example.com")
    (open_home / ".env").write_text("WAREHOUSE_URL=postgresql://u:secret@h/d\n")
    (open_home / "target").symlink_to(ROOT / "README.md")
    before = (ROOT / "README.md").stat().st_mode
    assert len(read_by_nobody(open_home)) > 3
    keep_private()
    assert read_by_nobody(open_home) == [str(open_home / "target")], "what a link leads to elsewhere is left as it is"
    assert (ROOT / "README.md").stat().st_mode == before
    (open_home / "logs" / "new.log").write_text("made after")
    assert (open_home / "logs" / "new.log").stat().st_mode & 0o777 == 0o600


def test_in_a_folder_of_many_things_only_what_weir_makes_is_closed(open_home: Path) -> None:
    for name in ("logs", "website"):
        (open_home / name).mkdir(parents=True)
        (open_home / name / "page").write_text("text")
    open_home.chmod(0o1777)
    keep_private()
    assert open_home.stat().st_mode & 0o7777 == 0o1777
    assert set(read_by_nobody(open_home)) == {str(open_home / each) for each in (".", "website", "website/page")}


def test_settings_of_another_user_are_told_as_such(open_home: Path) -> None:
    env.load_env()  # what it imports can't be read by that user
    env.write_env({"A_TOKEN": "x"})
    open_home.chmod(0o711)

    def told() -> str:
        with pytest.raises(WeirError) as fault:
            env.load_env()
        return str(fault.value)

    assert as_nobody(told) == f"{open_home}/.env can't be read (Permission denied): see that it is a file of yours"


def test_a_home_that_was_closed_whole_stays_so(open_home: Path) -> None:
    open_home.mkdir(mode=0o700)
    keep_private()
    assert open_home.stat().st_mode & 0o777 == 0o700, "else root's server would be sought in another place"


def test_commands_make_nothing_that_others_can_read(open_home: Path) -> None:
    subprocess.run([sys.executable, "-m", "cli.app", "status"], cwd=ROOT, env=_outside(open_home), check=True)
    try:
        assert (open_home / ".env").exists() and (open_home / "warehouse").exists()
        assert read_by_nobody(open_home) == []
        assert as_nobody(lambda: os.access(open_home, os.X_OK)), "the embedded server's own user passes through"
        words = {name: value for name, value in _lines(open_home / ".env").items() if "PASSWORD" in name}
        assert len(words) >= 5
        lines, environments = as_nobody(lambda: (_of_processes("cmdline"), _of_processes("environ")))
        assert "postgres" in lines and not [name for name, word in words.items() if word in lines + environments]
        pid = int((data_folder_of(open_home) / "postmaster.pid").read_text().split()[0])
        listening = {each.laddr.ip for each in psutil.Process(pid).net_connections("inet") if each.status == "LISTEN"}
        assert listening == {"127.0.0.1"}
    finally:
        subprocess.run([sys.executable, "-m", "cli.app", "down"], cwd=ROOT, env=_outside(open_home), check=True)


def data_folder_of(home: Path) -> Path:
    """Where the embedded server of the home keeps its data."""
    from weir.warehouse.embedded.server import data_folder

    assert os.environ["WEIR_HOME"] == str(home)
    return data_folder()


def _lines(file: Path) -> dict[str, str]:
    """Names and values of a `.env`."""
    return {
        name: value.strip("'") for name, _, value in (line.partition("=") for line in file.read_text().splitlines())
    }


def _of_processes(name: str) -> str:
    """What this user can read of every process: its command line, or its environment."""
    found = []
    for path in Path("/proc").glob(f"[0-9]*/{name}"):
        with suppress(OSError):
            found.append(path.read_bytes().decode(errors="replace"))
    return "\n".join(found)


def test_two_that_write_settings_at_once_lose_no_line(home: Path) -> None:
    code = """import os, sys, time
from weir.core.settings import home
from weir.core.env import write_env
while not (home() / "go").exists():
    time.sleep(0.001)
for n in range(50):
    write_env({f"{sys.argv[1]}_{n}": "x"})"""
    both = [subprocess.Popen([sys.executable, "-c", code, name], cwd=ROOT) for name in ("A", "B", "C")]
    home.mkdir()
    time.sleep(1)
    (home / "go").touch()
    assert [process.wait(60) for process in both] == [0, 0, 0]
    names = {line.split("=")[0] for line in (home / ".env").read_text().splitlines()}
    assert names == {f"{name}_{n}" for name in ("A", "B", "C") for n in range(50)}


def test_two_first_starts_make_one_password(open_home: Path) -> None:
    code = "from weir.warehouse.connection import connect\nwith connect() as c: print(c.execute('select 1').fetchone())"
    both = [
        subprocess.Popen([sys.executable, "-c", code], cwd=ROOT, env=_outside(open_home), stdout=subprocess.PIPE)
        for _ in range(2)
    ]
    assert [process.communicate(timeout=120)[0] for process in both] == [b"(1,)\n", b"(1,)\n"]
    subprocess.run([sys.executable, "-m", "cli.app", "down"], cwd=ROOT, env=_outside(open_home), check=True)
    assert (open_home / ".env").read_text().count("WEIR_PG_PASSWORD") == 1


def test_a_child_gets_what_its_list_names(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    home.mkdir()
    (home / ".env").write_text("SHOP_URL='mysql://u:pw@h/d'\nWEIR_PG_PASSWORD='w'\nVENDOR_KEY='v'\n")
    for name in ("AWS_SECRET_ACCESS_KEY", "AZURE_STORAGE_ACCOUNT_KEY", "WEIR_PREFECT_PASSWORD", "WEIR_SPARK_METASTORE"):
        monkeypatch.setenv(name, "secret")
    code = "import os; from weir.core.env import load_env; load_env(); print(*sorted(os.environ))"

    def seen(*patterns: str) -> set[str]:
        command = [sys.executable, "-c", code]
        done = subprocess.run(command, cwd=ROOT, env=handed.handed(*patterns), capture_output=True, text=True)
        return set(done.stdout.split())

    secret = {"SHOP_URL", "VENDOR_KEY", "AWS_SECRET_ACCESS_KEY", "AZURE_STORAGE_ACCOUNT_KEY", "WEIR_PREFECT_PASSWORD",
              "WEIR_SPARK_METASTORE"}  # fmt: skip
    assert not seen(*handed.GATES) & secret and "WEIR_PG_PASSWORD" in seen(*handed.GATES)
    assert not seen(*handed.PREFECT_SERVER) & {*secret, "WEIR_PG_PASSWORD"}
    assert {"PATH", "WEIR_HOME"} <= seen(*handed.GATES)


def test_dbt_gets_what_the_project_asks_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WEIR_PROJECT_DIR", str(tmp_path))
    (tmp_path / "dbt_project.yml").write_text("name: x\nmacro-paths: [helpers]\n")
    for name, text in {
        "models/a.sql": "select '{{ env_var('CURRENCY') }}'",
        "models/b.yml": 'schema: "{{ env_var("REGION", "eu") }}"',
        "helpers/c.sql": "{{ env_var( 'FROM_HELPER' ) }}",
    }.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    found = handed.for_dbt()
    assert {"CURRENCY", "REGION", "FROM_HELPER"} <= set(found)
    for name in ("SHOP_URL", "AWS_SECRET_ACCESS_KEY", "WEIR_PREFECT_PASSWORD", "WEIR_SPARK_METASTORE"):
        assert not env.matches(name, found)


def test_what_came_from_the_file_is_told_from_what_was_exported(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    home.mkdir()
    (home / ".env").write_text("OF_FILE='old'\nOF_SHELL='file'\n")
    monkeypatch.setenv("OF_SHELL", "shell")
    env.load_env()
    kept = env.outer()
    assert "OF_FILE" not in kept and kept["OF_SHELL"] == "shell" and os.environ["OF_FILE"] == "old"
    env.write_env({"OF_COMMAND": "made"})
    assert "OF_COMMAND" not in env.outer()


def _outside(home: Path) -> dict[str, str]:
    """The environment of a shell that has exported nothing but the home."""
    return handed.handed() | {"WEIR_HOME": str(home), env.ONLY: "*"}


def test_the_docs_are_shown_to_this_machine_only(home: Path) -> None:
    from cli.pages import open_server

    docs = home / "target" / "prod-docs"
    docs.mkdir(parents=True)
    (docs / "index.html").write_text("models")
    with open_server(0, "a password") as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        address = f"http://127.0.0.1:{server.server_port}/dbt/index.html"
        assert _status(address, "127.0.0.1") == _status(address, f"localhost:{server.server_port}") == 200
        assert _status(address, "rebound.example") == 403, "a name of theirs that leads here"
        server.shutdown()


def _status(address: str, host: str) -> int:
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(urllib.request.Request(address, headers={"Host": host}), timeout=10) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as refusal:
        return refusal.code
