"""dbt for target prod, in this process: it parses the project once, then builds, and tells of each node.

In: dbt's project, a Todo. Out: Built, and on the way an event for each node begun and ended, with true times.
"""

import gc
import logging
import os
from collections.abc import Callable, Collection, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, Protocol

from weir.core.causes import Cause, cause_in
from weir.core.errors import WeirError
from weir.core.settings import project_dir
from weir.dbt import environment, selects
from weir.dbt.faults import hide_values, shorten_faults_of_spark
from weir.dbt.quiet import spare_events
from weir.dbt.results import BatchReasons, Built, NodeEvent, OnNode, one_line, summary, together
from weir.dbt.selection import Todo
from weir.dbt.unit_tests import POSSIBLE, Beside
from weir.project.code import digest
from weir.project.marts import manifest_path
from weir.spark.server import Server

PROVE = "DBT_ENV_CUSTOM_ENV_WEIR_PROVE"  # macros/batched reads it
TESTED_AT = "DBT_ENV_CUSTOM_ENV_WEIR_TESTED_AT"  # macros/tested reads it


class Engine(Protocol):
    """dbt, wherever it works: in this process (Dbt) or in one of its own (worker.DbtProcess)."""

    def parse(self) -> None:
        """Read the project. Raises WeirError with dbt's words when it can't be read."""

    def build(self, todo: Todo, unit_tests: bool, on_node: OnNode) -> Built:
        """Build and test what `todo` says, with its unit tests or without. Raises WeirError when dbt can't start."""


class Dbt:
    """dbt in this process; `options` go with every command.

    With `beside`, unit tests run in a second process beside the build, where the system can fork.
    """

    def __init__(self, *options: str, beside: bool = False) -> None:
        self.options = options
        self.manifest: Any = None
        self._beside = beside and POSSIBLE and not environment.is_on_spark()  # sessions with Spark don't outlive a fork
        self._code = ""  # the digest of the code that `manifest` was read from

    def parse(self) -> None:
        """Read the project. Raises WeirError with dbt's words when it can't be read."""
        code = digest(project_dir())
        self._code = ""  # whoever builds after a parse that failed parses again, and is told why
        self.manifest = None
        try:
            found = self.invoke("parse", "--quiet").result
        except WeirError:
            # What dbt kept of an older project may not fit the macros of this one.
            found = self.invoke("parse", "--quiet", "--no-partial-parse").result
        if found is None:
            told = f"dbt can't read the project {project_dir()} and does not say why: type `dbt parse` there"
            raise WeirError(told, cause=Cause.PROJECT_UNREADABLE)
        self.manifest, self._code = found, code
        # The project stays as it is to the end of the process: no need to look through it for garbage again and again.
        gc.collect()
        gc.freeze()

    def build(self, todo: Todo, unit_tests: bool, on_node: OnNode) -> Built:
        """Build and test what `todo` says, with its unit tests or without. Raises WeirError when dbt can't start."""
        if self._code != digest(project_dir()):
            self.parse()
        # The manifest was written when it was read; to write it anew, with SQL that `compiled/` holds, takes a second.
        arguments = ["build", "--no-write-json"]
        for option, names in (("--select", todo.select), ("--exclude", todo.exclude)):
            arguments += [option, *names] if names else []
        arguments += ["--full-refresh"] if todo.full_refresh else []
        # Which of them a selection means, dbt alone knows; a part of a set that stands is built with all of them.
        beside, part = None, bool(todo.tested_at)
        if unit_tests and self._beside and self.manifest.unit_tests and (part or not (todo.select or todo.exclude)):
            beside = Beside(self.manifest, self._unit_tests, on_node, self._code, part)
        if beside or not unit_tests:
            arguments += ["--exclude-resource-type", "unit_test"]
        reasons = BatchReasons()
        teller = _Teller(on_node, beside.built if beside else None)
        # By the environment, as the run's clock is: other vars cost dbt a full parse.
        os.environ |= {PROVE: "1" if todo.prove else "", TESTED_AT: todo.tested_at}
        try:
            result = self.invoke(*arguments, callbacks=[teller, reasons]).result
            parts = [summary(result, reasons)]
            _write(result)
            selects.keep(result or [], self.manifest)
        finally:
            del os.environ[PROVE], os.environ[TESTED_AT]
            rest = [beside.end()] if beside else []
        built = together([*parts, *rest])
        return replace(built, all_unit_tests_passed=built.passed_unit_tests == len(self.manifest.unit_tests))

    def compile_staging(self) -> Any:
        """dbt's result of compiling the staging models. Raises WeirError when one can't be compiled."""
        result = self.invoke("compile", "--select", selects.STAGED, "--quiet", "--no-print").result
        compiled = summary(result)
        if not compiled.passed:
            raise WeirError(f"nothing is compared, for a staging model can't be compiled: {compiled.sentence}")
        return result

    def compile_all(self) -> Any:
        """dbt's result of compiling the project."""
        return self.invoke("compile", "--quiet", "--no-print").result

    def make_views_of_ops(self) -> Any:
        """dbt's result of making the views over Weir's own tables, which PostgreSQL alone has."""
        return self.invoke("run", "--select", "path:models/ops", "--quiet").result

    def _unit_tests(self, names: Collection[str], on_node: OnNode) -> Any:
        """dbt's result of the unit tests of these names."""
        chosen = [f"unit_test:{name}" for name in names]
        quiet = ["--no-write-json", "--log-level-file", "none", "--quiet"]
        return self.invoke("test", "--select", *chosen, *quiet, callbacks=[_Teller(on_node)])

    def invoke(self, *arguments: str, callbacks: Sequence[Callable[[Any], None]] = ()) -> Any:
        """dbt's result of a command for target prod. Raises WeirError when dbt itself fails, not a node."""
        from dbt.cli.main import dbtRunner
        from dbt_common.events.functions import reset_metadata_vars

        reset_metadata_vars()  # dbt keeps what it has read of the environment once
        hide_values()
        if environment.is_on_spark():
            shorten_faults_of_spark()
        spare_events()
        logging.raiseExceptions = False  # a log that can't be written (a full disk) is no reason for a traceback
        runner = dbtRunner(manifest=self.manifest, callbacks=list(callbacks))
        with environment.as_dbt():
            outcome = runner.invoke([*arguments, "--target", "prod", *self.options])
        if outcome.exception is not None:
            why, said = cause_in(str(outcome.exception)), one_line(outcome.exception)
            other = Cause.PROJECT_UNREADABLE if arguments[0] == "parse" else Cause.BUILD_BROKE_OFF
            raise WeirError(f"dbt {arguments[0]} can't start: {said}", cause=why or other)
        return outcome


