"""Another user of the same machine: runs a function as the system user `nobody`, where the tests run as root."""

import os
import pickle
import pwd
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import pytest

Result = TypeVar("Result")


def as_nobody(function: Callable[[], Result]) -> Result:
    """What the function returns when `nobody` runs it, in another process. Skips the test where we are not root."""
    if os.geteuid() != 0:
        pytest.skip("only root can be another user")
    user = pwd.getpwnam("nobody")
    reading, writing = os.pipe()
    child = os.fork()  # not a new program: that user may not be able to reach this Python
    if child == 0:
        try:
            os.setgroups([])
            os.setgid(user.pw_gid)
            os.setuid(user.pw_uid)
            os.write(writing, pickle.dumps(function()))
            os._exit(0)
        finally:
            os._exit(1)
    os.close(writing)
    with os.fdopen(reading, "rb") as pipe:
        told = pipe.read()
    assert os.waitpid(child, 0)[1] == 0, "the function failed as nobody"
    return pickle.loads(told)


def read_by_nobody(folder: Path) -> list[str]:
    """Everything beneath the folder, and the folder itself, that `nobody` can list, read or write."""
    paths = [folder, *folder.rglob("*")]
    assert len(paths) > 1
    return as_nobody(lambda: [str(path) for path in paths if _open(path)])


def _open(path: Path) -> bool:
    try:
        return bool(os.listdir(path) is not None if path.is_dir() else path.read_bytes() is not None)
    except OSError:
        return os.access(path, os.W_OK)
