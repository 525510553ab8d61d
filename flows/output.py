"""Prints a run: a line per table as it lands, tables at the end, and where to look next."""

import threading

from expectations.report import print_failures, print_warnings
from flows.run import Run
from ingest.report import print_landed
from ingest.results import TableEvent
from weir.core import terminal
from weir.core.errors import WeirError
from weir.dbt.results import UNIT_TESTS_LEFT_OUT
from weir.ledger.report import print_balance
from weir.publish.changes import print_changes

_LOCK = threading.Lock()


def table_landed(event: TableEvent) -> None:
    """Print one line for a table that has landed. The message of a failed table comes with its source."""
    if event.state == "done":
        with _LOCK:
            terminal.say(
                f"  {event.source}.{event.table}: {event.landed:,} rows landed, {event.how}, {event.seconds:.1f} s",
                style="" if event.landed else "dim",
            )


def told(run: Run, fault: BaseException | None) -> None:
    """Print what a person wants to know of a run that has ended, well or not; what failed it comes last.

    `fault` is what ended the run early; what failed while it went on is told by the error at its end.
    """
    from flows import server
    from weir.core.settings import home

    if run.landed:
        print_landed(list(run.landed.values()), with_faults=fault is not None)
    failed = [gate for gate in run.gates if not gate["passed"]]
    for gate in run.gates:
        if gate["passed"] and gate["failures"]:
            terminal.say(gate["sentence"], style="yellow")
    _quarantine()
    print_warnings(run.built.warnings if run.built else [])
    for _, said in run.built.drifted if run.built else []:
        terminal.say(said, style="yellow")
    for gate in run.gates:
        print_warnings(gate["warnings"])
    if run.lines:
        print_balance(run.lines)
    if run.built and run.built.without_unit_tests:
        terminal.say(UNIT_TESTS_LEFT_OUT)
    if run.changes is not None:
        print_changes(run.changes)
    elif run.todo and run.todo.nothing and not run.all_faults():
        terminal.say("Nothing new at the sources: what is published stays.", style="green")
    steps = " · ".join(f"{step} {seconds:.1f}" for step, seconds in run.seconds.items())
    terminal.say(f"Seconds: {steps}")
    terminal.say(f"This run in Prefect: {server.ui()}/runs/flow-run/{run.flow_run_id}")
    terminal.say(f"Its log: {run.logs / 'output.log'}")
    if run.gates:
        terminal.say(f"What the gates found: {home() / 'data_docs' / 'index.html'}")
    for gate in failed:
        print_failures(gate["failures"])
    terminal.several(run.built.faults if run.built else [])


def next_steps() -> None:
    """Print where to look after a run that succeeded."""
    terminal.say(
        "Models and their lineage: weir docs · rows that wait: weir quarantine · proof to the row: weir verify"
    )


def _quarantine() -> None:
    """Print the open quarantine by model and reasons."""
    from weir import warehouse
    from weir.ledger.quarantine import waiting

    try:
        with warehouse.connect() as connection:
            rows = waiting(connection)
    except WeirError:
        return
    if rows:
        terminal.table("Quarantine", ["model", "reasons", "rows#"], rows)
