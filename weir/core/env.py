"""The file `.env` and the environment: reads the file, fills in the environment, rewrites the file.

In: `.env` in the project's root. Out: the environment, with values for variables that were not set.
"""

import fcntl
import io
import os
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from fnmatch import fnmatchcase
from pathlib import Path

from weir.core.errors import WeirError
from weir.core.settings import ROOT, home, project_dir

# Telemetry of libraries is switched off before they look.
QUIET = {
    "DO_NOT_TRACK": "1",
    "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
    "GX_ANALYTICS_ENABLED": "false",
    "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
    "RUNTIME__DLTHUB_TELEMETRY": "false",
}
ONLY = "WEIR_ENV_ONLY"  # in a child process: the patterns of the variables that it may take from `.env`
# What would lead libpq to another server than the one that an address names: all addresses here are written out.
_DIVERTING = ("PGHOSTADDR", "PGSERVICE")
_filled: dict[str, str] = {}  # the variables that Weir has set, as against those that a person has exported


def env_file() -> Path:
    """The file of settings: `.env` in the project's root, or in `WEIR_HOME` where that is set.

    Where `WEIR_HOME` is the `.weir` of a project, the file is the project's: else its server would get a new password.
    """
    folder = home()
    is_of_project = folder.name == ".weir" and (folder.parent / "dbt_project.yml").exists()
    if not os.environ.get("WEIR_HOME") or (is_of_project and not (folder / ".env").exists()):
        return (folder.parent if is_of_project else ROOT) / ".env"
    return folder / ".env"


def load_env() -> None:
    """Fill the environment from `.env`; variables that are set stay. A child process takes those on its list only.

    PGHOSTADDR and PGSERVICE of the shell are forgotten: PostgreSQL's client would follow them, and not our address.
    Raises WeirError when the file or a line of it can't be read.
    """
    only = (os.environ.get(ONLY) or "*").split()
    for name, value in read_env().items():
        if name not in os.environ and matches(name, only):
            put({name: value})
    for name, value in QUIET.items():
        os.environ.setdefault(name, value)
    for name in _DIVERTING:
        os.environ.pop(name, None)


def matches(name: str, patterns: Collection[str]) -> bool:
    """Whether one of the patterns names the variable, and none with a ! before it does."""
    return any(fnmatchcase(name, pattern) for pattern in patterns) and not any(
        pattern.startswith("!") and fnmatchcase(name, pattern[1:]) for pattern in patterns
    )


def load_project() -> Path:
    """Fill the environment from `.env`; returns the dbt project.

    Raises WeirError where there is none: a command that needs one calls this first, before it starts a server.
    """
    load_env()
    return project_dir()


def put(values: Mapping[str, str]) -> None:
    """Set variables of the environment, and remember them as Weir's own unless a person has exported them."""
    for name, value in values.items():
        if name not in os.environ or os.environ[name] == _filled.get(name):
            _filled[name] = value
        os.environ[name] = value


def outer() -> dict[str, str]:
    """The environment without the variables that Weir has set."""
    return {name: value for name, value in os.environ.items() if _filled.get(name) != value}


def read_env() -> dict[str, str]:
    """The names and values of `.env`."""
    from dotenv import dotenv_values
    from dotenv.parser import parse_stream

    try:
        text = env_file().read_text(encoding="utf-8") if env_file().exists() else ""
    except OSError as fault:
        raise WeirError(f"{env_file()} can't be read ({fault.strerror}): see that it is a file of yours") from None
    except UnicodeDecodeError as fault:
        raise WeirError(f"{env_file().name} can't be read ({fault}): it must be a text file in UTF-8") from None
    for each in parse_stream(io.StringIO(text)):
        if each.error or (each.key and each.value is None):
            raise WeirError(
                f"{env_file()}, line {each.original.line}, can't be read: write it as NAME='value', quotes closed, "
                "or put # before it"
            )
    values = dotenv_values(stream=io.StringIO(text))
    return {name: value for name, value in values.items() if value is not None and "\0" not in value}


def write_env(values: dict[str, str]) -> None:
    """Put the values in `.env` (mode 600) and in the environment; other lines and comments stay.

    Raises WeirError when the file can't be written.
    """
    from dotenv import set_key

    with _changing() as path:
        for name, value in values.items():
            set_key(path, name, value)
    os.environ.update(values)
    _filled.update(values)


def remove_env(names: Collection[str]) -> list[str]:
    """Remove the variables from `.env` and the environment; returns the names of those that were set.

    Raises WeirError when the file can't be written.
    """
    from dotenv import unset_key

    with _changing() as path:
        for name in read_env().keys() & set(names):
            unset_key(path, name)
    return [name for name in names if os.environ.pop(name, None) is not None]


@contextmanager
def _changing() -> Iterator[Path]:
    """Hold the lock of `.env`, and close the file to other users; faults become one line."""
    path = env_file()
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        home().mkdir(parents=True, exist_ok=True)
        # When two processes write at once, the second must read what the first has written.
        with (home() / "env.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if path.exists():
                path.chmod(0o600)
            yield path
    except (OSError, UnicodeDecodeError) as fault:
        raise WeirError(f"{path.name} can't be written ({fault}): make its folder writable") from None
