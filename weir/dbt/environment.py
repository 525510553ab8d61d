"""The environment of dbt: its folders, its sessions' settings, and the account by which it logs in, and no other.

In: the warehouse's address of `weir_dbt`. Out: `WAREHOUSE_URL` and `WEIR_PG_…` for the process that runs dbt, which
profiles.yml reads.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from weir.core.env import matches
from weir.core.handed import BASE, for_dbt, handed
from weir.core.settings import home, project_dir
from weir.project.code import digest
from weir.spark.server import Server, chosen, require_packages


def export_environment(target: str = "dev", docs: bool = False) -> None:
    """Start the warehouse and export what dbt needs for the target: settings of its sessions, folders of its own.

    Each target (and the docs of prod) has a target folder of its own, for a switch of target or of a variable costs
    a full parse. Raises WeirError when the warehouse can't be reached.
    """
    from weir import warehouse

    warehouse.ensure()
    export_paths(target, docs)
    if docs and target == "prod":
        os.environ["WEIR_DOCS"] = "1"


def export_spark(server: Server) -> None:
    """Let dbt work on Spark: the profile, and the server's address. Raises WeirError where packages are missing."""
    require_packages()
    os.environ.update({"DBT_PROFILE": "spark", **server.variables})


def of_postgres() -> dict[str, str]:
    """The variables by which a child's dbt works on PostgreSQL, for target prod, where Spark is chosen as well."""
    return {"WEIR_SPARK_URL": "", "DBT_PROFILE": "", "DBT_TARGET_PATH": str(home() / "target" / "prod")}


def built_by(project: Path) -> str:
    """The digest of the code with its engine: equal ones make the same of the same rows."""
    return on_engine(digest(project))


def on_engine(code: str) -> str:
    """The digest of some code, marked where it runs on Spark."""
    return code + (" on Spark" if chosen() else "")


def is_on_spark() -> bool:
    """Whether dbt works on Spark in this process."""
    return os.environ.get("DBT_PROFILE") == "spark"


def export_paths(target: str, docs: bool = False) -> None:
    """Export dbt's folders and the settings of its sessions; nothing that is set already is changed."""
    folder = home() / "target" / (f"{target}-docs" if docs and target == "prod" else target)
    if is_on_spark():
        folder = folder.with_name(f"{folder.name}-spark")
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


def account() -> dict[str, str]:
    """The variables that tell dbt its account. Raises WeirError when the warehouse can't be reached."""
    from weir import warehouse

    url = warehouse.url_of(warehouse.Role.DBT)
    parts = warehouse.parts_of(url)
    names = ("host", "port", "user", "password", "database", *warehouse.TLS)
    return {"WAREHOUSE_URL": url, **{f"WEIR_PG_{name.upper()}": str(parts[name]) for name in names}}


def handed_to_dbt(**more: str) -> dict[str, str]:
    """The environment of a child that runs dbt. Raises WeirError when the warehouse can't be reached."""
    return handed(*for_dbt(), **account(), **more)


@contextmanager
def as_dbt() -> Iterator[None]:
    """Let this process have, inside `with`, what a child that runs dbt would have: no password but dbt's own."""
    before = dict(os.environ)
    told, wanted = account(), (*BASE, *for_dbt())
    for name in before:
        if not matches(name, wanted):
            del os.environ[name]
    os.environ.update(told)
    try:
        yield
    finally:
        for name in set(os.environ) - set(before):
            del os.environ[name]
        os.environ.update(before)
