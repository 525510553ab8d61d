"""The steps of a run, each a Prefect task; the tables and dbt nodes inside them are task runs of their own.

In: a Run. Out: the Run, filled. A step that finds its input missing does nothing and says so.
"""

from contextlib import suppress
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from prefect import get_run_logger, task
from prefect.cache_policies import NO_CACHE
from prefect.context import TaskRunContext

from flows import output
from flows.run import Run
from ingest.results import TableEvent, shortly
from weir import warehouse
from weir.core.causes import Cause
from weir.core.errors import Told, WeirError, anew, caused
from weir.core.settings import project_dir
from weir.dbt import on_spark, selection
from weir.dbt.results import NodeEvent, counted
from weir.project.marts import depended
from weir.spark.server import chosen

_STEP: dict[str, Any] = {"cache_policy": NO_CACHE, "persist_result": False}
_NODES = {"success": "Completed", "pass": "Completed", "warn": "Completed", "skipped": "Skipped", "no-op": "Skipped"}


def _me() -> UUID | None:
    context = TaskRunContext.get()
    return context.task_run.id if context else None


# Landing again is safe: a job that has its receipt does nothing.
@task(name="land", task_run_name="land", retries=1, retry_delay_seconds=3, **_STEP)
def land(run: Run) -> str:
    """Land the sources side by side. A source that fails is tried once more; then the run goes on without it."""
    from ingest.land import land_sources
    from weir.core import hooks
    from weir.project.sources import read_plan

    run.step = "land"
    wanted = run.sources
    plan = read_plan(project_dir())
    names = [source.name for source in plan.pick(wanted, None)]
    left = [name for name in names if name not in run.landed or run.landed[name].state != "landed"]
    me = _me()
    rows: dict[str, int] = {}

    def report(event: TableEvent) -> None:
        name = f"{event.source}.{event.table}"
        rows[name] = event.rows
        if event.state == "started":
            run.reporter.started("table", name, event.started_at, me)
        elif event.state in {"done", "failed"}:
            state = "Completed" if event.state == "done" else "Failed"
            told = event.message or f"{event.how}: {event.landed:,} rows landed"
            run.reporter.ended("table", name, state, told, event.ended_at, event.started_at, me)
            output.table_landed(event)
            if event.landed:
                run.dbt()  # something will be built: dbt starts while the other tables land

    with run.timed("land", lambda: f"{sum(rows.copy().values()):,} rows of {len(rows)} tables"):
        with caused(Cause.HOOK_FAILED):
            hooks.call(hooks.BEFORE_LANDING)
        for result in land_sources(
            plan, run_id=run.run_id, as_of=run.as_of, sources=left, full=run.full_compare, report=report
        ):
            run.landed[result.source] = result
    failed = [result for result in run.landed.values() if result.state != "landed"]
    # A set of today with a source of yesterday would be wrong: an account looks faithful while nobody can see it leave.
    run.barred = [name for result in failed for name in result.barred]
    run.down = [
        f"{result.message}; nothing that depends on {shortly(result.barred)} is built or published" for result in failed
    ]
    if failed:
        raise Told("; ".join(run.down))
    return f"{sum(event.landed for result in run.landed.values() for event in result.tables):,} rows landed"


@task(name="gate raw", task_run_name="gate raw", **_STEP)
def gate_raw(run: Run) -> str:
    """Judge the new rows of each source. Models that depend on a source that fails are not built in this run."""
    scope = [name for name, result in run.landed.items() if any(event.state == "done" for event in result.tables)]
    if not scope:
        return "nothing landed"
    with run.timed("gate raw"), caused(Cause.GATE_BROKEN, "raw"):
        found = run.worker.check("raw", run.run_id, scope, run.as_of, run.accept)
    run.gates += found
    for result in found:
        if not result["passed"] and result["scope"] not in run.barred:
            run.barred.append(result["scope"])
            run.fail(f"{result['sentence']}; nothing that depends on {result['scope']} is built or published")
    _say(found)
    return f"{sum(result['passed'] for result in found)} of {len(found)} sources passed"


