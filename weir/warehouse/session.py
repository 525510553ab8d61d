"""Sessions in the warehouse: opens one, and checks what answers: its version, whose it is, a pooler in between.

In: an address. Out: a connection of psycopg, or one line that says what is wrong.
"""

import uuid
from typing import Any
from urllib.parse import urlsplit

import psycopg

from weir.core.causes import Cause
from weir.core.errors import WeirError
from weir.core.secrets import redact
from weir.core.settings import QUOTING
from weir.warehouse.embedded.server import REFUSED
from weir.warehouse.roles import LOGINS, Role

OLDEST_VERSION = 16
DEFAULTS: dict[str, Any] = {"options": "-c TimeZone=UTC", "application_name": "weir", "connect_timeout": 10}
POOLER = (
    "WAREHOUSE_URL leads to a pooler that {does}, so that two runs could go at once and dbt would work as another "
    "role: name the server itself there, or a port of the pooler that keeps a server for each session"
)


def token_and_options() -> tuple[str, str]:
    """A token, and the options of a session that shows it: a pooler that drops settings is known by that."""
    token = f"s{uuid.uuid4().hex}"
    return token, f"-c TimeZone=UTC -c weir.session={token}"


def check(connection: psycopg.Connection, token: str) -> None:
    """Raise WeirError when the server is too old, or the session lacks its token."""
    check_version(connection)
    if connection.execute("select current_setting('weir.session', true)").fetchone() != (token,):
        raise WeirError(POOLER.format(does="drops what a session asks for"))


def check_user(connection: psycopg.Connection) -> None:
    """Raise WeirError when the session is another's than the publisher's."""
    if connection.execute("select session_user::text").fetchone() != (Role.PUBLISHER.value,):
        raise WeirError(POOLER.format(does="logs everybody in as one account"))


def open_url(url: str, is_embedded: bool = False, **options: Any) -> psycopg.Connection:
    """Open a connection. Raises WeirError when the server can't be reached, or refuses the account."""
    try:
        return psycopg.connect(url, **DEFAULTS | options)
    except psycopg.OperationalError as fault:
        where = urlsplit(url)
        if "password authentication failed" in str(fault):
            place = f"{where.hostname}:{where.port}"
            yours = f"the warehouse at {place} refuses user or password: mend WAREHOUSE_URL; {QUOTING}"
            for role in LOGINS:
                if role.value == where.username:
                    raise WeirError(
                        f"the warehouse at {place} refuses the password of {role.value}: if it was changed, take the "
                        f"new {role.variable} into .env, or make new passwords by `weir grants --rotate`",
                        cause=Cause.WAREHOUSE_PASSWORD,
                    ) from None
            raise WeirError(REFUSED if is_embedded else yours, cause=Cause.WAREHOUSE_PASSWORD) from None
        cause = " ".join(redact(fault).split())[-300:]
        raise WeirError(
            f"the warehouse at {where.hostname}:{where.port}{where.path} can't be reached: {cause}; "
            "check WAREHOUSE_URL, or type `weir up` for the embedded one",
            cause=Cause.WAREHOUSE_DOWN,
        ) from None


def check_version(connection: psycopg.Connection) -> None:
    """Raise WeirError when the server is older than PostgreSQL 16."""
    version = connection.info.server_version // 10_000
    if version < OLDEST_VERSION:
        raise WeirError(
            f"the warehouse is PostgreSQL {version}, too old: Weir needs {OLDEST_VERSION} or newer "
            "(upgrade it, or unset WAREHOUSE_URL for the embedded one)"
        )
