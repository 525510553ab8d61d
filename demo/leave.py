"""Leaves the demo: deletes its sources and its lines of `.env`, and puts its models and its warehouse aside.

In: a project that has run the demo. Out: a project without a source, model or row of the demo. The files of `models/`,
`analyses/`, `seeds/`, `expectations/` and `tests/dbt/` lie under `demo/example/`, to copy from. The embedded warehouse,
which may hold more than the demo, is moved beside its old place. Prefect's server and the warehouse must be stopped
before: `weir down`.
"""

import os
import shutil
from pathlib import Path

from demo.systems import helpdesk
from weir.core.env import load_env, remove_env
from weir.core.errors import WeirError
from weir.core.hooks import DEMO
from weir.core.settings import home, project_dir
from weir.warehouse.embedded.server import data_folder, running_port

VARIABLES = ("WEIR_DEMO", "WEIR_AS_OF", "APP_URL", "BILLING_URL", "PRODUCT_URL", "DROPS_URL", "HELPDESK_URL",
             "HELPDESK_TOKEN")  # fmt: skip
_SOURCES = ("app", "billing", "drops", "helpdesk", "product")
# All files that depend on a source of the demo; files that ops, quality and staging themselves need stay.
EXAMPLE = (
    *(f"models/staging/{source}" for source in _SOURCES),
    "models/intermediate",
    "analyses/churn",
    "analyses/core",
    "models/marts/churn",
    "models/marts/core",
    "models/marts/_marts.md",
    "models/quality/held_back.sql",
    "models/quality/held_back.yml",
    "models/quality/held_back_by_reason.sql",
    "models/quality/held_back_by_reason.yml",
    "seeds/exchange_rates.csv",
    "seeds/exchange_rates.yml",
    "expectations/suites/core.py",
    "expectations/suites/churn.py",
    "tests/dbt/marts",
)


def leave() -> list[str]:
    """Leave the demo, also where it was never made; returns what was done, in lines.

    Raises WeirError when the demo was left already, or still runs.
    """
    load_env()
    made = os.environ.get("WEIR_DEMO") == "1"
    aside = project_dir() / "demo" / "example"
    there = [name for name in EXAMPLE if (project_dir() / name).exists()]
    if not made and not there:
        raise WeirError("the demo is not in use here (its models are gone, no WEIR_DEMO=1 in .env): nothing to leave")
    for name in there:
        if (aside / name).exists():
            raise WeirError(f"{aside / name} is there already: move it away, then type the same again")
    kept = _warehouse_aside() if made else None
    for name in there:
        _aside(project_dir() / name, aside / name)
    done = [f"moved to demo/example: {', '.join(there)}"]
    return done + _forget(kept) if made else done


def _warehouse_aside() -> Path | None:
    """Move the embedded warehouse aside; returns its new place, or None where the warehouse is the user's own."""
    if running_port() is not None:
        raise WeirError("the demo is still running: type `weir down` first")
    helpdesk.stop()
    if os.environ.get("WAREHOUSE_URL"):
        return None
    data = data_folder()
    kept = data.with_name(f"{data.name}-demo")
    if data.exists():
        if kept.exists():
            raise WeirError(f"{kept} is there already, an older warehouse: delete or move it, then type the same again")
        data.rename(kept)
    return kept


def _forget(kept: Path | None) -> list[str]:
    """Delete the demo's sources and its lines of `.env`; returns what was done."""
    for name in ("demo", "target", "data_docs", "dlt"):
        shutil.rmtree(home() / name, ignore_errors=True)
    # Done last, so that an interrupted command can be typed again.
    hooks = [name for name, ours in DEMO.items() if os.environ.get(name) == ours]
    gone = remove_env([*VARIABLES, *hooks, *(("WEIR_PG_PASSWORD", "WEIR_PG_PORT") if kept else ())])
    return [
        f"removed from .env: {', '.join(gone)}",
        "deleted: the demo's sources",
        f"the embedded warehouse was moved to {kept}: delete it when nothing in it is wanted any more"
        if kept
        else "the warehouse is yours (WAREHOUSE_URL) and was left alone: give Weir an empty database",
    ]


def _aside(path: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.move(path, target)
