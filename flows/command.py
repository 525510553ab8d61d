"""The command `prefect`: Prefect itself, at our server, with its address and password filled in.

In: the arguments of prefect. Out: what prefect prints, and its exit code. Alone: `prefect deployment ls`,
`prefect deploy --all` and so on, from anywhere, with nothing exported by hand. Where PREFECT_API_URL names a server of
your own, that one is asked, as you have set it up.
"""

import os
import sys
from contextlib import nullcontext

from flows import deployments, server
from weir.private import keep_private
from weir.settings import WeirError, outer, redact

# What needs no server, or starts one of its own.
OFFLINE = {"", "config", "cloud", "dev", "init", "profile", "server", "version"}


def main() -> None:
    """Run prefect with the arguments of the command line; exits with its code, or 1 with one clear line."""
    words = [word for word in sys.argv[1:] if not word.startswith("-")]
    verb = words[0] if words else ""
    try:
        keep_private()
        if verb not in OFFLINE and not {"--help", "-h", "--version"} & set(sys.argv):
            server.start()
            # A worker by hand hands its environment to each run: what `.env` says must not grow old in it.
            kept = outer() | {name: value for name, value in os.environ.items() if name.startswith("PREFECT_")}
            os.environ.clear()
            os.environ.update(kept)
    except WeirError as fault:
        print(redact(fault), file=sys.stderr)
        sys.exit(1)
    from prefect.cli import app

    with deployments.switched_off_stay_off() if verb == "deploy" else nullcontext():
        app()


if __name__ == "__main__":
    main()
