"""Settings: read from the environment, which `.env` fills in for variables that are not set.

In: the environment. Out: typed values. Nothing is read at import, so that a secret lives no longer than the call that
needs it.
"""

import os
import re
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit

from weir.core.causes import Cause
from weir.core.errors import WeirError
from weir.core.secrets import hide_password

QUOTING = "in a user or password write %40 for @, %2F for /, %3F for ?, %23 for #"


def _root() -> Path:
    """The checkout. Where Weir is installed as a package: the dbt project in which the working directory lies."""
    checkout, here = Path(__file__).resolve().parents[2], Path.cwd()
    folders = (checkout, here, *here.parents)
    return next((folder for folder in folders if (folder / "dbt_project.yml").exists()), here)


ROOT = _root()


def home() -> Path:
    """The folder of all files that Weir makes, never committed: `WEIR_HOME`, else `.weir` in the root."""
    folder = Path(os.environ.get("WEIR_HOME") or ROOT / ".weir")
    return folder if folder.is_absolute() else ROOT / folder


def project_dir() -> Path:
    """The dbt project: `WEIR_PROJECT_DIR`, else the root. Raises WeirError where no project is in sight."""
    named = os.environ.get("WEIR_PROJECT_DIR")
    folder = Path(named or ROOT).resolve()
    if not (folder / "dbt_project.yml").exists():
        if named:
            raise WeirError(f"no dbt_project.yml in {folder}: let WEIR_PROJECT_DIR name your dbt project, or unset it")
        raise WeirError(f"no dbt_project.yml in {folder} or above: go to your dbt project, or set WEIR_PROJECT_DIR")
    return folder


def env_url(name: str) -> str:
    """The URL that the variable holds; paths in `file:` and `sqlite:` URLs are relative to the root.

    Raises WeirError when the variable is not set or holds no URL.
    """
    hide_password(name)
    value = (os.environ.get(name) or "").strip()
    if not value:
        told = f"{name} is not set: put the address of the source in .env (see .env.example)"
        raise WeirError(told, cause=Cause.SOURCE_ADDRESS)
    try:
        scheme = urlsplit(value).scheme
    except ValueError:
        scheme = ""
    if not scheme:
        told = f"{name} holds no URL: it must look like scheme://… (see .env.example)"
        raise WeirError(told, cause=Cause.SOURCE_ADDRESS)
    if scheme.split("+")[0] not in {"file", "sqlite"}:
        _check_address(name, value)
    for prefix in ("sqlite:///", "file://"):
        rest = value.removeprefix(prefix)
        if rest != value and not rest.startswith("/"):
            return f"{prefix}{ROOT / rest}"
    return value


def torn(url: str) -> bool:
    """Whether an @ stands behind what parsers take for the host: the password then holds a bare @, /, ? or #."""
    parts = urlsplit(url)
    return "@" in parts.path + parts.query + parts.fragment


def _check_address(name: str, url: str) -> None:
    """Raise WeirError, without a part of the URL in it, when the password is torn or the port is no number."""
    parts = urlsplit(url)
    place = parts.netloc.rpartition("@")[2]
    web = parts.scheme in {"http", "https"} and re.fullmatch(r"[^:@]*:\d+", parts.netloc)  # a port, no password
    if re.match(r"[^:/]+://[^:/?#@]*:", url) and not web and torn(url):
        raise WeirError(f"{name} can't be read: {QUOTING}", cause=Cause.SOURCE_ADDRESS)
    try:
        _ = "," in place or parts.port  # PostgreSQL takes several hosts, with commas
    except ValueError:
        raise WeirError(
            f"{name} can't be read: its port must be a number up to 65535, as in scheme://user:password@host:5432/…; "
            f"{QUOTING}",
            cause=Cause.SOURCE_ADDRESS,
        ) from None


def as_of() -> datetime:
    """The moment that a run takes for the present, in UTC: `WEIR_AS_OF`, else now.

    Raises WeirError when `WEIR_AS_OF` is no date or time.
    """
    text = (os.environ.get("WEIR_AS_OF") or "").strip()
    return parse_moment(text, "WEIR_AS_OF") if text else datetime.now(UTC)


def parse_moment(text: str, name: str) -> datetime:
    """The text (ISO 8601) as a moment in UTC; a text without a zone is taken for UTC. Raises WeirError."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise WeirError(
            f"{name} is no date or time: {text!r}; write it as 2026-07-01 or 2026-07-01T00:00:00Z"
        ) from None
    return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
