"""dbt for target prod, in this process: it parses the project once, then builds, and tells of each node.

In: dbt's project, a Todo. Out: Built, and on the way an event for each node begun and ended, with true times.
"""

import logging
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from weir.core.errors import WeirError
from weir.dbt import environment
from weir.dbt.results import BatchReasons, Built, one_line, summary
from weir.dbt.selection import Todo


@dataclass(frozen=True)
class NodeEvent:
    """A node (model, seed, test) that has begun (`state` is started) or ended; moments are dbt's texts.

    `total` is how many nodes the build has; unit tests count with their model.
    """

    total: int
    name: str
    kind: str
    state: str
    started_at: str = ""
    ended_at: str = ""
    message: str = ""


OnNode = Callable[[NodeEvent], None]


class Engine(Protocol):
    """dbt, wherever it works: in this process (Dbt) or in one of its own (worker.DbtProcess)."""

    def parse(self) -> None:
        """Read the project. Raises WeirError with dbt's words when it can't be read."""

    def build(self, todo: Todo, unit_tests: bool, on_node: OnNode) -> Built:
        """Build and test what `todo` says, with its unit tests or without. Raises WeirError when dbt can't start."""


class Dbt:
    """dbt in this process; `options` go with every command."""

    def __init__(self, *options: str) -> None:
        self.options = options
        self.manifest: Any = None

    def parse(self) -> None:
        """Read the project. Raises WeirError with dbt's words when it can't be read."""
        self.manifest = self.invoke("parse", "--quiet").result

    def build(self, todo: Todo, unit_tests: bool, on_node: OnNode) -> Built:
        """Build and test what `todo` says, with its unit tests or without. Raises WeirError when dbt can't start."""
        if self.manifest is None:
            self.parse()
        arguments = ["build"]
        for option, names in (("--select", todo.select), ("--exclude", todo.exclude)):
            arguments += [option, *names] if names else []
        arguments += ["--full-refresh"] if todo.full_refresh else []
        arguments += [] if unit_tests else ["--exclude-resource-type", "unit_test"]
        reasons = BatchReasons()
        outcome = self.invoke(*arguments, callbacks=[_Teller(on_node), reasons])
        return summary(outcome.result, reasons, len(self.manifest.unit_tests))

    def invoke(self, *arguments: str, callbacks: Sequence[Callable[[Any], None]] = ()) -> Any:
        """dbt's result of a command for target prod. Raises WeirError when dbt itself fails, not a node."""
        from dbt.cli.main import dbtRunner

        logging.raiseExceptions = False  # a log that can't be written (a full disk) is no reason for a traceback
        runner = dbtRunner(manifest=self.manifest, callbacks=list(callbacks))
        outcome = runner.invoke([*arguments, "--target", "prod", *self.options])
        if outcome.exception is not None:
            raise WeirError(f"dbt {arguments[0]} can't start: {one_line(outcome.exception)}")
        return outcome


def prepare(as_of: datetime, run_id: str | None = None) -> None:
    """Put the run's clock and id in the environment, start the warehouse, and export what dbt needs for target prod.

    By the environment, not by --vars: other vars cost dbt a full parse.
    """
    os.environ.update({"WEIR_RUN": "1", "WEIR_AS_OF": as_of.isoformat(), **({"WEIR_RUN_ID": run_id} if run_id else {})})
    environment.export_environment("prod")


class _Teller:
    """A callback of dbt's runner: passes on that a node has begun or ended."""

    def __init__(self, on_node: OnNode) -> None:
        self.on_node = on_node
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
        self.on_node(NodeEvent(self.total, node.node_name, node.resource_type, state, *moments, told))
