"""Leaving the demo: its sources and its lines of `.env` are deleted, its models and its warehouse are put aside.

In: a project that has run the demo. Out: one that holds no source, model or row of it; what stood in `models/` and
`tests/dbt/` lies under `demo/example/` to copy from, and the embedded warehouse, which may hold more than the demo,
beside its old place. The Prefect server and the warehouse must be down: `weir down`.
"""

import os
import shutil
from pathlib import Path

from demo import helpdesk
from weir import embedded
from weir.settings import WeirError, home, load_env, project_dir, remove_env

VARIABLES = ("WEIR_DEMO", "WEIR_AS_OF", "APP_URL", "BILLING_URL", "PRODUCT_URL", "DROPS_URL", "HELPDESK_URL",
             "HELPDESK_TOKEN")  # fmt: skip
_SOURCES = ("app", "billing", "drops", "helpdesk", "product")
# Everything that stands on a source of the demo; what ops, quality and staging need of their own stays.
EXAMPLE = (
    *(f"models/staging/{source}" for source in _SOURCES),
    "models/intermediate",
    "models/marts/churn",
    "models/marts/core",
    "models/marts/_marts.md",
    "models/quality/held_back.sql",
    "models/quality/_held_back__models.yml",
    "tests/dbt/marts",
)


def leave() -> list[str]:
    """Leave the demo; returns what was done, a line each. Raises WeirError where it is not in use, or still runs."""
    load_env()
    if os.environ.get("WEIR_DEMO") != "1":
        raise WeirError("the demo is not in use here (no WEIR_DEMO=1 in .env): there is nothing to leave")
    aside = project_dir() / "demo" / "example"
    there = [name for name in EXAMPLE if (project_dir() / name).exists()]
    for name in there:
        if (aside / name).exists():
            raise WeirError(f"{aside / name} is there already: move it away, then type the same again")
    if embedded.running_port() is not None:
        raise WeirError("the demo is still running: type `weir down` first")
    own = os.environ.get("WAREHOUSE_URL")
    data = embedded.data_folder()
    kept = data.with_name(f"{data.name}-demo")
    if kept.exists() and not own:
        raise WeirError(f"{kept} is there already, an older warehouse: delete or move it, then type the same again")
    helpdesk.stop()
    for name in there:
        _aside(project_dir() / name, aside / name)
    if not own and data.exists():
        data.rename(kept)
    for name in ("demo", "target", "data_docs", "dlt"):
        shutil.rmtree(home() / name, ignore_errors=True)
    # Last, so that an interrupted departure can be typed again.
    gone = remove_env([*VARIABLES, *(() if own else ("WEIR_PG_PASSWORD", "WEIR_PG_PORT"))])
    return [
        f"moved to demo/example: {', '.join(there)}",
        f"removed from .env: {', '.join(gone)}",
        "deleted: the demo's sources",
        "the warehouse is yours (WAREHOUSE_URL) and was left alone: give Weir an empty database"
        if own
        else f"the embedded warehouse was moved to {kept}: delete it when nothing in it is wanted any more",
    ]


def _aside(path: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.move(path, target)
