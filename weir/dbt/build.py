"""The build: dbt makes and tests the next set of marts in `analytics_next`, in this process.

In: what landed. Out: staging, intermediate, `analytics_next`, and a row of `ops.gates` (gate 'build') that says
whether the set was built and tested whole; publication asks for it. Alone: `weir build`.
"""

import logging
import os
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from weir import warehouse
from weir.core.errors import WeirError
from weir.core.faults import refuse_full_disk
from weir.core.settings import home
from weir.dbt import environment as dbt
from weir.dbt.results import Built, one_line, summary
from weir.project.marts import marts_or_parse
from weir.publish.evidence import record_build


def build(
    run_id: str,
    as_of: datetime,
    select: str | None = None,
    full_refresh: bool = False,
    callbacks: Sequence[Callable[[Any], None]] = (),
    quiet: bool = False,
) -> Built:
    """Run `dbt build` for target prod and write down how it ended.

    Never raises for a model or test that fails; raises WeirError when dbt can't start (a project that can't be read)
    or when nothing matches `select`.
    """
    arguments = ["build", *(["--select", *select.split()] if select else [])]
    if full_refresh:
        arguments.append("--full-refresh")
    refuse_full_disk(home())
    _reset_after_failure(as_of)
    # Should this process be killed, nobody may publish the half of a set by the verdict on the one before.
    record(run_id, Built(False, "the build did not end: `weir build` makes the set anew"))
    reasons = BatchReasons()
    outcome = invoke(arguments, run_id, as_of, [*callbacks, reasons], quiet)
    built = summary(outcome.result, reasons)
    evidence = built
    if built.passed and select:
        evidence = Built(False, f"only a part was built (--select {select})")
    record(run_id, evidence)
    if select and not built.counts:
        raise WeirError(f"nothing matches --select {select}: no model, seed or test was built")
    return built


def record(run_id: str, built: Built) -> None:
    """Write down how the build of this run ended, for publication to ask."""
    with warehouse.connect() as connection:
        record_build(connection, run_id, built.passed, built.sentence)


def invoke(
    arguments: Sequence[str],
    run_id: str | None,
    as_of: datetime,
    callbacks: Sequence[Callable[[Any], None]] = (),
    quiet: bool = False,
    target: str = "prod",
) -> Any:
    """Run dbt in this process, with the settings of the target; returns dbt's result.

    `as_of` and `run_id` go by the environment, not by --vars: other vars cost dbt a full parse.
    Raises WeirError when dbt itself fails (not a node).
    """
    os.environ["WEIR_RUN"] = "1"
    os.environ["WEIR_AS_OF"] = as_of.isoformat()
    if run_id:
        os.environ["WEIR_RUN_ID"] = run_id
    dbt.environment(target)
    logging.raiseExceptions = False  # a log that can't be written (a full disk) is no reason for a traceback
    from dbt.cli.main import dbtRunner

    told = ["--target", target, *(["--quiet", "--no-print"] if quiet else [])]
    outcome = dbtRunner(callbacks=list(callbacks)).invoke([*arguments, *told])
    if outcome.exception is not None:
        raise WeirError(f"dbt {arguments[0]} can't start: {one_line(outcome.exception)}")
    return outcome


class BatchReasons(dict[str, str]):
    """Why the first failed batch of each microbatch model failed, by the model's id.

    A callback of dbt's runner: dbt tells the reason of a batch in an event only, never in its result.
    """

    def __call__(self, message: Any) -> None:
        """Keep the reason that the event holds, if it is the first one of its model."""
        if message.info.name == "GenericExceptionOnRun" and message.data.unique_id:
            self.setdefault(message.data.unique_id, message.data.exc.removeprefix("Exception on worker thread. "))


def _reset_after_failure(as_of: datetime) -> None:
    """Incremental marts of a set that was built but never published start from the published rows again."""
    from weir.publish.publication import reset_incremental

    with warehouse.connect() as connection:
        row = connection.execute(
            "select (select max(checked_at) from ops.gates where gate = 'build') > "
            "coalesce((select max(published_at) from ops.publications where rolled_back_at is null), '-infinity')"
        ).fetchone()
    if row and row[0]:
        reset_incremental(marts_or_parse(lambda: invoke(["parse"], None, as_of, quiet=True)))