def prepare(as_of: datetime, run_id: str | None = None, spark: Server | None = None) -> None:
    """Put the run's clock and id in the environment, start the warehouse, and export what dbt needs for target prod.

    dbt works on the Spark server, if one is given. By the environment, not by --vars: other vars cost dbt a full parse.
    """
    os.environ.update({"WEIR_RUN": "1", "WEIR_AS_OF": as_of.isoformat(), **({"WEIR_RUN_ID": run_id} if run_id else {})})
    if spark:
        environment.export_spark(spark)
    environment.export_environment("prod")


def _write(result: Any) -> None:
    """Write down what became of each node, as dbt does. Raises WeirError where that can't be done."""
    path = manifest_path().with_name("run_results.json")
    try:
        if result is not None:
            result.write(str(path))
    except OSError as fault:
        why = f"dbt's results can't be written to {path} ({fault.strerror}): mend that, and build again"
        raise WeirError(why, cause=cause_in(str(fault)) or Cause.BUILD_BROKE_OFF) from None


class _Teller:
    """A callback of dbt's runner: passes on that a node has begun or ended, and to `on_built` the ids of those made."""

    def __init__(self, on_node: OnNode, on_built: Callable[[str], None] | None = None) -> None:
        self.on_node, self.on_built = on_node, on_built
        self.total = 0

    def __call__(self, message: Any) -> None:
        name = message.info.name
        if name == "ConcurrencyLine":
            self.total = message.data.node_count
        if name not in {"NodeStart", "NodeFinished"}:
            return
        node = message.data.node_info
        ended = name == "NodeFinished"
        state = str(node.node_status) if ended else "started"
        told = one_line(message.data.run_result.message or "") if ended else ""
        moments = (node.node_started_at, node.node_finished_at)
        self.on_node(NodeEvent(self.total, node.unique_id, node.node_name, node.resource_type, state, *moments, told))
        if state == "success" and self.on_built:
            self.on_built(node.unique_id)
