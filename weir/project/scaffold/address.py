"""What a person types for a source: an address, a folder, a file, or the name of a variable that holds one.

In: the text. Out: a Place: the address, the variable that will hold it, the name of the source.
"""

import os
import re
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote, unquote, urlsplit, urlunsplit

from weir.core.errors import WeirError
from weir.core.settings import QUOTING
from weir.project.scaffold.naming import is_reserved, snake

_LONGEST = 20  # bytes of a source's name: raw's schema and the models' names hold it
_PASSWORDS = {"postgresql": "PGPASSWORD", "postgres": "PGPASSWORD", "mysql": "MYSQL_PWD", "mariadb": "MYSQL_PWD"}
_WITH_ACCOUNT = {*_PASSWORDS, "mongodb"}
_OWN = {"ops", "quality", "staging", "intermediate", "reference", "undo", "analytics"}


@dataclass(frozen=True)
class Place:
    """Where a source is: its address, the variable of it, the source's name, an OpenAPI document's place."""

    url: str
    variable: str
    name: str
    document: str = ""
    is_new_variable: bool = True


def place_of(text: str, name: str, document: str = "") -> Place:
    """The place that the text means. Raises WeirError when it means none, or the name can't be one."""
    text = text.strip()
    given = os.environ.get(text, "") if re.fullmatch(r"[A-Z][A-Z0-9_]*", text) else ""
    url = given or _url(text)
    parts = urlsplit(url)
    if document or parts.scheme not in {"http", "https"}:
        found = name or snake(_last_name(url))
    else:
        found = name or snake((parts.hostname or "").removeprefix("www.").removeprefix("api.").split(".")[0])
    _check(found, bool(name))
    variable = text if given else f"{found.upper()}_URL"
    return Place(url, variable, found, document, not given)


def _url(text: str) -> str:
    """The text as an address; a folder or a file of this machine as its address."""
    if "://" in text:
        try:
            _ = "," in urlsplit(text).netloc or urlsplit(text).port
        except ValueError:
            raise WeirError(
                f"the address can't be read: it looks like postgresql://user@host:5432/database; {QUOTING}"
            ) from None
        scheme, _, rest = text.partition("://")
        if scheme == "sqlite" and not rest.startswith("//"):
            return f"sqlite:///{Path(rest.lstrip('/')).resolve()}"
        return text
    path = Path(text).expanduser()
    if path.is_dir():
        return f"file://{path.resolve()}"
    if path.is_file():
        with path.open("rb") as file:
            if file.read(15) == b"SQLite format 3":
                return f"sqlite:///{path.resolve()}"
        raise WeirError(f"{text} is one file: give the folder in which it lies ({path.resolve().parent}) and say "
                        f"--tables {path.stem!r}")  # fmt: skip
    if "@" in text:  # a password may stand in it
        raise WeirError("the address lacks its scheme: it looks like postgresql://user@host:5432/database")
    raise WeirError(f"{text} is no address, no folder, no SQLite file and no source of the project: an address looks "
                    "like postgresql://user@host:5432/database")  # fmt: skip


def _last_name(url: str) -> str:
    """What the address names last: a database, a folder, a bucket."""
    parts = urlsplit(url)
    path = unquote(parts.path).rstrip("/")
    return Path(path).stem if path else (parts.hostname or parts.scheme)


def _check(name: str, is_given: bool) -> None:
    fits = re.fullmatch(r"[a-z][a-z0-9_]*", name) and len(name) <= _LONGEST and "__" not in name
    if not fits or name in _OWN or is_reserved(name):
        what = f"--as {name}" if is_given else f"the address gives the name {name!r}, which"
        raise WeirError(
            f"{what} can't be a source's name: say --as NAME, of up to {_LONGEST} small letters, digits and _"
        )


def needs_password(place: Place) -> bool:
    """Whether the address names an account and no password, and its kind of server usually asks for one."""
    parts = urlsplit(place.url)
    return parts.scheme.split("+")[0] in _WITH_ACCOUNT and bool(parts.username) and parts.password is None


def password_given(place: Place) -> str:
    """The password that the environment holds: <SOURCE>_PASSWORD, or the kind's own variable; empty where none."""
    kind = urlsplit(place.url).scheme.split("+")[0]
    names = [f"{place.name.upper()}_PASSWORD", _PASSWORDS.get(kind, "")]
    return next((os.environ[name] for name in names if name and os.environ.get(name)), "")


def with_password(url: str, password: str) -> str:
    """The address with the password."""
    parts = urlsplit(url)
    account, _, host = parts.netloc.rpartition("@")
    return urlunsplit(parts._replace(netloc=f"{account}:{quote(password, safe='')}@{host}"))
