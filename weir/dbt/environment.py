"""The command `dbt`: dbt itself, with the warehouse started, the settings exported and the targets kept apart.

In: the arguments of dbt. Out: what dbt prints, and its exit code. Alone: `dbt build`, `dbt docs generate` and so on
from the project's root, with nothing exported by hand.
"""

import os

from weir.core.settings import home, project_dir


def export_environment(target: str = "dev", docs: bool = False) -> None:
    """Start the warehouse and export what dbt needs for the target: addresses, session settings, folders of its own.

    Each target (and the docs of prod) has a target folder of its own, for a switch of target or of a variable costs
    a full parse. Raises WeirError when the warehouse can't be reached.
    """
    from weir import warehouse

    role = warehouse.dbt_role()
    export_paths(target, docs)
    # Not by the profile's own `role`: that is a SET, which the first rollback of the connection undoes.
    if role and f"-c role={role}" not in os.environ["PGOPTIONS"]:
        os.environ["PGOPTIONS"] += f" -c role={role}"
    if docs and target == "prod":
        os.environ["WEIR_DOCS"] = "1"


def export_paths(target: str, docs: bool = False) -> None:
    """Export dbt's folders and the settings of its sessions; nothing that is set already is changed."""
    folder = home() / "target" / (f"{target}-docs" if docs and target == "prod" else target)
    os.environ.setdefault("DBT_TARGET_PATH", str(folder))
    os.environ.setdefault("DBT_LOG_PATH", str(home() / "logs"))
    os.environ.setdefault("DBT_PROFILES_DIR", str(project_dir()))
    os.environ.setdefault("DBT_PROJECT_DIR", str(project_dir()))
    for name in ("WEIR_AS_OF", "WEIR_RUN_ID"):
        # This way into a model, unlike env_var() and --vars, costs no full parse when the value moves.
        if os.environ.get(name):
            os.environ[f"DBT_ENV_CUSTOM_ENV_{name}"] = os.environ[name]
    # Text made of a moment or a date must not depend on the settings of a server.
    os.environ.setdefault("PGOPTIONS", "-c TimeZone=UTC -c DateStyle=ISO,YMD -c client_min_messages=warning")
