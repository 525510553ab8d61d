"""Settings: everything comes from the environment, which `.env` fills in where it says nothing.

In: `.env` in the project's root and the environment. Out: typed values, and `redact` for whatever is printed.
Nothing is read at import, so that a secret lives no longer than the call that needs it.
"""

import fcntl
import io
import os
import re
import tempfile
from collections.abc import Collection, Mapping
from datetime import UTC, datetime
from fnmatch import fnmatchcase
from pathlib import Path
from urllib.parse import urlsplit

from weir import redaction
from weir.redaction import redact as redact

ROOT = Path(__file__).resolve().parent.parent
# Switched off before any library looks: nobody's runs are anybody else's business.
QUIET = {
    "DO_NOT_TRACK": "1",
    "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
    "GX_ANALYTICS_ENABLED": "false",
    "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
    "RUNTIME__DLTHUB_TELEMETRY": "false",
}
ONLY = "WEIR_ENV_ONLY"  # in a child of ours: the patterns of what it may take from `.env`
_filled: dict[str, str] = {}  # what Weir has put in the environment, as against what a person exported
QUOTING = "in a user or password write %40 for @, %2F for /, %3F for ?, %23 for #"


class WeirError(Exception):
    """A fault that a person can mend; its text says in one line what is wrong, where, and what to do next."""


def env_file() -> Path:
    """The file of settings: `.env` in the project's root, or in `WEIR_HOME` where that is set."""
    return (home() if os.environ.get("WEIR_HOME") else ROOT) / ".env"


def load_env() -> None:
    """Fill the environment from `.env`; what is set already stays. A child of ours takes what its list names.

    Raises WeirError when the file or a line of it can't be read.
    """
    only = (os.environ.get(ONLY) or "*").split()
    for name, value in _read_env().items():
        if name not in os.environ and any(fnmatchcase(name, pattern) for pattern in only):
            put({name: value})
    for name, value in QUIET.items():
        os.environ.setdefault(name, value)


def put(values: Mapping[str, str]) -> None:
    """Set the values in the environment as Weir's own; a name that a person has exported stays that person's."""
    for name, value in values.items():
        if name not in os.environ or os.environ[name] == _filled.get(name):
            _filled[name] = value
        os.environ[name] = value


def outer() -> dict[str, str]:
    """The environment without what Weir has put there."""
    return {name: value for name, value in os.environ.items() if _filled.get(name) != value}


def _read_env() -> dict[str, str]:
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
    _rewrite_env(values, [f"{name}='{value}'" for name, value in values.items()])
    os.environ.update(values)
    _filled.update(values)


def remove_env(names: Collection[str]) -> list[str]:
    """Take the values out of `.env` and the environment; returns those that were there.

    Raises WeirError when the file can't be written.
    """
    _rewrite_env(names, [])
    return [name for name in names if os.environ.pop(name, None) is not None]


def _rewrite_env(names: Collection[str], added: list[str]) -> None:
    path = env_file()
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        home().mkdir(parents=True, exist_ok=True)
        # Of two processes that write at once, the second must read what the first has written.
        with (home() / "env.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
            kept = [line for line in lines if line.split("=", 1)[0].strip() not in names]
            text = "\n".join([*kept, *added]) + "\n"
            handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=".env.")
            with os.fdopen(handle, "w", encoding="utf-8") as file:  # mkstemp makes it mode 600
                file.write(text)
            os.replace(temporary, path)
    except (OSError, UnicodeDecodeError) as fault:
        raise WeirError(f"{path.name} can't be written ({fault}): make its folder writable") from None


def home() -> Path:
    """The folder of everything that is made, never committed: `WEIR_HOME`, else `.weir` in the root."""
    folder = Path(os.environ.get("WEIR_HOME") or ROOT / ".weir")
    return folder if folder.is_absolute() else ROOT / folder


def project_dir() -> Path:
    """The dbt project: `WEIR_PROJECT_DIR`, else the root."""
    return Path(os.environ.get("WEIR_PROJECT_DIR") or ROOT).resolve()


def env_url(name: str) -> str:
    """The URL that the variable holds; paths in `file:` and `sqlite:` URLs are relative to the root.

    Raises WeirError when the variable is not set or holds no URL.
    """
    redaction.hide_password(name)
    value = (os.environ.get(name) or "").strip()
    if not value:
        raise WeirError(f"{name} is not set: put the address of the source in .env (see .env.example)")
    try:
        scheme = urlsplit(value).scheme
    except ValueError:
        scheme = ""
    if not scheme:
        raise WeirError(f"{name} holds no URL: it must look like scheme://… (see .env.example)")
    if scheme.split("+")[0] not in {"file", "sqlite"}:
        _check_address(name, value)
    for prefix in ("sqlite:///", "file://"):
        rest = value.removeprefix(prefix)
        if rest != value and not rest.startswith("/"):
            return f"{prefix}{ROOT / rest}"
    return value


def torn(url: str) -> bool:
    """Whether an @ stands after what parsers take for the host: the password holds a bare @, /, ? or #."""
    parts = urlsplit(url)
    return "@" in parts.path + parts.query + parts.fragment


def _check_address(name: str, url: str) -> None:
    """Raise WeirError, which prints nothing of the URL, when its password is torn or its port is no number."""
    parts = urlsplit(url)
    place = parts.netloc.rpartition("@")[2]
    web = parts.scheme in {"http", "https"} and re.fullmatch(r"[^:@]*:\d+", parts.netloc)  # a port, no password
    if re.match(r"[^:/]+://[^:/?#@]*:", url) and not web and torn(url):
        raise WeirError(f"{name} can't be read: {QUOTING}")
    try:
        _ = "," in place or parts.port  # PostgreSQL takes several hosts, with commas
    except ValueError:
        raise WeirError(
            f"{name} can't be read: its port must be a number up to 65535, as in scheme://user:password@host:5432/…; "
            f"{QUOTING}"
        ) from None


def as_of() -> datetime:
    """The moment a run takes for the present: `WEIR_AS_OF`, else now; in UTC.

    Raises WeirError when `WEIR_AS_OF` is no date or time.
    """
    text = (os.environ.get("WEIR_AS_OF") or "").strip()
    return parse_moment(text, "WEIR_AS_OF") if text else datetime.now(UTC)


def parse_moment(text: str, name: str) -> datetime:
    """The text (ISO 8601) as a moment in UTC; without a zone it is taken for UTC. Raises WeirError."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise WeirError(
            f"{name} is no date or time: {text!r}; write it as 2026-07-01 or 2026-07-01T00:00:00Z"
        ) from None
    return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
