"""A wheel of the repository, in an environment that holds no checkout: the command works, and lands a table."""

import os
import shutil
import site
import subprocess
import sys
from pathlib import Path

import psycopg
import pytest

from weir.core.settings import ROOT

SOURCES = """
sources:
  - name: drops
    schema: raw_drops
    config: {meta: {connection: DROPS_URL}}
    tables:
      - {name: answers, config: {meta: {key: [id], path: "*.csv", format: csv}}}
"""


@pytest.fixture(scope="module")
def installed(tmp_path_factory) -> Path:
    """The folder of the programs of an environment with the wheel, and the packages it needs from this environment."""
    folder = tmp_path_factory.mktemp("wheel")
    # A copy, for setuptools leaves its own folders beside what it builds.
    kept = shutil.ignore_patterns(".*", "target", "build", "*.egg-info", "__pycache__", "tests")
    shutil.copytree(ROOT, folder / "source", ignore=kept)
    uv = [sys.executable, "-m", "uv"]
    subprocess.run([*uv, "build", "-q", "--wheel", "--no-build-isolation", "--python", sys.executable,
                    "--out-dir", folder, folder / "source"], check=True)  # fmt: skip
    shutil.rmtree(folder / "source")
    subprocess.run([*uv, "venv", "-q", "--python", sys.executable, folder / "venv"], check=True)
    python = folder / "venv" / "bin" / "python"
    wheel = next(folder.glob("weir-*.whl"))
    subprocess.run([*uv, "pip", "install", "-q", "--offline", "--no-deps", "--python", python, wheel], check=True)
    packages = subprocess.run([python, "-c", "import site; print(site.getsitepackages()[0])"],
                              capture_output=True, text=True, check=True).stdout.strip()  # fmt: skip
    # Their .pth files, by which this environment knows the checkout, are not read so.
    (Path(packages) / "more.pth").write_text("\n".join(site.getsitepackages()) + "\n")
    return folder / "venv" / "bin"


def run(installed: Path, folder: Path, *words: str, **more: str) -> subprocess.CompletedProcess[str]:
    roles = [name for name in os.environ if name.startswith("WEIR_") and name.endswith("_PASSWORD")]
    environment = {name: os.environ[name] for name in ("PATH", "HOME", "WAREHOUSE_URL", *roles) if name in os.environ}
    return subprocess.run([installed / words[0], *words[1:]], cwd=folder, env=environment | more,
                          capture_output=True, text=True)  # fmt: skip


def test_the_command_of_a_wheel_tells_its_help(installed, tmp_path):
    told = run(installed, tmp_path, "weir", "--help")
    assert (told.returncode, told.stderr) == (0, "")
    assert "Prove that nothing was lost" in told.stdout
    where = run(installed, tmp_path, "python", "-c", "import weir, ingest.connectors.files; print(weir.__file__)")
    assert where.stdout.startswith(str(installed.parent))
    brought = run(installed, tmp_path, "python", "-c", "from weir.portal import site; print(*site.files())")
    assert brought.stdout.split() == ["echarts.LICENSE.txt", "echarts.js", "portal.css", "portal.js"]


def test_a_wheel_lands_a_table_of_the_project_that_one_stands_in(installed, tmp_path, warehouse):
    project = tmp_path / "project"
    (project / "models" / "staging").mkdir(parents=True)
    (project / "dbt_project.yml").write_text("name: ours\n")
    (project / "models" / "staging" / "sources.yml").write_text(SOURCES)
    (project / "files").mkdir()
    (project / "files" / "a.csv").write_text("id,answer\n1,yes\n2,no\n")
    (project / ".env").write_text("DROPS_URL=file://files\n")
    told = run(installed, project / "models", "weir", "land")
    assert (told.returncode, told.stderr) == (0, ""), told.stdout
    with psycopg.connect(warehouse) as connection:
        rows = connection.execute("select id, answer from raw_drops.answers order by id").fetchall()
    assert rows == [("1", "yes"), ("2", "no")]
    assert (project / ".weir").is_dir()


COMMANDS = ("weir run", "weir land", "weir build", "weir check raw", "weir check marts", "weir publish",
            "weir publish --roll-back", "weir verify", "weir verify --counts-only", "weir status", "weir quarantine",
            "weir docs", "python -m cli.serve", "dbt build")  # fmt: skip


@pytest.mark.parametrize("command", COMMANDS)
def test_a_folder_of_no_project_is_told_before_anything_is_made(command, installed, tmp_path):
    told = run(installed, tmp_path, *command.split())
    assert (told.returncode, told.stdout) == (1, "")
    assert told.stderr.startswith(f"no dbt_project.yml in {tmp_path} or above: go to your dbt project")
    assert told.stderr.count("\n") == 1
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]


@pytest.mark.parametrize("command", ["weir run", "weir build"])
def test_so_is_a_setting_that_names_a_folder_of_no_project(command, installed, tmp_path):
    told = run(installed, tmp_path, *command.split(), WEIR_PROJECT_DIR=str(tmp_path))
    assert (told.returncode, told.stdout) == (1, "")
    assert told.stderr == (
        f"no dbt_project.yml in {tmp_path}: let WEIR_PROJECT_DIR name your dbt project, or unset it\n"
    )
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]
