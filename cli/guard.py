"""The guard of a command: any exception becomes one line and an exit code."""

import os
import sys
from collections.abc import Callable
from typing import Any

from weir.core.faults import one_line
from weir.core.secrets import printable

_INTERRUPTED = 130


def guarded(command: Callable[[], Any]) -> int:
    """Run the command; returns its exit code: 1 with one line for a fault, 130 when interrupted."""
    import logging

    import typer

    # psycopg says by a warning that an interrupted session can't be rolled back; the server does it
    logging.getLogger("psycopg").addHandler(logging.NullHandler())
    try:
        result = command()
        if result == _INTERRUPTED:
            raise KeyboardInterrupt
        return result if isinstance(result, int) else 0
    except typer.Exit as ended:
        return ended.exit_code
    except (KeyboardInterrupt, typer.Abort):
        _tell("interrupted: nothing is half done; the same command goes on from here")
        return _INTERRUPTED
    except typer.TyperException as fault:
        text = fault.format_message().rstrip(".") if hasattr(fault, "format_message") else str(fault)
        _tell(f"{text}: see {_help(fault)}")
        return 1
    except BrokenPipeError:
        # The reader has closed the pipe (`weir status | head`): nothing can be printed, and Python must not try at
        # exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except Exception as fault:
        _tell(one_line(fault))
        return 1


def _help(fault: Any) -> str:
    path = fault.ctx.command_path if getattr(fault, "ctx", None) else "weir"
    return f"`{path} --help`"


def _tell(text: str) -> None:
    red, plain_again = ("\033[1;31m", "\033[0m") if sys.stderr.isatty() else ("", "")
    sys.stderr.write(f"{red}{' '.join(printable(text).split())}{plain_again}\n")
