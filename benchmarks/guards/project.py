"""The project of the measurement: made anew in the benchmark's home, scaffolded by `weir add`, run twice.

In: a copy of a source. Out: the clean state, from which each batch of faults starts; the run of a batch.
"""

import json
import os
import shutil
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psycopg

from benchmarks.guards.batch import Found
from benchmarks.measure import measure
from weir.core.settings import ROOT

NAME = "guarded"
_PROJECT = """name: guards
version: "0.1.0"
profile: weir
model-paths: ["models"]
macro-paths: ["macros"]
test-paths: ["tests/dbt"]
flags: {send_anonymous_usage_stats: false}
on-run-start: ["{{ on_start() }}"]
models:
  guards:
    staging: {+materialized: staged, +schema: staging}
    marts: {+schema: analytics, +materialized: table, +contract: {enforced: true}}
"""


class Project:
    """A project of one source, with a warehouse of its own that can be put back to its clean state."""

    def __init__(self, home: Path, server: str) -> None:
        self.server, self.base = server, server.rsplit("/", 1)[0]
        self.folder = home / "project"
        (self.folder / "models").mkdir(parents=True)
        (self.folder / "dbt_project.yml").write_text(_PROJECT)
        shutil.copy(ROOT / "profiles.yml", self.folder)
        shutil.copytree(ROOT / "macros", self.folder / "macros")
        shutil.copytree(ROOT / "tests" / "dbt" / "generic", self.folder / "tests" / "dbt" / "generic")
        os.environ["WEIR_PROJECT_DIR"] = str(self.folder)
        self._make("clean", "")

    def add(self, url: str, more: list[str]) -> None:
        """Scaffold the source, and bring the warehouse to its clean state by two runs."""
        measure(["weir", "add", url, "--as", NAME, "--marts", *more])
        self._start("clean", 0)
        for _ in range(2):
            measure(["weir", "run"])

    def run(self, days_later: int = 0) -> Found:
        """Run the pipeline on the copy as it is, from the clean state on."""
        self._make("batch", "template clean")
        self._start("batch", 1 + days_later)
        done = measure([sys.executable, "-m", "benchmarks.guards.batch"])
        found: Found = json.loads(done.output.strip().splitlines()[-1])
        return found

    def _make(self, name: str, how: str) -> None:
        with psycopg.connect(self.server, autocommit=True) as connection:
            for each in (name, "clean") if how else (name,):
                connection.execute("select pg_terminate_backend(pid) from pg_stat_activity where datname = %s", [each])
            connection.execute(f"drop database if exists {name} with (force)")
            connection.execute(f"create database {name} {how}")

    def _start(self, name: str, days: int) -> None:
        os.environ["WAREHOUSE_URL"] = f"{self.base}/{name}"
        os.environ["WEIR_AS_OF"] = (datetime.now(UTC) + timedelta(days=days)).isoformat()
