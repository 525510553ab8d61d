"""`make serve`: runs Prefect's server, a worker with the deployments, and the pages of `weir docs`, until Ctrl-C.

In: prefect.yaml. Out: addresses. Alone: `make serve`, or `python -m cli.serve`.
"""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from types import FrameType

from flows import interrupt
from weir.core import ports
from weir.core.causes import Cause
from weir.core.env import env_file, load_project
from weir.core.errors import WeirError, cause_of
from weir.core.faults import one_line
from weir.core.handed import for_runs
from weir.core.private import keep_private
from weir.core.settings import ROOT, home


def serve(docs: bool = True) -> int:
    """Start everything, print the addresses, wait for Ctrl-C, end everything; returns 130, or 1 for a fault."""

    def ended(number: int, frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    # Set here because a shell makes its background jobs ignore Ctrl-C.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, ended)
    children: dict[str, subprocess.Popen[bytes]] = {}
    was_up = True
    try:
        from flows import server
        from weir import warehouse
        from weir.core import terminal

        keep_private()
        load_project()
        was_up = server.running() is not None
        warehouse.ensure()
        server.start()
        from flows import deployments

        names = deployments.deploy()
        words = ["worker", "start", "--pool", deployments.POOL, "--name", "weir"]
        # Each run reads `.env` anew: the worker, which lives long, must not hand on the values of now.
        children["worker"] = _start("prefect-worker", for_runs(), "flows.command", *words)
        _keep()
        if docs:
            words = ["docs", "--port", str(ports.DOCS)]
            children["docs"] = _start("docs", for_runs(), "cli.app", *words)
        terminal.say(f"Prefect, its runs and deployments: {server.ui()}")
        if server.login():
            terminal.say(f"  {server.login()}")
        terminal.say(
            f"Deployments, each with a button for a run by hand: {server.ui()}/deployments ({', '.join(names)})"
        )
        if docs:
            pages = f"http://127.0.0.1:{ports.DOCS}"
            terminal.say(f"Portal: {pages}")
            terminal.say(f"  its login is weir:<password>, the password being WEIR_PORTAL_PASSWORD in {env_file()}")
            terminal.say(f"Models and their lineage (once made): {pages}/dbt/")
            terminal.say(f"What the gates found: {pages}/data_docs/")
        terminal.say("Ctrl-C ends all of them.")
        sys.stdout.flush()
        while True:
            for name, child in list(children.items()):
                if child.poll() is not None:
                    fault = f"{name} has ended by itself with code {child.returncode} (log: {_log(name)})"
                    if name == "worker":
                        raise WeirError(fault, cause=Cause.WORKER_DEAD)
                    terminal.say(fault, style="yellow")
                    del children[name]
            time.sleep(0.5)
    except KeyboardInterrupt:
        pass
    except Exception as fault:
        terminal.fail(one_line(fault))
        if cause_of(fault)[0] is Cause.WORKER_DEAD:
            _keep(one_line(fault))
        return 1
    finally:
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, signal.SIG_IGN)  # a second Ctrl-C must not interrupt this
        for child in children.values():
            _end(child)
        if not was_up:
            server.stop()
    print("stopped; the warehouse runs on until `weir down`", file=sys.stderr)
    return interrupt.CODE


def _keep(fault: str = "") -> None:
    """Keep as an incident that the worker has died, or that it lives."""
    from weir.incidents.downstream import EVERYTHING
    from weir.incidents.fault import Fault, Looked
    from weir.incidents.settled import settled

    found = [Fault(Cause.WORKER_DEAD, "worker", "worker", (fault,), (EVERYTHING,))] if fault else []
    settled(lambda: [Looked({"worker"}, found)])


def _start(name: str, environment: dict[str, str], module: str, *arguments: str) -> subprocess.Popen[bytes]:
    """Start a Python module in a session of its own, with its output in a log."""
    with _log(name).open("w") as log:
        return subprocess.Popen(
            [sys.executable, "-m", module, *arguments],
            cwd=ROOT, env=environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True,
        )  # fmt: skip


def _log(name: str) -> Path:
    folder = home() / "logs"
    folder.mkdir(parents=True, exist_ok=True)
    return folder / f"{name}.log"


def _end(child: subprocess.Popen[bytes]) -> None:
    """End a child and the processes that it has started."""
    if child.poll() is not None:
        return
    for number, patience in ((signal.SIGTERM, 15), (signal.SIGKILL, 5)):
        try:
            os.killpg(child.pid, number)
            child.wait(patience)
            return
        except ProcessLookupError:
            return
        except subprocess.TimeoutExpired:
            continue


if __name__ == "__main__":
    sys.exit(serve())
