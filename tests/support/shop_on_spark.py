"""The small company in a home with a local cluster of Spark, for tests of runs."""

import json
import os
import re
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from tests.support.commands import environment
from tests.support.small_company import Company
from weir.core.settings import ROOT

ORDERS = "select order_id, amount::text from analytics.fct_orders order by 1"


class Shop:
    """The small company in a home with a cluster; commands run on Spark."""

    def __init__(self, home: Path) -> None:
        self.home, self.spark = home, ""
        with pytest.MonkeyPatch.context() as patch:
            self.company = Company(home / "company", patch)
            names = ("WEIR_PROJECT_DIR", "SHOP_URL", "LEADS_URL", "WEIR_AS_OF")
            self.settings = {name: os.environ[name] for name in names}
        orders = Path(self.settings["WEIR_PROJECT_DIR"]) / "models/staging/shop/stg_shop__orders.sql"
        code, rules = orders.read_text(), "{'amount is negative': 'amount < 0'}"
        assert rules in code
        orders.write_text(code.replace(rules, rules + ", warn={'amount is odd': 'amount = 12.5'}"))
        (home / "lake").mkdir()
        self.settings |= {"WEIR_LAKE": (home / "lake").as_uri()}
        self.company.orders(1, 40)
        self.company.people("a.csv", ["ann@x.io,Ann", "ben@x.io,Ben"])

    def up(self) -> None:
        """Start the cluster."""
        told = self.call("weir", "spark", "up", spark=False)
        found = re.search(r"WEIR_SPARK_URL=(\S+)", told)
        assert found
        self.spark = found[1]

    def environment(self, spark: bool = True) -> dict[str, str]:
        return environment(self.home) | self.settings | {"WEIR_SPARK_URL": self.spark if spark else ""}

    def call(self, *words: str, spark: bool = True, exit_code: int = 0) -> str:
        """Run a command; its output. Fails when it ends otherwise than expected."""
        command = [sys.executable, "-m", {"weir": "cli.app", "dbt": "cli.dbt"}[words[0]], *words[1:]]
        done = subprocess.run(
            command, cwd=ROOT, env=self.environment(spark), capture_output=True, text=True, timeout=600, check=False
        )
        output = done.stdout + done.stderr
        assert done.returncode == exit_code, output[-6000:]
        assert "Traceback" not in output, output[-6000:]
        return output

    def started(self) -> subprocess.Popen[str]:
        """A run that has begun."""
        return subprocess.Popen(
            [sys.executable, "-m", "cli.app", "run"], cwd=ROOT, env=self.environment(), text=True,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        )  # fmt: skip

    def wait_for_a_step(self, run: subprocess.Popen[str]) -> None:
        """Wait until a staged model has the rows of its step in a table, which its commit ends."""
        while not self.ask("show tables in staging like '*__step_*'"):
            assert run.poll() is None
            time.sleep(0.05)

    def ask(self, statement: str) -> list[tuple[Any, ...]]:
        """Send a statement to the cluster; its rows."""
        from pyhive import hive

        port = json.loads((self.home / "spark" / "cluster.json").read_text())["ports"]["thrift"]
        with hive.connect("127.0.0.1", port, username="weir") as connection, connection.cursor() as cursor:
            cursor.execute(statement)
            return cursor.fetchall() if cursor.description else []

    def files(self, *folders: str) -> list[Path]:
        """The files below these folders of the home."""
        return sorted(path for each in folders for path in (self.home / each).rglob("*") if path.is_file())

    def holding(self, trace: str) -> list[str]:
        """The names of the files, in the lake and of the cluster, that hold a text, in whatever capitals.

        Not those in which executors hand rows to each other: Spark removes them by itself, at the latest when it ends.
        """
        from pyarrow import parquet

        found = []
        for path in self.files("lake", "spark/logs", "spark/metastore", "spark/work"):
            content = path.read_bytes().lower()
            if path.suffix == ".parquet":  # its values are packed; the least and the greatest stand in the clear
                content += repr(parquet.ParquetFile(path).read().to_pylist()).lower().encode()
            if trace.lower().encode() in content:
                found.append(str(path.relative_to(self.home)))
        return found
