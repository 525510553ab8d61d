"""Shows each table and each dbt node as a task run in Prefect, with its state and its true times.

In: names, times and states. Out: events to Prefect's server, the same that its own engine sends. They are no documented
API: Prefect is pinned, and a test counts the task runs. Times of one task run must increase strictly.
"""

import logging
import queue
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from prefect.client.schemas.objects import State, StateType, TaskRun, TaskRunResult
from prefect.events.worker import EventsWorker
from prefect.settings import get_current_settings
from prefect.utilities.engine import emit_task_run_state_change_event

_TICK = timedelta(microseconds=1)
_NAMES = {
    "Completed": StateType.COMPLETED,
    "Failed": StateType.FAILED,
    "Crashed": StateType.CRASHED,
    "Skipped": StateType.COMPLETED,
    "Running": StateType.RUNNING,
    "Pending": StateType.PENDING,
}


class Reporter:
    """The task runs of one flow run that Weir reports, not Prefect's engine; safe to use from several threads."""

    def __init__(self, flow_run_id: UUID) -> None:
        self.flow_run_id = flow_run_id
        self._open: dict[str, TaskRun] = {}
        self._counts: dict[str, int] = {}
        self._lock = threading.Lock()

    def started(self, kind: str, name: str, at: datetime | None = None, parent: UUID | None = None) -> None:
        """Report that a table or node has begun; does nothing when that was reported."""
        with self._lock:
            if name in self._open:
                return
            moment: Any = at or datetime.now(UTC)
            number = self._counts[name] = self._counts.get(name, 0) + 1
            task_run = TaskRun(
                id=uuid4(),
                name=name,
                flow_run_id=self.flow_run_id,
                task_key=kind,
                dynamic_key=f"{name}-{number}",
                tags=[kind],
                run_count=1,
                expected_start_time=moment,
                start_time=moment,
                task_inputs={"__parents__": [TaskRunResult(id=parent)]} if parent else {},
            )
            self._open[name] = task_run
            self._move(task_run, "Pending", moment - _TICK)
            self._move(task_run, "Running", moment)

    def ended(self, kind: str, name: str, state: str, message: str = "", at: datetime | None = None,
              began: datetime | None = None, parent: UUID | None = None) -> None:  # fmt: skip
        """Report that a table or node has ended: Completed, Failed, Skipped or Crashed."""
        self.started(kind, name, began, parent)
        with self._lock:
            task_run = self._open.pop(name)
            start: Any = began or task_run.start_time or datetime.now(UTC)
            end: Any = max(at or datetime.now(UTC), start + _TICK, (task_run.start_time or start) + _TICK)
            task_run.start_time, task_run.end_time = start, end
            task_run.total_run_time = end - start
            self._move(task_run, state, end, message)

    def crash_open(self, message: str) -> None:
        """Report each table and node that has begun and not ended as Crashed."""
        for name, task_run in list(self._open.items()):
            self.ended(task_run.task_key, name, "Crashed", message)

    def close(self, answers: Callable[[], bool], patience: float = 60) -> bool:
        """Send the waiting events to Prefect's server; returns whether the server took all of them.

        What a server that is gone (`answers` says whether it is) can't take is forgotten, and after `patience`
        seconds whatever is left: Prefect itself would try each event for 7 s before the process may end.
        """
        services: dict[int, Any] = EventsWorker._instances  # type: ignore[misc]  # of all kinds
        workers = [each for each in list(services.values()) if isinstance(each, EventsWorker)]
        end = time.monotonic() + patience
        whole = True
        for waiting in (each._queue for each in workers):
            while not waiting.empty() and time.monotonic() < end and answers():
                time.sleep(0.2)
            whole = whole and waiting.empty()
            with suppress(queue.Empty):
                while True:
                    waiting.get_nowait()
                    waiting.task_done()
        if not whole:
            get_current_settings().client.max_retries = 0  # for the state of the flow, a minute otherwise
            logging.raiseExceptions = False  # else Prefect prints that it can't send its log
        return whole

    def _move(self, task_run: TaskRun, name: str, at: datetime, message: str = "") -> None:
        before = task_run.state
        state: State[Any] = State(id=uuid4(), type=_NAMES[name], name=name, timestamp=at, message=message or None)
        state.state_details.flow_run_id = self.flow_run_id
        state.state_details.task_run_id = task_run.id
        task_run.state, task_run.state_id = state, state.id
        task_run.state_type, task_run.state_name = state.type, state.name
        emit_task_run_state_change_event(task_run, before, state)
