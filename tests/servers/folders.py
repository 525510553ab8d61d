"""Temporary folders of test servers, cleared also after a crash.

A folder is claimed by a lock that dies with its process. Whoever claims one first ends the servers, and removes the
folders, of those who died without doing so (a test run that was killed can clear up nothing itself).
"""

import contextlib
import ctypes
import fcntl
import os
import shutil
import signal
import subprocess
import tempfile
from pathlib import Path
from typing import IO

import psutil

_SERVERS = {"postgres": signal.SIGQUIT, "mariadbd": signal.SIGKILL}
_held: list[IO[str]] = []


def claimed(prefix: str) -> Path:
    """A new folder, ours until this process ends; those of the dead with the same prefix are cleared."""
    for folder in Path(tempfile.gettempdir()).glob(f"{prefix}*"):
        with contextlib.suppress(OSError):
            _clear(folder)
    folder = Path(tempfile.mkdtemp(prefix=prefix))
    lock = (folder / "claimed").open("w")
    fcntl.flock(lock, fcntl.LOCK_EX)
    _held.append(lock)
    folder.chmod(0o755)  # the servers may run as another user
    return folder


def _clear(folder: Path) -> None:
    """End what runs in the folder and remove it. Raises OSError where it is claimed, or not yet."""
    with (folder / "claimed").open("r+") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        found = []
        for process in psutil.process_iter(["cmdline"]):
            words = process.info["cmdline"] or [""]
            kind = _SERVERS.get(os.path.basename(words[0]))
            if kind and any(str(folder) in word for word in words[1:]):
                with contextlib.suppress(psutil.Error):
                    process.send_signal(kind)
                    found.append(process)
        psutil.wait_procs(found, timeout=20)
        shutil.rmtree(folder, ignore_errors=True)


def remove(*folders: Path) -> None:
    """Remove the folders in a process of its own: hundreds of databases take their time, and nobody waits for it.

    That process keeps our claims, so that the next test run clears only what it did not get to the end of.
    """
    claims = [lock.fileno() for lock in _held]
    subprocess.Popen(["rm", "-rf", *map(str, folders)], pass_fds=claims, start_new_session=True)


def die_with_parent() -> None:
    """Linux ends the server when the thread that started it ends, however it ends."""
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).prctl(1, signal.SIGTERM)  # PR_SET_PDEATHSIG
