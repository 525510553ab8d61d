"""`weir up` and `weir down`: start and stop the warehouse and Prefect's server."""

from collections.abc import Callable

from weir import warehouse
from weir.core import hooks, terminal
from weir.core.env import load_env
from weir.core.errors import WeirError
from weir.warehouse import under_way


def up(start: Callable[[], str], login: Callable[[], str]) -> int:
    """Start the warehouse and Prefect's server."""
    from weir.core.secrets import redact

    terminal.say(f"warehouse  {redact(warehouse.ensure())}")
    terminal.say(f"Prefect    {start().removesuffix('/api')}")
    if login():
        terminal.say(f"           {login()}")
    return 0


def down(stop: Callable[[], bool], force: bool) -> int:
    """Stop Prefect's server, the local Spark cluster, what the hook stops, and the warehouse; the data stay.

    `force` ends a run under way first.

    Raises WeirError when one is under way and `force` is false, and when the hook WEIR_BEFORE_DOWN fails.
    """
    from weir.spark.local import cluster

    load_env()
    while found := under_way.now():
        if not force:
            raise WeirError(
                f"{found} is under way, so nothing was stopped: wait until it has ended (`weir status`), or end it "
                "first by `weir down --force`"
            )
        under_way.end(found)
        terminal.say(f"ended: {found}")
    stopped = ["Prefect's server"] if stop() else []
    if cluster.stop():
        stopped.append("the Spark cluster")
    try:
        hooks.call(hooks.BEFORE_DOWN)
    finally:  # a hook that fails leaves no server running
        if warehouse.stop():
            stopped.append("the warehouse")
        terminal.say(f"stopped: {', '.join(stopped)}" if stopped else "nothing was running")
    return 0
