"""`weir psql`: opens psql on the warehouse as a reader of the published marts.

In: the arguments of psql, a role. Out: psql, in place of this process; or the address, for a BI tool or a notebook. It
logs in as `weir_analyst`, which may read `analytics` and nothing else, so there is no other role to go back to. Where
the account of `WAREHOUSE_URL` may not make roles, its own session is only set to read.
"""

import os
import shutil
import sys
from collections.abc import Sequence
from urllib.parse import quote

from weir import warehouse
from weir.core.env import load_env, outer
from weir.core.errors import WeirError
from weir.project.marts import PUBLISHED
from weir.warehouse import TLS, Role, parts_of
from weir.warehouse.embedded import programs

_PLAIN = {"disable", "allow", "prefer"}  # the modes of TLS in which a psql without TLS can connect


def role_of(word: str) -> Role:
    """The role of a word such as `dbt`. Raises WeirError where there is none."""
    try:
        return Role[word.upper()]
    except KeyError:
        words = ", ".join(role.name.lower() for role in Role)
        raise WeirError(f"there is no role {word} to log in as: --as takes {words}") from None


def open_psql(arguments: Sequence[str], role: Role) -> None:
    """Replace this process by psql, with its own output, signals and exit status.

    Raises WeirError where none is found.
    """
    load_env()
    is_embedded = not os.environ.get("WAREHOUSE_URL")
    parts = parts_of(warehouse.url_of(role))
    program = _program(is_embedded, parts["sslmode"])
    names = {"host": "PGHOST", "port": "PGPORT", "user": "PGUSER", "password": "PGPASSWORD", "database": "PGDATABASE"}
    names |= {name: f"PG{name.upper()}" for name in TLS}
    account = {names[name]: str(value).strip("[]") for name, value in parts.items() if value}
    sys.stdout.flush()
    os.execve(program, [program, *arguments], outer() | account | {"PGOPTIONS": _options(role)})


def print_address(role: Role) -> int:
    """Print the address, with its password; settings that the account lacks stand in its options."""
    load_env()
    url, options = warehouse.url_of(role), _options(role)
    print(f"{url}{'&' if '?' in url else '?'}options={quote(options, safe='')}" if options else url)
    return 0


def _program(is_embedded: bool, sslmode: str) -> str:
    """The path of psql: the embedded server's own; for another server that of the PATH, which can speak TLS."""
    if not is_embedded:
        found = shutil.which("psql")
        if found:
            return found
        if sslmode not in _PLAIN:
            raise WeirError("no psql on the PATH, and Weir's own speaks no TLS: install PostgreSQL's client programs")
    return str(programs.folder() / "psql")


def _options(role: Role) -> str:
    """The settings of a reader's session that its account does not have, as libpq takes them."""
    if warehouse.has_roles() or role is not Role.ANALYST:
        return "-c TimeZone=UTC"
    settings = {"default_transaction_read_only": "on", "search_path": PUBLISHED, "TimeZone": "UTC"}
    return " ".join(f"-c {name}={value}" for name, value in settings.items())
