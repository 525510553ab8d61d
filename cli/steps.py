"""`weir land`, `build`, `check` and `publish`: each step of the pipeline by hand; app.py has their options.

In: parsed options. Out: printed tables, and an exit code. Commands that write take the run lock.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from datetime import datetime

import psycopg

from expectations.report import print_failures, print_warnings
from ingest.report import print_landed
from weir import warehouse
from weir.core import hooks, terminal
from weir.core.causes import Cause
from weir.core.env import env_file, load_project
from weir.core.errors import Told, WeirError, caused
from weir.core.pulse import pulse
from weir.incidents import observed
from weir.incidents.fault import Looked
from weir.incidents.gates import judged
from weir.incidents.settled import settled
from weir.ledger import runs
from weir.publish import evidence, publication, rollback
from weir.publish.changes import print_changes
from weir.publish.verify import describe_current
from weir.spark.server import chosen
from weir.warehouse.run_lock import run_lock


def land(sources: Sequence[str] | None, tables: Sequence[str] | None, as_of: datetime, full: bool) -> int:
    """Land the sources, or these tables ("source.table"); returns 1 when one failed. The others have landed."""
    from ingest.land import land_sources
    from weir.project.sources import read_plan

    project = load_project()
    hooks.call(hooks.BEFORE_LANDING)
    plan = read_plan(project)
    names, chosen = list(sources or []), list(tables or [])
    with runs.by_hand("land", as_of, sources=names, tables=chosen, full=full) as run_id:
        with pulse("land"):
            results = land_sources(plan, run_id=run_id, as_of=as_of, sources=names, tables=chosen, full=full)
        failed = [result.message for result in results if result.state != "landed"]
        if failed:
            runs.end(run_id, "failed", "; ".join(failed))
    print_landed(results)
    looked = Looked()
    observed.landed(looked, results, whole=not chosen)
    settled(lambda: [looked], run_id)
    return int(bool(failed))


def build(select: str | None, full_refresh: bool, as_of: datetime, prove: bool = False) -> int:
    """Build and test the next set; dbt prints its own progress. Returns 1 where `prove` had to put a batch right."""
    from weir.dbt import selection
    from weir.dbt.build import build_set
    from weir.dbt.engine import Dbt, prepare
    from weir.dbt.results import UNIT_TESTS_LEFT_OUT

    load_project()
    server = chosen()
    todo = selection.by_hand(select, full_refresh, prove)
    with runs.by_hand("build", as_of, select=select, full_refresh=full_refresh, prove=prove) as run_id:
        prepare(as_of, run_id, server)
        with _settling("build", run_id, Cause.BUILD_BROKE_OFF) as looked:
            built = build_set(Dbt(), todo, run_id, as_of, report=terminal.say)
            observed.built(looked, built, todo.whole, prove and todo.whole)
        if not built.passed:
            terminal.several(built.faults)
            raise WeirError(f"the build failed, readers keep the set they have: {built.sentence}")
    print_warnings(built.warnings)
    if built.without_unit_tests:
        terminal.say(UNIT_TESTS_LEFT_OUT)
    part = "only a part was built: it is not published; `weir build` builds the whole set"
    terminal.say(
        f"{built.sentence}; {'next: `weir check marts`, `weir publish`' if todo.whole else part}", style="green"
    )
    for _, said in built.drifted:
        terminal.fail(said)
    return int(bool(built.drifted))


def check(gate: str, sources: Sequence[str] | None, accept: Sequence[str] = ()) -> int:
    """Run a gate; returns 1 when it fails."""
    from expectations.gate import check_gate

    load_project()
    with warehouse.connect() as connection:
        run_id = _last_build(connection) if gate == "marts" else _last_landing(connection)
    with pulse(f"gate {gate}"), _settling(f"gate {gate}", run_id, Cause.GATE_BROKEN) as looked:
        results = check_gate(gate, run_id or runs.new_id(), list(sources) if sources else None, accept=accept)
        judged(looked, [asdict(result) for result in results])
    for result in results:
        print_warnings(result.warnings)
        if result.passed:
            terminal.say(result.sentence, style="green")
        else:
            print_failures(asdict(failure) for failure in result.failures)
            terminal.fail(result.sentence)
    return int(not all(result.passed for result in results))


def publish(as_of: datetime, accept: Sequence[str], rotate_key: bool = False) -> int:
    """Publish the newest set, if it was built, tested and checked."""
    load_project()
    with warehouse.connect() as connection:
        run_id = _last_build(connection)
    if run_id is None:
        raise WeirError("nothing was built yet: type `weir build` first")
    with run_lock(), pulse("publish"), _settling("publish", run_id, Cause.PUBLICATION_REFUSED) as looked:
        changes = publication.publish_set(run_id, as_of, accept, rotate_key=rotate_key)
        observed.published(looked)
    print_changes(changes)
    if rotate_key:
        terminal.say(
            f"Everything is masked with a new key, which {env_file().name} holds as WEIR_MASK_KEY.", style="green"
        )
    return 0


def roll_back() -> int:
    """Take the last publication back."""
    load_project()
    with run_lock(), _settling("publish", None, Cause.PUBLICATION_REFUSED):
        number, changes = rollback.roll_back()
    print_changes(changes, f"Publication {number} taken back")
    with warehouse.connect() as connection:
        terminal.say(f"Readers see {describe_current(connection)} again.", style="green")
    terminal.say(
        "Forward again: mend the cause, then `weir run`, which publishes what it builds; "
        "or `weir publish`, which publishes the set that was built last as it is."
    )
    return 0


@contextmanager
def _settling(step: str, run_id: str | None, cause: Cause) -> Iterator[Looked]:
    """Give a Looked to fill, and settle it at the end, with the fault that ended the step."""
    looked = Looked()
    try:
        with caused(cause):
            yield looked
        looked.add(f"step {step}")
    except Exception as fault:
        if not isinstance(fault, Told):
            observed.broke_off(looked, step, fault)
        raise
    finally:
        settled(lambda: [looked], run_id)


def _last_build(connection: psycopg.Connection) -> str | None:
    build = evidence.last_build(connection)
    return build.run_id if build else None


def _last_landing(connection: psycopg.Connection) -> str | None:
    query = "select run_id from ops.landings where run_id is not null order by landed_at desc limit 1"
    row = connection.execute(query).fetchone()
    return str(row[0]) if row else None
