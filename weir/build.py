"""The build: dbt makes and tests the next set of marts in `analytics_next`, in this process.

In: what landed. Out: staging, intermediate, `analytics_next`, and a row of `ops.gates` (gate 'build') that says
whether the set was built and tested whole; publication asks for it. Alone: `weir build`.
"""

import logging
import os
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from traceback import walk_tb
from typing import Any

from weir import dbt
from weir.core.errors import WeirError
from weir.core.faults import refuse_full_disk
from weir.core.secrets import redact
from weir.core.settings import home
from weir.project.marts import marts_or_parse
from weir.tested import record_build
from weir.warehouse import connection as warehouse

# Whatever else dbt says of a node is a fault: `partial success`, or a status of a later version.
_GOOD = {"success", "pass", "warn", "no-op"}
# Of dbt's words on a node: what its name says already, where it was called from, what only points at a column.
_NOISE = re.compile(r"\w+ Error in |compiled code at |Please ensure the name|\| (column_name|-+) +\||> |\^|$")


@dataclass
class Built:
    """How a build ended; `counts` has the number of nodes by status, `faults` one line per node that failed."""

    passed: bool
    sentence: str
    counts: dict[str, int] = field(default_factory=dict)
    faults: list[str] = field(default_factory=list)


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


def summary(result: Any, reasons: Mapping[str, str] | None = None) -> Built:
    """dbt's result of a build, in one sentence; `reasons` tells why batches failed."""
    counts: dict[str, int] = {}
    failed: list[Any] = []
    skipped: list[Any] = []
    for node in result or []:
        status = str(getattr(node.status, "value", node.status))
        counts[status] = counts.get(status, 0) + 1
        if status not in _GOOD:
            (skipped if status == "skipped" else failed).append(node)
    # A node is skipped for one that failed before it; it is named where nothing else says why.
    faults = [node_fault(node, reasons) for node in failed or skipped]
    told = ", ".join(f"{number} {status}" for status, number in sorted(counts.items()))
    return Built(not faults, sentence(faults) if faults else f"built and tested: {told}", counts, faults)


def node_fault(result: Any, reasons: Mapping[str, str] | None = None) -> str:
    """dbt's result of a node that failed, in one line: which model or test, in which file, what is wrong."""
    node, text = result.node, str(result.message or result.status)
    batches = getattr(result, "batch_results", None)
    if batches and batches.failed:
        number = len(batches.failed) + len(batches.successful)
        reason = (reasons or {}).get(node.unique_id, "its log says why")
        text = f"{len(batches.failed)} of {number} batches failed, the first from {min(batches.failed)[0]} on: {reason}"
    text = re.sub(r"\x1b\[[0-9;]*m", "", text)
    lines = [line for line in map(str.strip, text.splitlines()) if not _NOISE.match(line)]
    what = one_line(" ".join(lines))
    return f"{str(node.resource_type).replace('_', ' ')} {node.name} ({node.original_file_path}): {what}"


def sentence(faults: Sequence[str]) -> str:
    """What failed: the one fault whole, of several the names."""
    if len(faults) == 1:
        return faults[0]
    more = f" and {len(faults) - 3} more" if len(faults) > 3 else ""
    return f"{len(faults)} failed: {', '.join(fault.split(' (')[0] for fault in faults[:3])}{more}"


def one_line(fault: object) -> str:
    """The fault's text on one line, no secrets, not endless; of a fault of dbt's also the file that it was reading."""
    text = " ".join(redact(fault).split())
    what, file = _read_last(fault) if isinstance(fault, BaseException) else ("", "")
    return (f"{what} ({file}): {text}" if file and file not in text else text)[:400]


def _read_last(fault: BaseException) -> tuple[str, str]:
    """What dbt was reading when it gave up, and in which file: many of its parsing errors say neither."""
    step: BaseException | None = fault
    while step is not None:
        for frame, _ in reversed(list(walk_tb(step.__traceback__))):
            for name in ("node", "parsed_node", "block", "target", "source"):
                found = frame.f_locals.get(name)
                path = getattr(getattr(found, "file", None), "path", found)
                file = getattr(path, "original_file_path", None)
                if isinstance(file, str) and file:
                    return str(getattr(found, "name", "") or file), file
        step = step.__cause__ or step.__context__
    return "", ""


def _reset_after_failure(as_of: datetime) -> None:
    """Incremental marts of a set that was built but never published start from the published rows again."""
    from weir.publish import reset_incremental

    with warehouse.connect() as connection:
        row = connection.execute(
            "select (select max(checked_at) from ops.gates where gate = 'build') > "
            "coalesce((select max(published_at) from ops.publications where rolled_back_at is null), '-infinity')"
        ).fetchone()
    if row and row[0]:
        reset_incremental(marts_or_parse(lambda: invoke(["parse"], None, as_of, quiet=True)))
