"""`weir parity`: builds the models on PostgreSQL and on Spark from the same landed rows, and compares table by table.

In: what has landed, a Spark server, a lake. Out: a table of digests; exit code 1 where one differs. Both builds go into
schemas of their own (`parity_staging`, `parity_analytics` …), which stay for the next time: it then stages what is new.
"""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from weir import warehouse
from weir.core import terminal
from weir.core.env import load_project, put
from weir.core.errors import WeirError
from weir.core.settings import home, project_dir
from weir.project.personal import marks_of
from weir.project.sources import read_plan
from weir.spark import server as spark
from weir.spark.current import bring_up_to_date
from weir.spark.parity import Difference, Pair, Parity, compare
from weir.spark.parity_rows import compare_rows
from weir.warehouse.run_lock import run_lock

PREFIX = "parity_"
_SESSIONS = 3  # with Spark at once: its driver plans one statement while workers do another
# Clock and name of the step that counted, and whether it made the table anew: each engine has its own.
_LEDGER = ("step_id", "run_id", "built_at", "full_refresh")


def parity(select: str | None) -> int:
    """Build on both engines and compare; returns 1 where a table differs. Raises WeirError when one can't be built."""
    load_project()
    server = _server()
    in_lake = read_plan(project_dir()).in_lake()
    with run_lock():
        with terminal.progress("To the lake:") as tell:
            sent = bring_up_to_date(server, tell)
        for note in sent.notes:
            terminal.warn(note)
        moment = _newest()
        _build("PostgreSQL", select, in_lake, moment, WEIR_SPARK_URL="")
        built = _build("Spark", select, in_lake, moment)
        pairs = [*_pairs(built), Pair(f"{PREFIX}ops", "ledger", _LEDGER, _NEWEST_STEPS), _QUARANTINE]
        with terminal.progress("Comparing:") as tell, ThreadPoolExecutor(_SESSIONS) as pool:
            parts = pool.map(lambda first: _compare(pairs[first::_SESSIONS], server, tell), range(_SESSIONS))
            compared = {each.table: each for part in parts for each in part}
        found = [compared[pair.place] for pair in pairs]
    _print(found, built)
    if in_lake:
        said = ", ".join(in_lake)
        terminal.say(f"Left out, with all models that need them, for only Spark can read their rows: {said}")
    return int(not all(each.equal for each in found))


# A step that made a table anew has counted a load again, and on Spark it has taken the place of the one before.
_NEWEST_STEPS = (
    f"not exists (select 1 from {PREFIX}ops.ledger as n where n.model = t.model and n.load_id = t.load_id "
    "and n.built_at > t.built_at)"
)
_QUARANTINE = Pair(f"{PREFIX}quality", "quarantine")


def _compare(pairs: Sequence[Pair], server: spark.Server, tell: Callable[[str], None]) -> list[Parity]:
    """Compare the tables one after the other, by one session with each engine."""
    found = []
    with warehouse.connect(role=warehouse.Role.DBT) as connection, spark.session(server) as cursor:
        for pair in pairs:
            tell(pair.place)
            found.append(compare(connection, cursor, pair))
            if pair == _QUARANTINE:
                found[-1].problem = compare_rows(connection, cursor, pair)
    return found


def _server() -> spark.Server:
    """The server of WEIR_SPARK_URL, else the local cluster, with a lake in Weir's home where none is set."""
    from weir.spark.local import cluster

    if not spark.chosen():
        running = cluster.running()
        if not running:
            raise WeirError(f"no Spark server is known: type `weir spark up`, or put {spark.VARIABLE} in .env")
        put({spark.VARIABLE: running.url})
    if not os.environ.get("WEIR_LAKE"):
        (home() / "lake").mkdir(parents=True, exist_ok=True)
        put({"WEIR_LAKE": (home().resolve() / "lake").as_uri()})
    server = spark.chosen()
    assert server
    spark.require_packages()
    return server


def _newest() -> str:
    """The clock of the newest landing: both engines take it for the present."""
    with warehouse.connect() as connection:
        row = connection.execute("select max(as_of) from ops.landings").fetchone()
    if not row or not row[0]:
        raise WeirError("nothing has landed yet: type `weir land`")
    return os.environ.get("WEIR_AS_OF") or str(row[0].isoformat())


def _build(engine: str, select: str | None, in_lake: list[str], moment: str, **more: str) -> list[Mapping[str, Any]]:
    """Build the models on an engine, less those that need a table of the lake; returns the nodes that were built.

    Raises WeirError when one was not.
    """
    folder = home() / "target" / f"parity-{engine.lower()}"
    words = ["build", "--exclude-resource-type", "test", "unit_test", "--target-path", str(folder)]
    words += [
        "--exclude",
        "path:models/ops",
        *(f"source:{name}+" for name in in_lake),
        *(["--select", *select.split()] if select else []),
    ]
    environment = {**os.environ, "DBT_DEV_PREFIX": PREFIX, "WEIR_AS_OF": moment, "DBT_TARGET": "dev", **more}
    terminal.say(f"Building on {engine} …", style="bold")
    done = subprocess.run([sys.executable, "-m", "cli.dbt", *words], env=environment, cwd=project_dir(), check=False)
    if done.returncode:
        raise WeirError(f"the build on {engine} failed, so nothing is compared; its words stand above")
    nodes = _read(folder / "manifest.json")["nodes"]
    return [
        nodes[each["unique_id"]] for each in _read(folder / "run_results.json")["results"] if each["unique_id"] in nodes
    ]


def _read(path: Path) -> Any:
    return json.loads(path.read_text(encoding="utf-8"))


def _pairs(built: list[Mapping[str, Any]]) -> list[Pair]:
    """The tables and views that were built."""
    return [
        Pair(node["schema"], node.get("alias") or node["name"])
        for node in sorted(built, key=lambda node: (node["schema"], node["name"]))
        if node["resource_type"] in {"model", "seed"} and node["config"]["materialized"] != "ephemeral"
    ]


def _print(found: list[Parity], built: list[Mapping[str, Any]]) -> None:
    """Print the table of digests, and what differs; personal values are left out."""
    rows = [
        (
            each.table,
            each.here.rows,
            each.there.rows,
            f"{each.here.first:x}"[-8:],
            f"{each.there.first:x}"[-8:],
            each.equal,
        )
        for each in found
    ]
    terminal.table("", ["table", "PostgreSQL#", "Spark#", "digest", "on Spark", "equal"], rows)
    marks = {f"{node['schema']}.{node['name']}": marks_of(node) for node in built}
    for each in found:
        personal = {name for name, mark in marks.get(each.table, {}).items() if mark.is_personal}
        for told in [each.problem] if each.problem else [_told(one, personal) for one in each.differences]:
            terminal.fail(f"{each.table}: {told}")
    equal = sum(each.equal for each in found)
    terminal.say(f"{equal} of {len(found)} tables are equal on both engines.")
    floats = [f"{each.table}.{name}" for each in found for name in each.left_out if each.table != _QUARANTINE.place]
    if floats:
        terminal.say(f"Not compared, for engines write them in different ways: {', '.join(floats)}")


def _told(difference: Difference, personal: set[str]) -> str:
    """The difference in one line, without personal values."""
    same = [f"{name} {value!r}" for name, value in difference.same.items() if name not in personal][:4]
    told = [
        f"{name} (personal)" if name in personal else f"{name} {mine!r} on PostgreSQL, {theirs!r} on Spark"
        for name, (mine, theirs) in difference.columns.items()
    ]
    return "; ".join([f"a row of {difference.who}: {', '.join(same)}", *told])
