"""Increments under load: writers of every kind at real servers, landings again and again, then source against landed.

In: seconds, the number of writers per server. Out: a table (way, rows, increments, lost, stale, twice, ghosts) and
whether every way that promises it is exact. The landings are those of `weir land`, each source in a loop of its own.
"""

import contextlib
import os
import re
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from ingest.land import land_sources
from tests.servers.mariadb import mariadb
from tests.servers.postgres import caught_up, postgres, standby
from tests.torture.dialects import DIALECTS, KEYS
from tests.torture.naive import Naive
from tests.torture.writers import TABLES
from weir.core.settings import ROOT
from weir.project.plan import Plan, Source, Table

# What an increment may be refused for while a table is being rewritten, emptied or replayed; it comes again.
REFUSALS = r"holds a lock|conflict with recovery|columns were changed at the source meanwhile"
MANY = 200  # rows from which keys settle by bits: tables grow into it under way
AHEAD = {"cursor": "at", "append_only": True, "sweep": "5 seconds"}


@dataclass
class Way:
    """One way to land, and how it came out."""

    name: str
    source: str
    url: str
    exact: bool
    settings: dict[str, Any] = field(default_factory=dict)
    rows: int = 0
    increments: int = 0
    refused: Counter[str] = field(default_factory=Counter)
    lost: int = 0
    stale: int = 0
    twice: int = 0
    ghosts: int = 0

    @property
    def holds(self) -> bool:
        """Whether the promise was kept."""
        wrong = [text for text in self.refused if not re.search(REFUSALS, text)]
        return not wrong and not (self.exact and (self.lost or self.stale or self.twice or self.ghosts))

    def land(self) -> None:
        """One increment of every table."""
        os.environ[f"{self.source.upper()}_URL"] = self.url
        tables = [Table(name=name, key=["id"], **self.settings) for name in TABLES]
        source = Source(name=self.source, connection=f"{self.source.upper()}_URL", tables=tables)
        (result,) = land_sources(Plan(sources=[source]), run_id=None, as_of=datetime.now(UTC))
        if result.state == "landed":
            self.increments += 1
        else:
            for table in result.tables:
                if table.state == "failed":
                    self.refused[re.sub(r"[0-9]+", "…", table.message)] += 1
            if not any(table.state == "failed" for table in result.tables):
                self.refused[result.message] += 1


def torture(seconds: float, writers: int, long: float = 10, seed: int = 1) -> tuple[list[Way], Naive, dict[str, str]]:
    """Run it; returns the ways, judged, the naive one for contrast, and what the writers did by server."""
    from tests.torture.judge import judge

    with servers() as (urls, settle):
        ways = [
            Way("PostgreSQL, row versions", "pg", urls["primary"], True),
            Way("PostgreSQL, windows and sweeps", "ahead", urls["primary"], True, AHEAD),
            Way("standby, row versions", "standby", urls["standby"], True),
            Way("MariaDB, compared whole", "whole", urls["mariadb"], True),
            Way("MariaDB, compared by digest", "digest", urls["mariadb"], True, {"compare": "digest"}),
            Way("MariaDB, guarded cursor", "guarded", urls["mariadb"], False, {"cursor": "at"}),
        ]
        naive = Naive(urls["primary"])
        stop = threading.Event()
        loops = [threading.Thread(target=_again, args=[way.land, stop], daemon=True) for way in ways]
        loops.append(threading.Thread(target=_again, args=[naive.land, stop, 1.0], daemon=True))
        crowds = {
            name: subprocess.Popen(
                [sys.executable, "-m", "tests.torture.writers", urls[name], str(seconds), str(writers), str(long),
                 str(seed)], cwd=ROOT, stdout=subprocess.PIPE, text=True,
            )
            for name in ("primary", "mariadb")
        }  # fmt: skip
        for loop in loops:
            loop.start()
        try:
            did = {name: crowd.communicate(timeout=seconds + 120)[0].strip() for name, crowd in crowds.items()}
        finally:
            stop.set()
            for crowd in crowds.values():
                crowd.kill()
        for loop in loops:
            loop.join()
        settle()
        for way in ways:
            if way.settings.get("append_only"):
                way.settings = AHEAD | {"sweep": "0 seconds"}  # the last increment is one
            way.land()
            judge(way)
        naive.land()
        naive.judge()
    return ways, naive, did


def _again(land_once: Any, stop: threading.Event, every: float = 0.0) -> None:
    while not stop.is_set():
        land_once()
        stop.wait(every)


@contextlib.contextmanager
def servers() -> Iterator[tuple[dict[str, str], Any]]:
    """A PostgreSQL with a standby and a MariaDB, the tables made; their URLs, and what waits for the standby."""
    from ingest.connectors.mysql import connector
    from ingest.connectors.postgres import keys

    with postgres() as primary, standby(primary) as copy, mariadb() as other:
        urls = {"primary": primary.url, "standby": copy.url, "mariadb": other.database("torture")}
        for name in ("primary", "mariadb"):
            dialect = DIALECTS[urls[name].split(":", 1)[0]]
            do = dialect.connect(urls[name])
            for table in TABLES:
                text = (
                    dialect.create
                    + (dialect.split if table == "busy" else "")
                    + f";create index {table}_at on {{}} (at)"
                )
                for statement in text.replace("{}", table).split(";"):
                    do(statement)
            for key in range(1, KEYS + 1):
                do(f"insert into grown (id, v) values ({key}, {-key})")
        caught_up(primary, copy)
        # Windows of a cursor, and keys by bits, also for tables that are not large; new rows by key or by a pass.
        before = connector.SMALL, keys.MANY, keys.BY_KEY
        connector.SMALL, keys.MANY, keys.BY_KEY = 0, MANY, 4
        try:
            yield urls, lambda: (time.sleep(0.2), caught_up(primary, copy))
        finally:
            connector.SMALL, keys.MANY, keys.BY_KEY = before
