"""Faults on their way out: one line on standard error for a person, the traceback in the log for who must mend Weir."""

import errno
import os
import re
import shutil
import sys
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

from weir.core.errors import WeirError
from weir.core.secrets import printable, redact
from weir.core.settings import home

_INTERRUPTED = 130
_ROOM = 1 << 20  # bytes below which nothing can be started


def guarded(command: Callable[[], Any]) -> int:
    """Run the command; returns its exit code: 1 with one line for a fault, 130 when interrupted."""
    import typer

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
        # Who reads has gone (`weir status | head`): nothing more can be said, and Python must not try at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except Exception as fault:
        _tell(plain(fault))
        return 1


def plain(fault: BaseException) -> str:
    """The fault in one line, no secrets: what is wrong and what to do next."""
    if isinstance(fault, WeirError):
        return str(fault)
    if _is_disk_full(fault):
        return f"the disk is full: make room, then run again; nothing was half done ({fault})"
    if isinstance(fault, ModuleNotFoundError):
        return f"the package {fault.name} is missing: type `make setup`"
    log = home() / "logs" / "weir.log"
    try:
        log.parent.mkdir(parents=True, exist_ok=True)
        with log.open("a") as file:
            file.write(redact("".join(traceback.format_exception(fault))))
    except OSError:
        pass
    from importlib import import_module

    text = " ".join(str(fault).split()) or type(fault).__name__
    if type(fault).__module__.split(".")[0] == "psycopg":
        psycopg: Any = import_module("psycopg")
        if isinstance(fault, psycopg.OperationalError):
            return f"the warehouse broke off: {text}; see that it is up (`weir up`), then run again"
        return f"the warehouse refused: {text} (details in {log})"
    return f"{type(fault).__name__}: {text[:400]} (details in {log})"


def refuse_full_disk(folder: Path, told: str = "") -> None:
    """Raise WeirError when the folder's disk is full, or `told`, the last words of a program, says so."""
    there = next(path for path in (folder, *folder.resolve().parents) if path.exists())
    if shutil.disk_usage(there).free < _ROOM or re.search(r"no space left|disk is full|disk full", told, re.IGNORECASE):
        raise WeirError(f"the disk that holds {folder} is full: make room, then type the same again")


def _is_disk_full(fault: BaseException) -> bool:
    full = isinstance(fault, OSError) and fault.errno in {errno.ENOSPC, errno.EDQUOT}
    return full or type(fault).__name__ == "DiskFull"


def _help(fault: Any) -> str:
    path = fault.ctx.command_path if getattr(fault, "ctx", None) else "weir"
    return f"`{path} --help`"


def _tell(text: str) -> None:
    red, plain_again = ("\033[1;31m", "\033[0m") if sys.stderr.isatty() else ("", "")
    sys.stderr.write(f"{red}{' '.join(printable(text).split())}{plain_again}\n")