@task(name="build", task_run_name="build", **_STEP)
def build(run: Run) -> str:
    """Build and test with dbt the models that new rows reach, or all models when the code or the day has changed."""
    from weir.dbt.build import build_set

    run.step = "build"
    if run.barred:
        with caused(Cause.BUILD_BROKE_OFF):
            on_spark.prepare_warehouse(run.run_id, run.as_of) if chosen() else run.dbt().parse()
    holding = depended(run.barred) if run.barred else []
    run.todo = selection.decide(
        project_dir(), run.as_of, run.select, run.full_refresh, run.barred, holding, run.full_compare
    )
    if run.todo.nothing:
        return f"{run.todo.sentence}: nothing to build"
    me = _me()
    done, total, on_the_way = 0, 0, ""

    def report(what: str) -> None:
        nonlocal on_the_way
        on_the_way = what

    def on_node(node: NodeEvent) -> None:
        nonlocal done, total, on_the_way
        on_the_way = ""
        total = node.total or total
        if node.state == "started":
            run.reporter.started(node.kind, node.name, _moment(node.started_at), me)
            return
        done += node.kind != "unit_test"  # dbt counts them with their model
        state, moments = _NODES.get(node.state, "Failed"), (_moment(node.ended_at), _moment(node.started_at))
        run.reporter.ended(node.kind, node.name, state, node.message, *moments, me)

    def so_far() -> str:
        return on_the_way or (f"{done} of {total} models and tests" if total else "dbt starts")

    with run.timed("build", so_far):
        try:
            with caused(Cause.BUILD_BROKE_OFF):
                run.built = build_set(run.dbt(), run.todo, run.run_id, run.as_of, on_node, report)
        except WeirError as fault:
            raise anew(f"build: {fault}; nothing is published", fault) from None
    if not run.built.passed:
        raise Told(f"build: {run.built.sentence}; nothing is published")
    return f"{run.todo.sentence}: {counted(run.built.counts)}"


@task(name="gate marts", task_run_name="gate marts", **_STEP)
def gate_marts(run: Run) -> str:
    """Judge the set that was built, against the last publication and the sources."""
    if not run.built:
        return "nothing was built"
    if not run.whole:
        return "only a part was built"
    with run.timed("gate marts"), caused(Cause.GATE_BROKEN, "marts"):
        found = run.worker.check("marts", run.run_id, None, run.as_of, run.accept)
    run.gates += found
    _say(found)
    for result in found:
        if not result["passed"]:
            raise Told(f"{result['sentence']}; nothing is published")
    return "passed"


@task(name="publish", task_run_name="publish", **_STEP)
def publish(run: Run) -> str:
    """Let readers see the set: the rows that differ, all marts in one transaction."""
    from weir.publish.publication import publish_set

    if not run.built:
        return _still_published(run)
    if not run.whole:
        return "only a part was built: nothing is published"
    with run.timed("publish"):
        run.changes = publish_set(run.run_id, run.as_of, accept=run.accept, whole=run.full_compare)
    return f"{sum(each.inserted + each.updated + each.deleted for each in run.changes):,} rows changed"


@task(name="balance", task_run_name="balance", **_STEP)
def balance(run: Run) -> str:
    """Check that every landed row is accounted for, and take in what people have read meanwhile."""
    import psycopg

    from weir.access.reads.collect import collect
    from weir.ledger.balance import lines

    with run.timed("balance"):
        run.lines = lines(run.run_id)
        with suppress(WeirError, psycopg.Error):  # `weir usage` says what is wrong there
            collect()
    wrong = [f"{line.source}.{line.table}" for line in run.lines if not line.holds]
    # What a barred or failed build left unstaged is told already.
    if wrong and not run.faults:
        raise Told(f"the balance does not hold for {', '.join(wrong)}: type `weir verify`")
    return f"{len(run.lines)} tables"


def _still_published(run: Run) -> str:
    """Compare the marts with what was published, since somebody may have edited one by hand; returns a sentence."""
    from weir.publish.verify import compare_published

    with run.timed("publish"), warehouse.connect() as connection:
        found = run.compared = compare_published(connection)
    for check in found:
        if not check.holds:
            run.fail(check.fault)
    return f"nothing was built; {sum(check.holds for check in found)} of {len(found)} marts are as they were published"


def _say(found: list[dict[str, Any]]) -> None:
    for result in found:
        get_run_logger().log(20 if result["passed"] else 40, result["sentence"])


def _moment(text: str) -> datetime | None:
    found = datetime.fromisoformat(text) if text else None
    return found if found is None or found.tzinfo else found.replace(tzinfo=UTC)
