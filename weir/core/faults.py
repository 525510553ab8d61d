"""Faults that end a command: one line on standard error for a person, and the traceback in a log for developers."""

import errno
import re
import shutil
import traceback
from pathlib import Path
from typing import Any

from weir.core.causes import Cause
from weir.core.errors import WeirError
from weir.core.secrets import redact
from weir.core.settings import home

_ROOM = 1 << 20  # with fewer free bytes nothing can be started


def one_line(fault: BaseException) -> str:
    """The fault in one line without secrets: what is wrong, and what to do next."""
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


def brief(text: str, most: int = 200) -> str:
    """The text on one line, cut to `most` characters."""
    text = " ".join(text.split())
    return text if len(text) <= most else text[: most - 3] + "…"


def refuse_full_disk(folder: Path, output: str = "") -> None:
    """Raise WeirError when the folder's disk is full, or when `output`, a program's last words, says so."""
    there = next(path for path in (folder, *folder.resolve().parents) if path.exists())
    if shutil.disk_usage(there).free < _ROOM or re.search(
        r"no space left|disk is full|disk full", output, re.IGNORECASE
    ):
        told = f"the disk that holds {folder} is full: make room, then type the same again"
        raise WeirError(told, cause=Cause.DISK_FULL)


def _is_disk_full(fault: BaseException) -> bool:
    full = isinstance(fault, OSError) and fault.errno in {errno.ENOSPC, errno.EDQUOT}
    return full or getattr(fault, "sqlstate", None) == "53100"  # disk_full, of either driver of PostgreSQL
