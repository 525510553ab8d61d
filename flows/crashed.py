"""Marks a killed run as Crashed, in `ops.runs` and in Prefect."""

from typing import Any
from uuid import UUID

from weir import warehouse
from weir.ledger import runs


def mark_crashed() -> list[str]:
    """Mark each run whose process is gone as crashed, in `ops.runs` and in Prefect; returns the ids of the runs.

    Only for the run that holds the run lock: a run of another machine that is still `running` can't be alive then,
    unless it waits for the lock, and then it has nothing written down yet.
    """
    with warehouse.connect() as connection:
        rows = connection.execute(
            "select run_id, host, pid, started_at, flow_run_id from ops.runs where state = 'running'"
        ).fetchall()
        dead = [row for row in rows if not runs.is_alive(row[1], row[2], row[3])]
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
    """End in Prefect the runs that ended while Prefect's server was down; returns how many."""
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
    ended = [row for row in rows if not runs.is_alive(*row[3:])]
    for flow_run_id, state, message, *_ in ended:
        end_in_prefect(UUID(flow_run_id), state, message)
    return len(ended)


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
