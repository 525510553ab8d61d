"""The demo's command line: `python -m demo make | tick | helpdesk | leave`.

In: arguments. Out: printed tables; exit code 1 and one line on standard error after a fault.
"""

import argparse
import os
import sys
from datetime import UTC, datetime, time
from typing import Any, NoReturn

from weir.core.env import load_env
from weir.core.errors import WeirError
from weir.core.private import keep_private
from weir.core.secrets import redact


class Parser(argparse.ArgumentParser):
    """A parser that reports a mistake in the arguments in one line."""

    def error(self, message: str) -> NoReturn:
        """Raise WeirError instead of printing the usage."""
        raise WeirError(f"{message}; `{self.prog} --help` shows what there is")


def main(arguments: list[str] | None = None) -> int:
    """Run the command; returns the exit code."""
    try:
        load_env()
        options = _parser().parse_args(arguments)
        options.run(options)
    except WeirError as fault:
        print(f"demo: {redact(fault)}", file=sys.stderr)
        return 1
    except BrokenPipeError:  # the reader of the output has closed the pipe
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except OSError as fault:
        print(f"demo: {redact(fault)}: see that the disk is not full and the folder writable", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("demo: stopped; what was begun is not complete, type the command again", file=sys.stderr)
        return 1
    return 0


def _parser() -> Parser:
    parser = Parser(prog="python -m demo", description="The demo startup: makes its five sources, moves its time on.")
    commands = parser.add_subparsers(dest="command", required=True, parser_class=Parser)
    make = commands.add_parser("make", help="make the sources; does nothing if they are made already")
    make.add_argument("--accounts", type=int, help="how many customers the company has at the end (500)")
    make.add_argument("--seed", type=int, help="the same seed makes the same rows (7)")
    make.add_argument("--until", help="the day the history ends (2026-07-01, or DEMO_UNTIL)")
    make.add_argument("--again", action="store_true", help="make everything anew, also over an existing demo")
    make.set_defaults(run=_make)
    tick = commands.add_parser("tick", help="move time on: new, changed and deleted rows in every source")
    tick.add_argument("--days", type=int, default=7, help="by how many days (7)")
    tick.set_defaults(run=_tick)
    helpdesk = commands.add_parser("helpdesk", help="the helpdesk's server")
    helpdesk.add_argument("action", choices=["start", "stop", "status"])
    helpdesk.set_defaults(run=_helpdesk)
    leave = commands.add_parser("leave", help="put the demo's models and warehouse aside, for sources of your own")
    leave.set_defaults(run=_leave)
    return parser


def _make(options: Any) -> None:
    from demo import sources
    from demo.make import alone, made_already, make

    there = None if options.again else sources.read_state()
    default = there or sources.State(500, 7, os.environ.get("DEMO_UNTIL") or "2026-07-01", "")
    until = _day(options.until or default.until)
    accounts = default.accounts if options.accounts is None else options.accounts
    seed = default.seed if options.seed is None else options.seed
    if not 10 <= accounts <= 200_000:
        raise WeirError(f"--accounts {accounts} can't be made: 10 to 200000 can")
    if not 0 <= seed < 2**31:
        raise WeirError(f"--seed {seed} can't be used: take a whole number from 0 to 2147483647")
    state = sources.State(accounts, seed, until, until)
    with alone():
        sources.ensure_addresses()
        if not options.again and made_already(state):
            print(f"The demo is there already: {accounts} accounts, now {there and there.now} (--again makes it anew).")
            return
        from rich.console import Console

        with Console(stderr=True).status("making the demo") as line:
            counts = make(state, lambda text: line.update(f"{text} …"))
    print("Rows made; corruption then spoils some of them, and adds a few (a duplicated invoice, say):")
    _show(["source", "table", "rows"], [[*key, f"{rows:,}"] for key, rows in sorted(counts.items())])
    _show_manifest()


def _tick(options: Any) -> None:
    from demo import sources
    from demo.make import alone
    from demo.tick import tick

    with alone():
        sources.ensure_addresses()
        state, counts, remarks = tick(options.days)
    rows = [[*key, *(f"{number:,}" for number in numbers)] for key, numbers in sorted(counts.items())]
    _show(["source", "table", "new", "changed", "deleted"], rows)
    for remark in remarks:
        print(f"- {remark}")
    _show_manifest()
    print(f"It is now {state.now} in the demo; `weir run` lands what is new.")


def _helpdesk(options: Any) -> None:
    from demo.systems import helpdesk

    if options.action == "start":
        print(f"the helpdesk is up at {helpdesk.ensure()}")
    elif options.action == "stop":
        print("the helpdesk is stopped" if helpdesk.stop() else "the helpdesk was not running")
    else:
        found = helpdesk.status()
        where = f"up at {found['url']}, process {found['pid']}" if found["up"] else "down (`helpdesk start` starts it)"
        print(f"the helpdesk is {where}; log: {found['log']}")


def _leave(options: Any) -> None:
    from demo.leave import leave

    for line in leave():
        print(line)


def _day(text: str) -> str:
    try:
        moment = datetime.fromisoformat(text.removesuffix("Z"))
    except ValueError:
        raise WeirError(f"--until is no day: {text!r}; write it as 2026-07-01") from None
    if moment.time() != time() or not 1975 <= moment.year <= 2090 or moment.replace(tzinfo=UTC) > datetime.now(UTC):
        raise WeirError(f"--until {text} can't be used: it must be a whole day (midnight) that has passed")
    return f"{moment:%Y-%m-%d}"


def _show(columns: list[str], rows: list[list[str]]) -> None:
    from rich.console import Console
    from rich.table import Table

    table = Table(box=None, header_style="bold")
    for column in columns:
        table.add_column(column, justify="left" if column in ("source", "table") else "right")
    for row in rows:
        table.add_row(*row)
    Console().print(table)


def _show_manifest() -> None:
    from demo.corruption.manifest import CHILDREN, Manifest, manifest_file

    counts = Manifest.load().counts()
    own = {kind: rows for (kind, _), rows in counts.items() if kind not in CHILDREN}
    below = sum(counts.values()) - sum(own.values())
    total = sum(own.values())
    print(
        f"Corrupt on purpose: {total} rows of {len(own)} kinds; {below} sound rows belong to one of these and must wait"
    )
    print(f"with it (an invoice of a corrupt account, say). Which, row by row: {manifest_file()}")


if __name__ == "__main__":
    keep_private()
    sys.exit(main())
