"""The build: dbt makes and tests the next set of marts in `analytics_next`.

In: what landed, a Todo. Out: staging, intermediate, `analytics_next`, and a row of `ops.builds` that says what was
built, by which code, and how it ended; publication and the next run ask for it. Where the code is new, the build fails
if a mart has a column that derives from personal data and no mark. Alone: `weir build`.
"""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

import psycopg

from weir import warehouse
from weir.core.errors import Told, WeirError
from weir.core.faults import refuse_full_disk
from weir.core.settings import home, project_dir
from weir.dbt.engine import Engine
from weir.dbt.environment import built_by, on_engine
from weir.dbt.on_spark import Passage, prepare_warehouse
from weir.dbt.results import Built, OnNode, sentence
from weir.dbt.selection import Todo, Why
from weir.project.code import unit_tests_digest
from weir.project.marts import marts_or_parse
from weir.publish import evidence
from weir.publish.verify import in_force
from weir.spark.server import chosen


def build_set(
    dbt: Engine,
    todo: Todo,
    run_id: str,
    as_of: datetime,
    on_node: OnNode = lambda node: None,
    report: Callable[[str], None] = lambda step: None,
) -> Built:
    """Build and test with dbt what `todo` says, and write down how it ended; `on_node` is told of each node.

    Unit tests run only where the code is another than that with which all of them passed. Where a Spark server is set,
    `dbt` builds there; what landed is brought there before, and what was built back; `report` is told of that.
    Never raises for a model or test that fails; raises WeirError when dbt can't start (a project that can't be read)
    or when nothing matches the selection.
    """
    refuse_full_disk(home())
    server = chosen()
    with warehouse.connect() as connection:
        tests = on_engine(unit_tests_digest(project_dir(), connection))
        run_tests = not evidence.unit_tests_passed(connection, tests)
        is_known = evidence.is_marked(connection, tests)
        # A part of a set is built beside the rest of it, which stays as it is.
        reset = todo.why is not Why.NEW_ROWS and _is_unseen(connection)
    begun = evidence.Build(
        run_id,
        # Should this process be killed, nobody may publish the half of a set by the verdict on the one before.
        passed=False,
        sentence="the build did not end: `weir build` makes the set anew",
        whole=todo.whole,
        why=todo.sentence,
        code=built_by(project_dir()),
        as_of_date=as_of.date(),
        barred=todo.barred,
    )
    _record(begun)
    try:
        if server:
            prepare_warehouse(run_id, as_of)
            passage = Passage(server, report)
            todo = passage.there(todo)
        if reset:
            todo = _without_incremental(dbt, todo) if server else _reset_incremental(dbt, todo)
        built = dbt.build(todo, run_tests, on_node)
        if server:
            passage.back(built)
        built = _judged(built, is_known or not todo.whole)
        if todo.prove:
            with warehouse.connect() as connection:
                built = replace(built, drifted=_drifted(connection, run_id))
    except WeirError as fault:
        _record(replace(begun, sentence=str(fault)))
        raise
    _record(
        replace(
            begun,
            passed=built.passed,
            sentence=built.sentence if todo.whole or not built.passed else _part(todo),
            unit_tests=tests if built.all_unit_tests_passed else None,
            marked=tests if is_known or (built.passed and todo.whole) else None,
        )
    )
    if todo.why is Why.SELECTED and not built.counts:
        raise Told(f"nothing matches --select {' '.join(todo.select or [])}: no model, seed or test was built")
    return replace(built, without_unit_tests=not run_tests)


def _judged(built: Built, is_known: bool) -> Built:
    """The build, failed where a mart has a column of personal data without a mark; known code was judged before."""
    if is_known or not built.passed:
        return built
    from weir.access.carried import read_lineage

    found = read_lineage().unmarked()
    faults, unmarked = [each.sentence for each in found], [(each.mart, each.sentence) for each in found]
    return replace(built, passed=False, sentence=sentence(faults), faults=faults, unmarked=unmarked) if found else built


def _drifted(connection: psycopg.Connection, run_id: str) -> list[tuple[str, str]]:
    """The batched models of which the proof has put batches right, each with a sentence."""
    found = []
    for model, batches, count in connection.execute(_FAULTS, [run_id]):
        named = ", ".join(batches) + (" …" if count > len(batches) else "")
        were, are = ("batch was", "is") if count == 1 else ("batches were", "are")
        found.append((
            model,
            f"{model}: {count:,} {were} not what a full refresh gives ({named}), and {are} put right; its event_time, "
            "reach or by is declared wrongly: docs/how-to/make-a-model-batched.md",
        ))  # fmt: skip
    return found


_FAULTS = """
select model, (array_agg(
    case when isfinite(batch) then replace(to_char(batch at time zone 'UTC', 'YYYY-MM-DD HH24:MI'), ' 00:00', '')
    else 'without a time' end order by batch))[:3], count(*)
from ops.batch_faults where run_id = %s group by model order by model"""


def _record(build: evidence.Build) -> None:
    with warehouse.connect() as connection:
        evidence.record(connection, build)


def _part(todo: Todo) -> str:
    chosen = f" (--select {' '.join(todo.select or [])})" if todo.why is Why.SELECTED else ""
    return f"only a part was built{chosen}"


def _is_unseen(connection: psycopg.Connection) -> bool:
    """Whether there is a last build, and readers see another one: it was not published, or was taken back."""
    build, current = evidence.last_build(connection), in_force(connection)
    return build is not None and (current is None or current[1] != build.run_id)


def _reset_incremental(dbt: Engine, todo: Todo) -> Todo:
    """Give the incremental marts of a set that readers don't see the published rows again."""
    from weir.publish.publication import reset_incremental

    reset_incremental(marts_or_parse(dbt.parse))
    return todo


def _without_incremental(dbt: Engine, todo: Todo) -> Todo:
    """On Spark, which the published rows don't reach: a full refresh, where a mart is incremental."""
    is_needed = todo.whole and any(mart.incremental for mart in marts_or_parse(dbt.parse))
    return replace(todo, full_refresh=True) if is_needed else todo
