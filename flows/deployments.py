"""The deployments of prefect.yaml and of the shares, put on the server by `prefect deploy --all`.

What a person switched off stays off. In: prefect.yaml, the project's shares. Out: a process work pool and the
deployments. Prefect itself keeps the state of a schedule that has a slug, but switches a paused deployment on again,
and a schedule without a slug.
"""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import yaml

from weir.core.errors import WeirError
from weir.core.handed import PREFECT_CLIENT, handed
from weir.core.settings import ROOT, home, project_dir
from weir.project.shares import read_shares

FILE, POOL, SHARE = "prefect.yaml", "weir", "share"


def deploy() -> list[str]:
    """Make or bring up to date the work pool and every deployment; returns their names.

    Raises WeirError with Prefect's words when prefect.yaml can't be deployed.
    """
    from prefect.client.orchestration import get_client

    file = with_shares()
    log = home() / "logs" / "prefect-deploy.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    command = [sys.executable, "-m", "flows.command", "--no-prompt", "deploy", "--all", "--prefect-file", str(file)]
    with log.open("w+") as output:
        done = subprocess.run(
            command, cwd=ROOT, env=handed(*PREFECT_CLIENT), stdin=subprocess.DEVNULL, stdout=output, stderr=output
        )
        output.seek(0)
        told = output.read().split()
    if done.returncode:
        raise WeirError(f"prefect.yaml can't be deployed: {' '.join(told)[-300:]} (log: {log})")
    with get_client(sync_client=True) as client:
        flows = {flow.id: flow.name for flow in client.read_flows()}
        names = {each.id: f"{flows[each.flow_id]}/{each.name}" for each in client.read_deployments()}
        for number, name in list(names.items()):
            if name.startswith(f"{SHARE}/") and name.removeprefix(f"{SHARE}/") not in _declared(file):
                client.delete_deployment(number)  # it would fail at each of its hours
                del names[number]
        return sorted(names.values())


def with_shares() -> Path:
    """Write prefect.yaml again, with a deployment for each share of the project; returns the file.

    Raises WeirError when a share is declared wrongly.
    """
    content = yaml.safe_load((ROOT / FILE).read_text(encoding="utf-8"))
    try:
        shares = read_shares(project_dir())
    except WeirError as fault:
        raise WeirError(f"the shares can't be deployed: {fault}") from None
    for share in shares:
        when = {"slug": "share", "cron": share.schedule, "timezone": share.timezone}
        content["deployments"].append({
            "name": share.name, "description": share.description, "entrypoint": "flows/share.py:share",
            "work_pool": {"name": POOL}, "parameters": {"name": share.name},
            "schedules": [when] if share.schedule else [],
        })  # fmt: skip
    file = home() / "prefect" / "deployments.yaml"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(yaml.safe_dump(content, sort_keys=False, allow_unicode=True), encoding="utf-8")
    return file


def _declared(file: Path) -> set[str]:
    return {each["name"] for each in yaml.safe_load(file.read_text(encoding="utf-8"))["deployments"]}


def make_pool() -> None:
    """Make the work pool of prefect.yaml; one that is there stays as it is, for a person may have paused it."""
    from prefect.client.orchestration import get_client
    from prefect.client.schemas.actions import WorkPoolCreate
    from prefect.exceptions import ObjectAlreadyExists

    with get_client(sync_client=True) as client:
        try:
            client.create_work_pool(WorkPoolCreate(name=POOL, type="process"))
        except ObjectAlreadyExists:
            pass


@contextmanager
def switched_off_stay_off() -> Iterator[None]:
    """Keep deployments and schedules switched off that were off before, whatever is deployed inside the block."""
    from prefect.client.orchestration import get_client

    with get_client(sync_client=True) as client:
        before = client.read_deployments()
    try:
        yield
    finally:
        with get_client(sync_client=True) as client:
            after = {each.id: each for each in client.read_deployments()}
            for old in before:
                new = after.get(old.id)
                if new is None:
                    continue
                if old.paused and not new.paused:
                    client.pause_deployment(new.id)
                off = [each.schedule for each in old.schedules if not each.active]
                for schedule in new.schedules:
                    if schedule.active and schedule.schedule in off:
                        client.update_deployment_schedule(new.id, schedule.id, active=False)
