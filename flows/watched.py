"""Whether the schedule is alive: Prefect's server answers, and a worker of our pool gives signs of life.

In: Prefect's API by plain HTTP, so that nothing of Prefect is imported. Out: areas and faults in a Looked. Where no
deployment has an active schedule, nobody expects a worker.
"""

import base64
import json
import os
import urllib.error
import urllib.request
from typing import Any

from flows import server
from weir.core.causes import Cause
from weir.core.errors import WeirError
from weir.incidents.downstream import EVERYTHING
from weir.incidents.fault import Fault, Looked

POOL = "weir"


def watch(looked: Looked) -> None:
    """Look once."""
    api = os.environ.get("PREFECT_API_URL") or server.last_address()
    if not api:
        return  # it was never started, or stopped in order
    looked.areas.add("prefect")
    try:
        answers = server.healthy(api)
        fault = f"nothing answers at {api}"
    except WeirError as refusal:
        answers, fault = False, str(refusal)
    if not answers:
        looked.add("prefect", Fault(Cause.PREFECT_DOWN, "prefect", "Prefect", (fault,), (EVERYTHING,)))
        return
    schedules = _ask(api, "deployments/filter", {"work_pools": {"name": {"any_": [POOL]}}}) or []
    active = [
        each["name"]
        for each in schedules
        if not each.get("paused") and any(schedule["active"] for schedule in each["schedules"])
    ]
    workers = _ask(api, f"work_pools/{POOL}/workers/filter", {}) or []
    looked.areas.add("worker")
    if active and not any(each["status"] == "ONLINE" for each in workers):
        seen = max((each["last_heartbeat_time"] or "" for each in workers), default="")
        sign = f"last sign of life {seen[:16]} UTC" if seen else "none was ever started"
        line = f"no worker of the pool {POOL} is online ({sign})"
        waiting = f"deployments that wait: {', '.join(sorted(active))}"
        looked.add("worker", Fault(Cause.WORKER_DEAD, "worker", "worker", (line, waiting), (EVERYTHING,)))


def _ask(api: str, path: str, question: dict[str, Any]) -> list[dict[str, Any]] | None:
    """The answer to a question of Prefect's API; None where there is no such thing."""
    request = urllib.request.Request(f"{api}/{path}", json.dumps(question).encode(), method="POST")
    request.add_header("Content-Type", "application/json")
    word, key = os.environ.get("PREFECT_API_AUTH_STRING"), os.environ.get("PREFECT_API_KEY")
    if word:
        request.add_header("Authorization", f"Basic {base64.b64encode(word.encode()).decode()}")
    elif key:
        request.add_header("Authorization", f"Bearer {key}")
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            found: list[dict[str, Any]] = json.load(answer)
            return found
    except urllib.error.HTTPError as refusal:
        if refusal.code == 404:
            return None
        raise WeirError(f"Prefect at {api} refuses to tell of its workers: HTTP {refusal.code}") from None
    except (OSError, ValueError) as fault:
        raise WeirError(f"Prefect at {api} does not tell of its workers: {fault}") from None
