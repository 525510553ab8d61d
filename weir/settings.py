"""Settings: everything comes from the environment, which `.env` fills in where it says nothing.

In: `.env` in the project's root and the environment. Out: typed values, and `redact` for whatever is printed.
Nothing is read at import, so that a secret lives no longer than the call that needs it.
"""

import functools
import io
import os
import re
import tempfile
from collections.abc import Collection
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import quote, unquote, urlsplit

ROOT = Path(__file__).resolve().parent.parent
# Switched off before any library looks: nobody's runs are anybody else's business.
QUIET = {
    "DO_NOT_TRACK": "1",
    "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
    "GX_ANALYTICS_ENABLED": "false",
    "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
    "RUNTIME__DLTHUB_TELEMETRY": "false",
}
QUOTING = "in a user or password write %40 for @, %2F for /, %3F for ?, %23 for #"


class WeirError(Exception):
    """A fault that a person can mend; its text says in one line what is wrong, where, and what to do next."""


def env_file() -> Path:
    """The file of settings: `.env` in the project's root, or in `WEIR_HOME` where that is set."""
    return (home() if os.environ.get("WEIR_HOME") else ROOT) / ".env"


def load_env() -> None:
    """Fill the environment from `.env`; what is set already stays.

    Raises WeirError when the file or a line of it can't be read.
    """
    from dotenv import dotenv_values
    from dotenv.parser import parse_stream

    try:
        text = env_file().read_text(encoding="utf-8") if env_file().exists() else ""
        torn_lines = [
            each.original.line
            for each in parse_stream(io.StringIO(text))
            if each.error or (each.key and each.value is None)
        ]
        if torn_lines:
            raise WeirError(
                f"{env_file()}, line {torn_lines[0]}, can't be read: write it as NAME='value', quotes closed, "
                "or put # before it"
            )
        values = dotenv_values(stream=io.StringIO(text))
    except (OSError, UnicodeDecodeError) as fault:
        raise WeirError(f"{env_file().name} can't be read ({fault}): it must be a text file in UTF-8") from None
    for name, value in (QUIET | values).items():
        if value is not None and "\0" not in value:
            os.environ.setdefault(name, value)


def write_env(values: dict[str, str]) -> None:
    """Put the values in `.env` (mode 600) and in the environment; other lines and comments stay.

    Raises WeirError when the file can't be written.
    """
    _rewrite_env(values, [f"{name}='{value}'" for name, value in values.items()])
    os.environ.update(values)


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


@functools.lru_cache(maxsize=1)  # a table of a hundred lines is redacted cell by cell
def _secrets(environment: frozenset[tuple[str, str]]) -> list[str]:
    """Every password and token that the environment holds, as written and decoded, the longest first."""
    found: set[str] = set()
    for name, value in environment:
        if re.search(r"(PASSWORD|TOKEN|SECRET|API_KEY|ACCESS_KEY|ACCOUNT_KEY)$", name) and value:
            found.add(value)
        if not name.endswith("_URL") or not value:
            continue
        # By hand and greedy to the last @: a password with a bare @ or / in it is torn apart by every URL parser.
        for match in (re.match(r"[^:/]+://[^:/@]*:(.+)@", value), re.match(r"[^:/]+://[^:/@]*:([^@]+)@", value)):
            if match:
                whole = match.group(1)
                found |= {whole, unquote(whole), quote(unquote(whole), safe="")}
                found |= {part for part in re.split(r"[@/:?#]", whole) if len(part) > 3}
    return sorted((secret for secret in found if len(secret) > 2), key=len, reverse=True)


def redact(text: object) -> str:
    """The text with every password and token known to the environment, or inside a URL, replaced by ***."""
    result = str(text)
    for secret in _secrets(frozenset(os.environ.items())):
        result = result.replace(secret, "***")
    return re.sub(r"(://[^:/\s@]*):[^@\s/]+@", r"\1:***@", result)
