"""Functions that `.env` names run before a landing and by `weir down`; one that can't is told in one line."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from demo.leave import EXAMPLE, leave
from weir.core import hooks
from weir.core.env import write_env
from weir.core.errors import WeirError


@pytest.fixture
def project(warehouse: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project without a source, whose module `tunnels` has hooks."""
    folder = tmp_path / "project"
    (folder / "models" / "staging").mkdir(parents=True)
    (folder / "dbt_project.yml").write_text("name: tunnelled\nprofile: weir\n")
    (folder / "tunnels.py").write_text(
        "import os, sys\n"
        "from pathlib import Path\n"
        "def up(): Path(os.environ['WEIR_PROJECT_DIR'], 'up').touch()\n"
        "def down(): Path(os.environ['WEIR_PROJECT_DIR'], 'down').touch()\n"
        "def broken(): raise OSError(f'no route to {os.environ[\"TUNNEL_TOKEN\"]}')\n"
        "def leaves(): sys.exit('gone')\n"
        "async def later(): pass\n"
        "def in_turn(): yield\n"
        "def moves():\n"
        "    os.chdir('/')\n"
        "    del os.environ['TUNNEL_TOKEN']\n"
        "    os.environ['SHOP_URL'] = 'file:///there'\n"
        "    os.environ |= {'WEIR_PROJECT_DIR': '/', 'WEIR_HOME': '/', 'WAREHOUSE_URL': 'postgresql://u@h/d'}\n"
    )
    (folder / "spoiled.py").write_text("import nothing_of_that_name\n")
    for name in ("WEIR_BEFORE_LANDING", "WEIR_BEFORE_DOWN", "WEIR_DEMO"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("WEIR_PROJECT_DIR", str(folder))
    monkeypatch.setenv("TUNNEL_TOKEN", "s3cretword")
    return folder


def weir(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "cli.app", *arguments]
    return subprocess.run(command, capture_output=True, text=True, env=os.environ, timeout=120, check=False)


def test_a_landing_and_a_stop_call_what_env_names(project: Path) -> None:
    write_env({"WEIR_BEFORE_LANDING": "tunnels:up", "WEIR_BEFORE_DOWN": "tunnels:down"})
    weir("land")
    assert (project / "up").exists() and not (project / "down").exists()
    assert weir("down").returncode == 0 and (project / "down").exists()


@pytest.mark.parametrize(
    ("hook", "says"),
    [
        ("nowhere:up", "WEIR_BEFORE_LANDING=nowhere:up can't be found (No module named 'nowhere')"),
        ("tunnels:sideways", "can't be found (module 'tunnels' has no attribute 'sideways')"),
        ("tunnels", "write it in .env as module:function"),
        (":up", "write it in .env as module:function"),
        ("spoiled:up", "can't be found (No module named 'nothing_of_that_name')"),
        ("tunnels:broken", "WEIR_BEFORE_LANDING=tunnels:broken failed (OSError: no route to ***): mend that function"),
        ("tunnels:leaves", "WEIR_BEFORE_LANDING=tunnels:leaves failed (SystemExit: gone)"),
        ("tunnels:later", "WEIR_BEFORE_LANDING=tunnels:later did not run, for it is async or a generator: make it a"),
        ("tunnels:in_turn", "did not run, for it is async or a generator"),
        ("tunnels:os", "failed (TypeError: 'module' object is not callable)"),
    ],
)
def test_a_hook_that_fails_is_one_line(hook: str, says: str, project: Path) -> None:
    write_env({"WEIR_BEFORE_LANDING": hook})
    with pytest.raises(WeirError) as caught:
        hooks.call(hooks.BEFORE_LANDING)
    assert says in str(caught.value) and "\n" not in str(caught.value) and "s3cretword" not in str(caught.value)


@pytest.mark.parametrize("value", ["tunnels:up", "  tunnels:up ", "tunnels : up", "\ttunnels:up\n"])
def test_blanks_around_a_name_do_not_count(value: str, project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WEIR_BEFORE_LANDING", value)
    hooks.call(hooks.BEFORE_LANDING)
    assert (project / "up").exists()


def test_blanks_alone_name_no_hook(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WEIR_BEFORE_LANDING", "  ")
    hooks.call(hooks.BEFORE_LANDING)
    assert not (project / "up").exists()


def test_a_hook_may_set_an_address_but_does_not_move_weir(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WEIR_BEFORE_LANDING", "tunnels:moves")
    before, folder = dict(os.environ), Path.cwd()
    hooks.call(hooks.BEFORE_LANDING)
    assert dict(os.environ) == before | {"SHOP_URL": "file:///there"} and Path.cwd() == folder
    monkeypatch.delenv("WAREHOUSE_URL")
    hooks.call(hooks.BEFORE_LANDING)
    assert "WAREHOUSE_URL" not in os.environ


@pytest.mark.parametrize("command", ["land", "verify"])
def test_no_source_is_read_after_a_hook_that_failed(command: str, project: Path) -> None:
    write_env({"WEIR_BEFORE_LANDING": "tunnels:broken"})
    found = weir(command)
    assert found.returncode == 1 and "tunnels:broken failed" in found.stderr and not found.stdout
    assert found.stderr.count("\n") == 1 and "s3cretword" not in found.stderr


def test_a_hook_that_fails_is_told_after_all_has_stopped(project: Path) -> None:
    write_env({"WEIR_BEFORE_DOWN": "tunnels:broken"})
    found = weir("down")
    assert found.returncode == 1 and "WEIR_BEFORE_DOWN=tunnels:broken failed" in found.stderr
    assert found.stdout == "nothing was running\n", "what runs is stopped all the same"


def test_an_older_demo_without_the_lines_still_starts_its_helpdesk(project: Path) -> None:
    write_env({"WEIR_DEMO": "1"})
    assert "the demo's helpdesk has no data yet" in weir("land").stderr
    write_env({"WEIR_BEFORE_LANDING": "tunnels:up"})
    weir("land")
    assert (project / "up").exists(), "a hook of one's own goes before it"


def test_whoever_leaves_the_demo_keeps_hooks_of_their_own(
    project: Path, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (project / EXAMPLE[0]).mkdir(parents=True)
    write_env({"WEIR_DEMO": "1", "WEIR_BEFORE_LANDING": "tunnels:up", "WEIR_BEFORE_DOWN": "demo.hooks:down"})
    leave()
    assert (home / ".env").read_text() == "WEIR_BEFORE_LANDING='tunnels:up'\n"
