"""The command `prefect`: Prefect itself, at our server, with its address and password filled in.

In: the arguments of prefect. Out: what prefect prints, and its exit code. Alone: `prefect deployment ls`,
`prefect deploy --all` and so on, from anywhere, with nothing exported by hand. Where PREFECT_API_URL names a server of
your own, that one is asked, as you have set it up.
"""

import os
import sys
from pathlib import Path

from flows import deployments, server
from weir.core.env import outer
from weir.core.errors import WeirError
from weir.core.private import keep_private
from weir.core.secrets import redact
from weir.core.settings import ROOT

# What needs no server, or starts one of its own.
OFFLINE = {"", "config", "cloud", "dev", "init", "profile", "server", "version"}
# A run wants Prefect silent; a person who types its command does not.
SILENT = ("PREFECT_LOGGING_HANDLERS_CONSOLE_LEVEL", "PREFECT_LOGGING_INTERNAL_LEVEL", "PREFECT_CLI_PROMPT")


def main() -> None:
    """Run prefect with the arguments of the command line; exits with its code, or 1 with one clear line."""
    words = [word for word in sys.argv[1:] if not word.startswith("-")]
    verb = words[0] if words else ""
    try:
        keep_private()
        os.environ.setdefault("PREFECT_HOME", str(server.folder()))
        spoken = [name for name in SILENT if name not in os.environ]
        if verb not in OFFLINE and not {"--help", "-h", "--version"} & set(sys.argv):
            server.start()
            # A worker by hand hands its environment to each run: what `.env` says must not grow old in it.
            kept = outer() | {name: value for name, value in os.environ.items() if name.startswith("PREFECT_")}
            os.environ.clear()
            os.environ.update({name: value for name, value in kept.items() if name not in spoken})
    except WeirError as fault:
        print(redact(fault), file=sys.stderr)
        sys.exit(1)
    from prefect.cli import app

    if verb == "deploy":
        deployments.make_pool()
        if not {"--prefect-file", "--help"} & set(sys.argv) and Path.cwd().resolve() == ROOT:
            sys.argv += ["--prefect-file", str(deployments.with_shares())]
        with deployments.switched_off_stay_off():
            app()
    else:
        app()


if __name__ == "__main__":
    main()
