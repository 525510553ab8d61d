"""The command `dbt`: dbt itself, with the warehouse started, the settings exported and the targets kept apart.

In: the arguments of dbt. Out: what dbt prints, and its exit code. Alone: `dbt build`, `dbt docs generate` and so on
from the project's root, with nothing exported by hand.
"""

import os
import sys
from collections.abc import Sequence
from contextlib import nullcontext

from weir.core import terminal
from weir.core.env import load_project
from weir.core.errors import WeirError
from weir.core.private import keep_private
from weir.core.secrets import redact
from weir.core.settings import project_dir
from weir.dbt.environment import as_dbt, export_environment, export_paths, export_spark
from weir.dbt.faults import hide_values, shorten_faults_of_spark
from weir.dbt.policy import protect
from weir.spark.server import chosen

# Commands that would write the tables from which marts are published.
WRITES = {"run", "build", "seed", "snapshot", "retry", "clone"}
READS = {"clean", "compile", "debug", "deps", "docs", "init", "list", "ls", "parse", "show", "source", "test"}
COMMANDS = WRITES | READS | {"run-operation"}
OFFLINE = {"", "clean", "deps", "init", "docs serve"}
# All others read raw, or look at its tables: on Spark what has landed must be in the lake before.
NO_ROWS = OFFLINE | {"debug", "list", "ls", "parse"}
# In prod these name the marts that readers see, in analytics, and not those of the set that is being built.
PUBLISHED = {"docs generate", "docs serve", "compile"}


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
            f"dbt {verb} --target prod is not for use by hand, for nothing reaches analytics but by publication: "
            f"type `weir build` then `weir publish`, or `weir run`; plain `dbt {verb}` builds your own dev schemas"
        )


def main(arguments: Sequence[str] | None = None) -> None:
    """Run dbt with the arguments of the command line; exits with dbt's code, or 1 with one clear line."""
    arguments = list(sys.argv[1:] if arguments is None else arguments)
    target = option(arguments, "--target", "-t") or os.environ.get("DBT_TARGET") or "dev"
    try:
        keep_private()
        load_project()
        verb = command(arguments)
        refuse(verb, target)
        if verb == "build" and target != "prod":
            # dbt's default runs every test of a chosen model, also tests that need models which nobody has built in
            # dev.
            os.environ.setdefault("DBT_INDIRECT_SELECTION", "buildable")
        is_offline = verb in OFFLINE or "--help" in arguments or "-h" in arguments
        # the marts that readers see, which the docs of prod show, are PostgreSQL's
        server = None if target == "prod" and verb.startswith("docs") else chosen()
        if server:
            export_spark(server)
        if is_offline:
            export_paths(target, docs=verb in PUBLISHED)
        else:
            export_environment(target, docs=verb in PUBLISHED)
            if server and verb not in NO_ROWS:
                from weir.spark.current import bring_up_to_date

                with terminal.progress("To the lake:") as tell:
                    bring_up_to_date(server, tell)
    except WeirError as fault:
        print(redact(fault), file=sys.stderr)
        sys.exit(1)
    from dbt.cli.main import cli

    hide_values()
    if server:
        shorten_faults_of_spark()
    sys.argv = ["dbt", *arguments]
    try:
        with nullcontext() if is_offline else as_dbt():
            cli(prog_name="dbt")
    finally:
        if verb == "docs generate":
            folder = option(arguments, "--target-path") or os.environ["DBT_TARGET_PATH"]
            protect(project_dir() / folder / "index.html")


if __name__ == "__main__":
    main()
