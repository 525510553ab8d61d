"""One run: its id and clock, its processes, the result of each step, and its end, whatever happens.

In: the flow's parameters. Out: the state that the steps share; the run's row in `ops.runs`.
Not a dataclass: Prefect walks through those whenever they are passed to a task.
"""

import os
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from types import TracebackType
from typing import Any
from uuid import UUID

from expectations.worker import Worker
from flows import crashed, interrupt, server
from flows.task_runs import Reporter
from ingest.results import SourceResult
from weir.core import terminal
from weir.core.errors import Told, anew
from weir.core.pulse import pulse
from weir.core.secrets import redact
from weir.core.settings import project_dir
from weir.dbt import selection
from weir.dbt.on_spark import require_settings
from weir.dbt.results import Built
from weir.dbt.worker import DbtProcess
from weir.ledger import runs
from weir.ledger.equations import Line
from weir.publish.changes import Change
from weir.publish.verify import MartComparison
from weir.warehouse.run_lock import run_lock


class Run:
    """The state that the steps of one run share. Inside `with` it holds the run lock and its row in `ops.runs`."""

    def __init__(
        self,
        flow_run_id: str,
        as_of: datetime,
        sources: list[str] | None,
        select: str | None,
        full_refresh: bool,
        full_compare: bool,
        accept: list[str],
        wait: bool,
    ) -> None:
        self.run_id = runs.new_id()
        self.flow_run_id = UUID(flow_run_id)
        self.as_of = as_of if as_of.tzinfo else as_of.replace(tzinfo=UTC)
        self.sources, self.select, self.full_refresh = sources, select, full_refresh
        self.full_compare, self.accept = full_compare, accept
        self.reporter = Reporter(self.flow_run_id)
        self.faults: list[str] = []  # the faults after which the run went on; it ends failed
        self.down: list[str] = []  # the faults of sources that could not be landed; likewise
        self.landed: dict[str, SourceResult] = {}  # by source
        # sources that are down or whose gate failed, and tables that failed: nothing downstream of them is built
        self.barred: list[str] = []
        self.gates: list[dict[str, Any]] = []
        self.built: Built | None = None
        self.changes: list[Change] | None = None  # a list once published; empty where the project has no marts
        self.lines: list[Line] = []
        self.seconds: dict[str, float] = {}
        self.step = "start"  # the step that is under way, or that a fault has ended
        self.ended: set[str] = set()  # the steps that no fault has ended
        self.compared: list[MartComparison] = []  # the marts that readers see, where nothing was built
        self.crashed: list[str] = []  # runs before this one that were killed
        self.todo: selection.Todo | None = None
        self._wait = wait
        self._lock = ExitStack()
        self.logs = runs.log_folder(self.run_id)
        terminal.log_to(self.logs / "output.log")
        # Started first: the worker imports Great Expectations while the sources land.
        self.worker = Worker.take()
        self.worker.child.log_in(self.logs)
        self._dbt: DbtProcess | None = None

    def __enter__(self) -> "Run":
        interrupt.rearm()
        try:
            self._lock.enter_context(run_lock(self._wait))
            require_settings()
            self.crashed = crashed.mark_crashed()
            for run_id in self.crashed:
                terminal.say(f"Run {run_id} was killed: it is marked crashed.", style="yellow")
            crashed.close_ended()
            names = ("sources", "select", "full_refresh", "full_compare", "accept")
            runs.begin(self.run_id, self.as_of, {name: getattr(self, name) for name in names}, self.flow_run_id)
            # dbt starts at once when everything will be built, whatever lands.
            if self.select or self.full_refresh or selection.everything(project_dir(), self.as_of):
                self.dbt()
        except BaseException:
            self._end_processes()
            self._lock.close()
            raise
        return self

    def __exit__(self, kind: type[BaseException] | None, fault: BaseException | None, _: TracebackType | None) -> None:
        self._end_processes()
        self.reporter.crash_open("interrupted")
        if fault is None and not self.all_faults():
            runs.end(self.run_id, "succeeded")
        elif isinstance(fault, Exception) or fault is None:
            told = "; ".join(self.all_faults())
            runs.end(self.run_id, "failed", str(fault) if fault and told in str(fault) else f"{told}; {fault}")
        else:
            runs.end(self.run_id, "failed", "interrupted")
        self._lock.close()
        if not self.reporter.close(lambda: server.healthy(os.environ["PREFECT_API_URL"])):
            terminal.say(
                "Prefect's server is gone: the page of this run ends early there, until the next run has mended "
                "that. The run itself lacks nothing.",
                style="yellow",
            )

    @property
    def whole(self) -> bool:
        """Whether this run makes a whole set, which may be published."""
        return self.todo is not None and self.todo.whole

    def dbt(self) -> DbtProcess:
        """The process of dbt, started when it is clear that something is to be built."""
        if self._dbt is None:
            self._dbt = DbtProcess(self.run_id, self.as_of)
            self._dbt.child.log_in(self.logs)
        return self._dbt

    @contextmanager
    def timed(self, step: str, so_far: Callable[[], str] = str) -> Iterator[None]:
        """Add the seconds of a step. A long step prints its progress now and then.

        A fault that quotes a row or a secret is raised anew without it: Prefect keeps what a step raises.
        """
        began, self.step = time.perf_counter(), step
        try:
            with pulse(step, so_far):
                yield
            self.step = ""
            self.ended.add(step)
        except Exception as fault:
            told = redact(fault)
            if told != str(fault):
                raise anew(" ".join(told.split()), fault) from None
            raise
        finally:
            self.seconds[step] = self.seconds.get(step, 0.0) + time.perf_counter() - began

    def fail(self, sentence: str) -> None:
        """Note a fault after which the run goes on; it will end failed with this sentence."""
        self.faults.append(sentence)

    def finish(self) -> None:
        """Raise WeirError with all faults, if there are any."""
        if self.all_faults():
            raise Told("; ".join(self.all_faults()))

    def all_faults(self) -> list[str]:
        """One sentence for each fault after which the run went on."""
        return [*self.down, *self.faults]

    def _end_processes(self) -> None:
        self.worker.end()
        if self._dbt is not None:
            self._dbt.end()
