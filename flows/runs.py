"""The record of runs: one row of `ops.runs` per run, and what a killed run left behind.

In: the run's id, clock and parameters. Out: `ops.runs`; task and flow runs of dead processes marked Crashed in Prefect.
"""

import json
import os
import shutil
import socket
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import psutil

from weir.core.secrets import redact
from weir.core.settings import home
from weir.warehouse import connection as warehouse

KEPT_LOGS = 200  # runs whose logs are kept


def new_id(at: datetime | None = None) -> str:
    """A run's id, which sorts by time: 20260701T120000-1a2b."""
    return f"{at or datetime.now(UTC):%Y%m%dT%H%M%S}-{os.urandom(2).hex()}"


def log_folder(run_id: str) -> Path:
    """Make the folder of the run's logs, and remove those of runs long past; returns it."""
    every = home() / "logs" / "runs"
    folder = every / run_id
    folder.mkdir(parents=True, exist_ok=True)
    for old in sorted(path for path in every.iterdir() if path.is_dir())[:-KEPT_LOGS]:
        shutil.rmtree(old, ignore_errors=True)
    return folder


def begin(run_id: str, as_of: datetime, parameters: dict[str, Any], flow_run_id: UUID | None) -> None:
    """Write the run down as running."""
    with warehouse.connect() as connection:
        connection.execute(
            "insert into ops.runs (run_id, state, as_of, parameters, host, pid, flow_run_id) "
            "values (%s, 'running', %s, %s, %s, %s, %s)",
            [
                run_id,
                as_of,
                json.dumps(parameters),
                socket.gethostname(),
                os.getpid(),
                str(flow_run_id or "") or None,
            ],
        )


def note(run_id: str, **facts: Any) -> None:
    """Add facts to the run's parameters."""
    with warehouse.connect() as connection:
        query = "update ops.runs set parameters = parameters || %s where run_id = %s"
        connection.execute(query, [json.dumps(facts), run_id])


def end(run_id: str, state: str, message: str = "") -> None:
    """Write down how the run ended: succeeded, failed or crashed."""
    with warehouse.connect() as connection:
        connection.execute(
            "update ops.runs set ended_at = clock_timestamp(), state = %s, message = %s where run_id = %s",
            [state, redact(message) or None, run_id],
        )


def end_mine(message: str) -> list[UUID]:
    """Write down that the runs of this process have failed, where they had no time to; returns their flow runs."""
    with warehouse.connect() as connection:
        rows = connection.execute(
            "update ops.runs set ended_at = clock_timestamp(), state = 'failed', message = %s "
            "where state = 'running' and host = %s and pid = %s returning flow_run_id",
            [message, socket.gethostname(), os.getpid()],
        ).fetchall()
    return [UUID(row[0]) for row in rows if row[0]]


def mine() -> tuple[str, str] | None:
    """State and message of the newest run of this process; None where it made none."""
    with warehouse.connect() as connection:
        row = connection.execute(
            "select state, coalesce(message, '') from ops.runs where host = %s and pid = %s and started_at >= %s "
            "order by started_at desc limit 1",
            [socket.gethostname(), os.getpid(), datetime.fromtimestamp(psutil.Process().create_time() - 1, UTC)],
        ).fetchone()
    return (str(row[0]), str(row[1])) if row else None


def mark_crashed() -> list[str]:
    """Mark the runs whose process is gone as crashed, here and in Prefect; returns their ids.

    Only for the run that holds the run lock: a run of another machine that is still `running` can't be alive then,
    unless it waits for the lock, and then it has nothing written down yet.
    """
    with warehouse.connect() as connection:
        rows = connection.execute(
            "select run_id, host, pid, started_at, flow_run_id from ops.runs where state = 'running'"
        ).fetchall()
        dead = [row for row in rows if not _alive(row[1], row[2], row[3])]
        for run_id, _host, _pid, _started_at, flow_run_id in dead:
            if flow_run_id:
                end_in_prefect(UUID(flow_run_id), "crashed", "its process was killed")
            connection.execute(
                "update ops.runs set state = 'crashed', ended_at = clock_timestamp(), "
                "message = 'its process was killed' where run_id = %s",
                [run_id],
            )
    return [row[0] for row in dead]


def close_ended() -> int:
    """End in Prefect the runs whose end its server was not there to be told of; returns how many."""
    from httpx import HTTPError
    from prefect.client.orchestration import get_client
    from prefect.client.schemas.filters import FlowRunFilter, FlowRunFilterState, FlowRunFilterStateType
    from prefect.client.schemas.objects import StateType
    from prefect.exceptions import PrefectException

    running = FlowRunFilterState(type=FlowRunFilterStateType(any_=[StateType.RUNNING, StateType.CANCELLING]))
    try:
        with get_client(sync_client=True) as client:
            open_ = [str(each.id) for each in client.read_flow_runs(flow_run_filter=FlowRunFilter(state=running))]
    except (PrefectException, HTTPError):
        return 0
    with warehouse.connect() as connection:
        rows = connection.execute(
            "select flow_run_id, state, coalesce(message, ''), host, pid, started_at from ops.runs "
            "where flow_run_id = any(%s) and state <> 'running'",
            [open_],
        ).fetchall()
    ended = [row for row in rows if not _alive(*row[3:])]
    for flow_run_id, state, message, *_ in ended:
        end_in_prefect(UUID(flow_run_id), state, message)
    return len(ended)


def _alive(host: str, pid: int, started_at: datetime) -> bool:
    if host != socket.gethostname():
        return False
    try:
        return psutil.Process(pid).create_time() <= started_at.timestamp() + 1
    except psutil.Error:
        return False


def end_in_prefect(flow_run_id: UUID, state: str, message: str) -> None:
    """End a flow run as its row in `ops.runs` says: succeeded, failed or crashed; its open task runs likewise.

    A task whose end Prefect was not told is Crashed, unless the whole run succeeded. What Prefect no longer knows is
    passed over.
    """
    from httpx import HTTPError
    from prefect.client.orchestration import get_client
    from prefect.client.schemas.filters import FlowRunFilter, FlowRunFilterId, TaskRunFilter
    from prefect.client.schemas.sorting import TaskRunSort
    from prefect.exceptions import PrefectException
    from prefect.states import Completed, Crashed, Failed

    kinds: dict[str, Any] = {"succeeded": Completed, "failed": Failed, "crashed": Crashed}
    task_kind = Completed if state == "succeeded" else Crashed
    with get_client(sync_client=True) as client:
        try:
            chosen = FlowRunFilter(id=FlowRunFilterId(any_=[flow_run_id]))
            offset = 0
            while page := client.read_task_runs(
                flow_run_filter=chosen,
                task_run_filter=TaskRunFilter(),
                sort=TaskRunSort.ID_DESC,
                limit=200,
                offset=offset,
            ):
                for task_run in page:
                    if task_run.state and not task_run.state.is_final():
                        client.set_task_run_state(task_run.id, task_kind(message=message), force=True)
                offset += len(page)
            client.set_flow_run_state(flow_run_id, kinds[state](message=message), force=True)
        except (PrefectException, HTTPError):
            pass
