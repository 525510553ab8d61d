"""One run of the pipeline, step by step, whatever fails; what each guard found, as JSON on standard output.

In: the environment of a project (WEIR_PROJECT_DIR, WEIR_HOME, WAREHOUSE_URL, WEIR_AS_OF). Alone:
`python -m benchmarks.guards.batch`.
"""

import json
import sys
from collections.abc import Callable
from contextlib import redirect_stdout
from pathlib import Path
from typing import Any

Found = dict[str, list[list[Any]]]


def run() -> Found:
    """Land, gate raw, build, gate marts, balance and proof; returns what was found, by guard."""
    from ingest.land import land_sources
    from weir import warehouse
    from weir.core.env import load_project
    from weir.core.settings import as_of, home
    from weir.ledger import runs
    from weir.project.sources import read_plan

    found: Found = {name: [] for name in ("landing", "gate", "test", "quarantine", "balance", "fault")}
    plan = read_plan(load_project())
    moment = as_of()
    with runs.by_hand("land", moment, sources=[], tables=[], full=False) as run_id:
        results = land_sources(plan, run_id=run_id, as_of=moment)
    for result in results:
        for event in result.tables:
            if event.state == "failed" or event.drift:
                found["landing"].append([event.table, event.message or event.drift])
    _try(found, "gate raw", lambda: _gate(found, "raw", run_id, moment))
    _try(found, "build", lambda: _build(run_id, moment))
    _tests(found, home() / "target" / "prod")
    _try(found, "gate marts", lambda: _gate(found, "marts", run_id, moment))
    query = "select model, key, reasons from quality.quarantine where resolved_at is null"
    with warehouse.connect() as connection:
        found["quarantine"] = [list(row) for row in connection.execute(query).fetchall()]
    _try(found, "proof", lambda: _prove(found))
    return found


def _try(found: Found, step: str, do: Callable[[], None]) -> None:
    from weir.core.errors import WeirError

    try:
        do()
    except (WeirError, Exception) as fault:
        found["fault"].append([step, f"{type(fault).__name__}: {fault}"])


def _gate(found: Found, gate: str, run_id: str, moment: Any) -> None:
    from expectations.gate import check_gate

    for result in check_gate(gate, run_id, moment=moment):
        found["gate"] += [[failure.id, failure.sentence, failure.warns] for failure in result.failures]


def _build(run_id: str, moment: Any) -> None:
    from weir.dbt import selection
    from weir.dbt.build import build_set
    from weir.dbt.engine import Dbt, prepare

    prepare(moment, run_id)
    build_set(Dbt(), selection.by_hand(None, False), run_id, moment)


def _tests(found: Found, target: Path) -> None:
    """The tests that failed or warned, and the models that could not be built, with the model of each."""
    manifest = json.loads((target / "manifest.json").read_text())
    nodes = manifest["nodes"]
    for result in json.loads((target / "run_results.json").read_text())["results"]:
        node = nodes.get(result["unique_id"])
        if node and result["status"] in {"fail", "warn", "error", "runtime error"}:
            attached = nodes.get(node.get("attached_node") or "", node)
            found["test"].append([attached["name"], result["status"], node["name"], result.get("message") or ""])


def _prove(found: Found) -> None:
    from cli.verify import prove

    found["balance"] = [[fault] for fault in prove().faults]


if __name__ == "__main__":
    with redirect_stdout(sys.stderr):
        answer = run()
    print(json.dumps(answer, default=str))
