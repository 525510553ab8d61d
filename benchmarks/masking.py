"""`python -m benchmarks masking`: publication with masks and private marts, beside the same publication without.

The set is the demo's, multiplied: every row of a mart stands there again with other ids, so that a large set needs no
long build.
"""

import statistics
import sys
import time
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime

import psutil
import psycopg

from benchmarks import page
from benchmarks.measure import measure
from benchmarks.place import own_home, say
from weir.project.marts import NEXT, PRIVATE, PUBLISHED, Mart, marts
from weir.publish import evidence, publication
from weir.warehouse.catalog import columns_of
from weir.warehouse.embedded.server import data_folder

HEAD = ["publication", "in clear, s#", "masked, s#", "masked / in clear#", "the same of CPU#", "rows#"]
_KEYS = ("account_id", "user_id", "ticket_id", "invoice_id", "payment_id")
_STEPS = ("the first", "nothing changed", "1 % changed")


def measure_masking(times: int, rounds: int, keep: bool) -> tuple[str, list[list[object]], str]:
    """Measure each step, both ways by turns; returns title, lines and note of the table."""
    found: dict[tuple[str, str], list[float]] = {}
    work: dict[tuple[str, str], list[float]] = {}
    with own_home(keep):
        measure([sys.executable, "-m", "demo", "make"])
        measure(["weir", "run"])
        with _owner() as connection:
            chosen = marts()
            rows = sum(_multiply(connection, mart, times) for mart in chosen)
        run_id = _judged(chosen)
        ways = {"clear": [replace(mart, personal={}) for mart in chosen], "masked": chosen}
        for number in range(rounds):
            for way in ways if number % 2 else reversed(ways):
                _reset()
                for step in _STEPS:
                    if step == "1 % changed":
                        _change(chosen)
                        run_id = _judged(chosen)
                    before, begun = _server_cpu(), time.perf_counter()
                    publication.publish_set(run_id, datetime.now(UTC), found=ways[way])
                    found.setdefault((step, way), []).append(time.perf_counter() - begun)
                    work.setdefault((step, way), []).append(_server_cpu() - before)
                say(f"round {number + 1}, {way}: {', '.join(f'{found[step, way][-1]:.2f} s' for step in _STEPS)}")
    lines: list[list[object]] = []
    for step in _STEPS:
        clear, masked = (statistics.median(found[step, way]) for way in ("clear", "masked"))
        cpu = statistics.median(work[step, "masked"]) / statistics.median(work[step, "clear"])
        lines.append([step, f"{clear:.2f}", f"{masked:.2f}", f"{masked / clear:.2f}", f"{cpu:.2f}", rows])
    return f"Masks and private marts: the demo's set {times} times over, {rounds} rounds", lines, page.machine()


def _server_cpu() -> float:
    """Seconds of CPU that the server's processes have used which have ended: a publication's has, when it returns."""
    time.sleep(0.2)  # the server notices the end of a process a moment later
    pid = int((data_folder() / "postmaster.pid").read_text().splitlines()[0])
    used = psutil.Process(pid).cpu_times()
    return float(used.children_user + used.children_system)


def _owner() -> psycopg.Connection:
    from weir import warehouse

    return warehouse.connect(warehouse.Role.OWNER, autocommit=True)


def _multiply(connection: psycopg.Connection, mart: Mart, times: int) -> int:
    """Repeat the rows of a mart with other ids; returns the number of its rows."""
    columns = columns_of(connection, NEXT, mart.name)
    key = next((name for name in _KEYS if name in mart.grain), None)
    if key:
        other = f"{key} || '-' || n" if columns[key] == "text" else f"{key} + n * 1000000"
        listed = ", ".join(other if name == key else name for name in columns)
        copies = f"{NEXT}.{mart.name}, generate_series(1, {times - 1}) as n"
        connection.execute(f"insert into {NEXT}.{mart.name} select {listed} from {copies}")
        connection.execute(f"analyze {NEXT}.{mart.name}")
    row = connection.execute(f"select count(*) from {NEXT}.{mart.name}").fetchone()
    return int(row[0]) if row else 0


def _change(found: Sequence[Mart]) -> None:
    with _owner() as connection:
        for mart in found:
            texts = [
                name for name, kind in columns_of(connection, NEXT, mart.name).items()
                if kind == "text" and name not in mart.grain
            ]  # fmt: skip
            if texts:
                sets = f"{texts[0]} = coalesce({texts[0]}, '') || 'x'"
                connection.execute(f"update {NEXT}.{mart.name} set {sets} where hashtext(ctid::text) % 100 = 0")


def _judged(found: Sequence[Mart]) -> str:
    """The newest build, with a verdict on the marts as they now are; returns its run."""
    import json

    from weir.publish.digests import digest_of

    with _owner() as connection:
        build = evidence.last_build(connection)
        assert build
        digests = {mart.name: digest_of(connection, NEXT, mart.name) for mart in found}
        connection.execute(
            "insert into ops.gates (run_id, gate, scope, passed, results) values (%s, 'marts', 'marts', true, %s)",
            [build.run_id, json.dumps({"digests": digests})],
        )
    return build.run_id


def _reset() -> None:
    """Take back everything that was ever published."""
    with _owner() as connection:
        for schema in (PUBLISHED, PRIVATE):
            query = "select relname from pg_class where relnamespace = to_regnamespace(%s) and relkind = 'r'"
            for (name,) in connection.execute(query, [schema]).fetchall():
                connection.execute(f'drop table {schema}."{name}"')
        connection.execute("truncate ops.publications, ops.publication_tables, undo.rows")
