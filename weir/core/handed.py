"""The environment of child processes, by lists: a child gets the variables that it needs, and no others.

In: patterns of names. Out: a dict for `subprocess`. A child in Python reads `.env` itself, and takes the variables on
its list from it.
"""

import os
import re
from pathlib import Path

from weir.core.env import ONLY, QUIET, matches, outer
from weir.core.settings import project_dir

# The variables by which any program finds its files, its language and its certificates.
BASE = (
    "PATH", "HOME", "USER", "LOGNAME", "SHELL", "LANG", "LANGUAGE", "LC_*", "TZ", "TMPDIR", "TERM", "COLUMNS",
    "NO_COLOR", "LD_LIBRARY_PATH", "DYLD_*", "VIRTUAL_ENV", "PYTHON*", "SSL_CERT_*", *QUIET,
)  # fmt: skip
# Weir's own settings, but not the passwords of Prefect and of Hive's metastore.
_WEIR = ("WEIR_[!P]*", "WEIR_PG_*", "WEIR_PROJECT_DIR", "!WEIR_SPARK_METASTORE")
GATES = (*_WEIR, "WEIR_PUBLISHER_PASSWORD", "WAREHOUSE_URL", "PG*", "GX_*")
# dbt is told its own account in WAREHOUSE_URL and WEIR_PG_…, and finds no other's password: a model can print env_var.
DBT = (*_WEIR, "!WEIR_*_PASSWORD", "!WEIR_*_SECRET", "!WEIR_*_KEY*", "PG*", "DBT_*")
# What a model asks for by env_var is handed to dbt, but no address of a source and no secret: dbt needs neither.
_KEPT = re.compile(r"(_URL|PASSWORD|PASSWD|TOKEN|SECRET|_KEY|KEY_ID|AUTH_STRING|CREDENTIALS)$")
_DBTS = re.compile(r"DBT_|WEIR_PG_|WAREHOUSE_URL$")
PREFECT_SERVER = ("WEIR_HOME", "PREFECT_*")
PREFECT_CLIENT = (*PREFECT_SERVER, "WEIR_PREFECT_*")
_ASKED = re.compile(r"""env_var\(\s*['"](\w+)['"]""")


def handed(*patterns: str, **more: str) -> dict[str, str]:
    """The environment of a child: the variables that any program needs, those that the patterns name, and `more`."""
    only = (*BASE, *patterns)
    chosen = {name: value for name, value in os.environ.items() if matches(name, only)}
    return chosen | {ONLY: " ".join(only)} | more


def for_dbt() -> tuple[str, ...]:
    """The patterns for dbt: the warehouse, dbt's own settings, and the names in `env_var('NAME')` of the project."""
    return (*DBT, *sorted(_asked(project_dir())))


def for_runs() -> dict[str, str]:
    """The environment of a process that starts runs for a long time: the person's own, without values from `.env`.

    Each run reads `.env` itself, so that a changed line reaches the next run.
    """
    return outer()


def _asked(project: Path) -> set[str]:
    """The names that the files of a dbt project give to `env_var`."""
    import yaml

    folders = {"models", "macros", "seeds", "snapshots", "tests", "analyses", "dbt_packages"}
    try:
        settings = yaml.safe_load((project / "dbt_project.yml").read_text(encoding="utf-8"))
        folders.update(*(paths for name, paths in settings.items() if name.endswith("-paths")))
    except (OSError, UnicodeDecodeError, yaml.YAMLError, AttributeError, TypeError):
        pass  # dbt reports a file that can't be read
    kinds = {".sql", ".yml", ".yaml"}
    files = [path for name in folders for path in (project / name).rglob("*") if path.suffix in kinds]
    files += [*project.glob("*.yml"), Path(os.environ.get("DBT_PROFILES_DIR") or project) / "profiles.yml"]
    found: set[str] = set()
    for path in files:
        try:
            asked = _ASKED.findall(path.read_text(encoding="utf-8"))
            found |= {name for name in asked if _DBTS.match(name) or not _KEPT.search(name)}
        except (OSError, UnicodeDecodeError):
            continue
    return found
