"""`python -m benchmarks models`: the slowest models of a first build, each beside its plain SQL, by turns.

In: a number of accounts. Out: for each of the slowest models its rows, the seconds of its node in a first build by one
thread of dbt, and those of a `create table as` of its compiled select with the same indexes and an `analyze`.
"""

import json
import statistics
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql

from benchmarks import page
from benchmarks.measure import measure
from benchmarks.place import own_home, say

HEAD = ["model", "made as", "rows#", "in the build, s#", "plain, s#", "ratio#", "rounds"]
_PLAIN = "plain_models"


@dataclass(frozen=True)
class Node:
    """A model of dev: where its compiled select lies, and the columns of each of its indexes."""

    id: str
    name: str
    schema: str
    materialized: str
    compiled: Path
    indexes: list[tuple[list[str], bool]]


def measure_models(accounts: int, slowest: int, rounds: int, keep: bool) -> tuple[str, list[list[object]], str]:
    """Make the demo and land it, then measure; returns title, lines and note of the table."""
    with own_home(keep):
        measure([sys.executable, "-m", "demo", "make", "--accounts", str(accounts)])
        say(f"weir land: {measure(['weir', 'land']).seconds:.1f} s")
        lines = measure_slowest(slowest, rounds)
    title = f"The {slowest} slowest models of a first build beside plain SQL, {accounts:,} accounts, {rounds} rounds"
    return title, lines, page.machine()


def measure_slowest(slowest: int, rounds: int) -> list[list[object]]:
    """The lines of the table, of the home that the environment names.

    Each round is a first build in dbt's target dev, whose schemas are dropped before.
    """
    from weir import warehouse

    nodes: list[Node] = []
    ours: dict[str, list[float]] = {}
    plain: dict[str, list[float]] = {}
    rows: dict[str, int] = {}
    with warehouse.connect(warehouse.Role.OWNER, autocommit=True) as connection:
        connection.execute("set timezone to 'UTC'")
        connection.execute(f"create schema if not exists {_PLAIN}".encode())
        for number in range(rounds):
            _drop_dev(connection)
            whole = measure(["dbt", "build", "--threads", "1", "--exclude-resource-type", "test", "unit_test"]).seconds
            say(f"round {number + 1}: the whole build without tests: {whole:.1f} s")
            build = _seconds()
            nodes = nodes or _nodes(sorted(build, key=lambda id: -build[id])[:slowest])
            for node in nodes:
                seconds, rows[node.id] = _plain(connection, node)
                ours.setdefault(node.id, []).append(build[node.id])
                plain.setdefault(node.id, []).append(seconds)
                say(f"round {number + 1}: {node.name}: {build[node.id]:.1f} s, plain {seconds:.1f} s")
    return [_line(node, rows[node.id], ours[node.id], plain[node.id]) for node in nodes]


def _drop_dev(connection: psycopg.Connection) -> None:
    """Drop all that dev has made, the record of batches too, so that the next build is a first one."""
    found = connection.execute("select nspname from pg_namespace where starts_with(nspname, 'dev_')").fetchall()
    for (schema,) in found:
        connection.execute(sql.SQL("drop schema {} cascade").format(sql.Identifier(schema)))


def _seconds() -> dict[str, float]:
    """The seconds of each model of dbt's last command in dev, by its id."""
    results = _read("run_results.json")["results"]
    return {each["unique_id"]: each["execution_time"] for each in results if each["unique_id"].startswith("model.")}


def _nodes(ids: list[str]) -> list[Node]:
    """The models of these ids, as dbt's manifest has them."""
    from weir.core.settings import home

    found = _read("manifest.json")["nodes"]
    folder = home() / "target" / "dev" / "compiled" / "weir"
    return [
        Node(id, node["name"], node["schema"], node["config"]["materialized"],
             folder / node["original_file_path"], _indexes(node["config"]))
        for id, node in ((id, found[id]) for id in ids)
    ]  # fmt: skip


def _indexes(config: dict[str, Any]) -> list[tuple[list[str], bool]]:
    """The indexes that the model has: those that it names, and those that its materialization adds."""
    named = [(list(index["columns"]), bool(index.get("unique"))) for index in config.get("indexes") or []]
    if config["materialized"] == "staged":
        return [*named, (["_key"], True)]
    if config["materialized"] == "batched":
        first = {columns[0] for columns, _ in named}
        return [
            *named,
            *(([name], False) for name in (config["event_time"], config.get("by")) if name and name not in first),
        ]
    return named


def _plain(connection: psycopg.Connection, node: Node) -> tuple[float, int]:
    """Seconds of the model's select as a table with the same indexes, and the number of its rows."""
    table = sql.Identifier(_PLAIN, node.name)
    connection.execute(sql.SQL("drop table if exists {}").format(table))
    begun = time.perf_counter()
    select = node.compiled.read_text()
    rows = connection.execute(sql.SQL("create table {} as {}").format(table, sql.SQL(select))).rowcount
    for columns, unique in node.indexes:
        kind = sql.SQL("unique index" if unique else "index")
        listed = sql.SQL(", ").join(map(sql.Identifier, columns))
        connection.execute(sql.SQL("create {} on {} ({})").format(kind, table, listed))
    connection.execute(sql.SQL("analyze {}").format(table))
    seconds = time.perf_counter() - begun
    connection.execute(sql.SQL("drop table {}").format(table))
    return seconds, rows


def _line(node: Node, rows: int, ours: list[float], plain: list[float]) -> list[object]:
    told = " ".join(f"{a:.1f}/{p:.1f}" for a, p in zip(ours, plain, strict=True))
    a, p = statistics.median(ours), statistics.median(plain)
    return [node.name, node.materialized, rows, f"{a:.1f}", f"{p:.1f}", f"{a / p:.2f}", told]


def _read(name: str) -> Any:
    from weir.core.settings import home

    return json.loads((home() / "target" / "dev" / name).read_text())
