"""The command `dbt`: dbt itself, with the warehouse started, the settings exported and the targets kept apart.

In: the arguments of dbt. Out: what dbt prints, and its exit code. Alone: `dbt build`, `dbt docs generate` and so on
from the project's root, with nothing exported by hand.
"""

import os
import sys
from collections.abc import Sequence

from weir.core.env import load_env
from weir.core.errors import WeirError
from weir.core.private import keep_private
from weir.core.secrets import redact
from weir.core.settings import home, project_dir
from weir.dbt.policy import protect

# What would write tables that readers' marts are published from.
WRITES = {"run", "build", "seed", "snapshot", "retry", "clone"}
READS = {"clean", "compile", "debug", "deps", "docs", "init", "list", "ls", "parse", "show", "source", "test"}
COMMANDS = WRITES | READS | {"run-operation"}
OFFLINE = {"", "clean", "deps", "init", "docs serve"}


def environment(target: str = "dev", docs: bool = False) -> None:
    """Start the warehouse and export what dbt needs for the target: addresses, session settings, folders of its own.

    Each target (and the docs of prod) has a target folder of its own, for a switch of target or of a variable costs
    a full parse. Raises WeirError when the warehouse can't be reached.
    """
    from weir.warehouse import connection as warehouse

    role = warehouse.dbt_role()
    paths(target, docs)
    # Not by the profile's own `role`: that is a SET, which the first rollback of the connection undoes.
    if role and f"-c role={role}" not in os.environ["PGOPTIONS"]:
        os.environ["PGOPTIONS"] += f" -c role={role}"
    if docs and target == "prod":
        os.environ["WEIR_DOCS"] = "1"


def paths(target: str, docs: bool = False) -> None:
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


def option(arguments: Sequence[str], *names: str) -> str | None:
    """The value of an option on a command line, given as `--name value` or `--name=value`; the last one wins."""
    found = None
    for position, word in enumerate(arguments):
        if word in names:
            found = arguments[position + 1] if position + 1 < len(arguments) else None
        for name in names:
            if word.startswith(f"{name}="):
                found = word.removeprefix(f"{name}=")
    return found


def command(arguments: Sequence[str]) -> str:
    """The dbt command on the line (`run`, `docs generate` …), or nothing."""
    found = next((word for word in arguments if word in COMMANDS), "")
    if found == "docs":
        return "docs serve" if "serve" in arguments else "docs generate"
    return found


def refuse(verb: str, target: str) -> None:
    """Raises WeirError when the command would build production by hand; the flow sets WEIR_RUN=1."""
    if target == "prod" and verb in WRITES and os.environ.get("WEIR_RUN") != "1":
        raise WeirError(
            f"dbt {verb} --target prod is not for hands, for nothing reaches analytics but by publication: "
            f"type `weir build` then `weir publish`, or `weir run`; plain `dbt {verb}` builds your own dev schemas"
        )


def main(arguments: Sequence[str] | None = None) -> None:
    """Run dbt with the arguments of the command line; exits with dbt's code, or 1 with one clear line."""
    arguments = list(sys.argv[1:] if arguments is None else arguments)
    target = option(arguments, "--target", "-t") or os.environ.get("DBT_TARGET") or "dev"
    try:
        keep_private()
        load_env()
        verb = command(arguments)
        refuse(verb, target)
        if verb == "build" and target != "prod":
            # dbt's default runs each test that a chosen model takes part in, also of models that nobody built in dev.
            os.environ.setdefault("DBT_INDIRECT_SELECTION", "buildable")
        if verb in OFFLINE or "--help" in arguments or "-h" in arguments:
            paths(target, docs=verb.startswith("docs"))
        else:
            environment(target, docs=verb.startswith("docs"))
    except WeirError as fault:
        print(redact(fault), file=sys.stderr)
        sys.exit(1)
    from dbt.cli.main import cli

    sys.argv = ["dbt", *arguments]
    try:
        cli(prog_name="dbt")
    finally:
        if verb == "docs generate":
            folder = option(arguments, "--target-path") or os.environ["DBT_TARGET_PATH"]
            protect(project_dir() / folder / "index.html")


if __name__ == "__main__":
    main()
