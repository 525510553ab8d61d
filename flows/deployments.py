"""The deployments of prefect.yaml, put on Prefect's server by its client.

`prefect deploy` of 3.8.8 ends with an error of its own after the first deployment (its server refuses the question
whether a worker is up), so this reads the same file and makes the same deployments, in half a second.
"""

from pathlib import Path

import yaml

from weir.settings import ROOT, WeirError

FILE = "prefect.yaml"


def apply(file: Path | None = None) -> list[str]:
    """Make or bring up to date every deployment and its process work pool; returns their names.

    Raises WeirError when the file can't be read or names no flow of ours.
    """
    from prefect.client.orchestration import get_client
    from prefect.client.schemas.actions import DeploymentScheduleCreate, WorkPoolCreate
    from prefect.client.schemas.schedules import CronSchedule
    from prefect.utilities.callables import parameter_schema

    from flows.flow import elt

    declared = _read(file or ROOT / FILE)
    names = []
    with get_client(sync_client=True) as client:
        flow_id = client.create_flow(elt)
        for pool in {entry["work_pool"]["name"] for entry in declared}:
            client.create_work_pool(WorkPoolCreate(name=pool, type="process"), overwrite=True)
        for entry in declared:
            schedules = [
                DeploymentScheduleCreate(
                    schedule=CronSchedule(cron=each["cron"], timezone=each.get("timezone", "UTC")),
                    active=each.get("active", True),
                )
                for each in entry.get("schedules") or []
            ]
            client.create_deployment(
                flow_id,
                entry["name"],
                entrypoint=entry["entrypoint"],
                description=entry.get("description"),
                parameters=entry.get("parameters") or {},
                schedules=schedules,
                work_pool_name=entry["work_pool"]["name"],
                pull_steps=[{"prefect.deployments.steps.set_working_directory": {"directory": str(ROOT)}}],
                parameter_openapi_schema=parameter_schema(elt).model_dump(),
                enforce_parameter_schema=True,
            )
            names.append(f"{elt.name}/{entry['name']}")
    return names


def _read(file: Path) -> list[dict]:
    try:
        declared = yaml.safe_load(file.read_text(encoding="utf-8"))["deployments"]
        for entry in declared:
            entry["name"], entry["entrypoint"], entry["work_pool"]["name"]
    except (OSError, yaml.YAMLError, KeyError, TypeError) as fault:
        raise WeirError(
            f"{file.name} can't be read ({' '.join(str(fault).split())}): see the one in the repository"
        ) from None
    return list(declared)
