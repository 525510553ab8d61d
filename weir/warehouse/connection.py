"""Connections to the warehouse: one PostgreSQL database, embedded by default, or yours by `WAREHOUSE_URL`.

In: the settings. Out: addresses and connections, for each of Weir's roles (roles/). The account of `WAREHOUSE_URL`
itself is only asked for where the schema changed, or a caller names `Role.OWNER`; where it may not make roles, all
work as that account. Alone: `weir up` starts the embedded warehouse, `weir down` stops it.
"""

import hashlib
import os
import uuid
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psycopg
from psycopg import sql

from weir.core.env import load_env, put
from weir.core.errors import WeirError
from weir.core.secrets import redact
from weir.core.settings import QUOTING
from weir.warehouse.address import address, parts_of
from weir.warehouse.embedded.server import REFUSED, running_port, start_server, stop_server
from weir.warehouse.roles import LOGINS, Role
from weir.warehouse.roles.names import JOURNAL

OLDEST_VERSION = 16
_DEFAULTS: dict[str, Any] = {"options": "-c TimeZone=UTC", "application_name": "weir", "connect_timeout": 10}
_SCHEMA = Path(__file__).with_name("schema")
POOLER = (
    "WAREHOUSE_URL leads to a pooler that {does}, so that two runs could go at once and dbt would work as another "
    "role: name the server itself there, or a port of the pooler that keeps a server for each session"
)
_LOST = (
    "the roles of the warehouse at {place} have passwords that are not in .env: copy the lines {names} from the .env "
    "of whoever made them, or make new ones by `weir grants --rotate` (whoever else uses this warehouse needs those)"
)
# Each address that was checked, with the addresses of the roles; empty where all work as the account itself.
_ready: dict[str, dict[Role, str]] = {}


def ensure() -> str:
    """Start the embedded warehouse if needed, or take yours; check it, bring Weir's own tables and roles up to date.

    Returns the account's URL, and puts it in the environment (`WAREHOUSE_URL`). Raises WeirError when the warehouse
    can't be reached, is older than PostgreSQL 16, or has roles with other passwords.
    """
    url = account_url()
    if url not in _ready:
        parts = parts_of(url)
        _ready[url] = _prepare(url, parts, is_embedded(parts))
    put({"WAREHOUSE_URL": url})
    return url


def url_of(role: Role = Role.PUBLISHER) -> str:
    """The address by which the role logs in; the account's where that may not make roles."""
    url = ensure()
    return _ready[url].get(role, url)


def has_roles() -> bool:
    """Whether Weir works by roles here; else all work as the account of `WAREHOUSE_URL`."""
    return bool(_ready[ensure()])


def connect(role: Role = Role.PUBLISHER, autocommit: bool = False, **options: Any) -> psycopg.Connection:
    """Open a connection as the role, with time zone UTC. Raises WeirError when the warehouse can't be reached."""
    return _open(url_of(role), autocommit=autocommit, **options)


def open_owner(**options: Any) -> psycopg.Connection:
    """Open a connection as the account, whatever the state of schema and roles; starts the embedded warehouse."""
    url = account_url()
    connection = _open(url, is_embedded=is_embedded(parts_of(url)), **options)
    _check_version(connection)
    return connection


def account_url() -> str:
    """The address of the account itself; starts the embedded warehouse if needed, and checks nothing."""
    load_env()
    _finish_rotation()
    return address(**parts_of(os.environ.get("WAREHOUSE_URL") or start_server()))


def is_embedded(parts: dict[str, Any]) -> bool:
    """Whether the address is that of the embedded warehouse of this home."""
    return parts["host"] == "127.0.0.1" and parts["port"] == running_port()


def is_own_server() -> bool:
    """Whether the warehouse is the embedded one of this home."""
    return is_embedded(parts_of(ensure()))


def forget_addresses() -> None:
    """Check the warehouse anew at the next call: passwords or roles have changed."""
    _ready.clear()


def create_database(name: str) -> str:
    """Make a database on the warehouse's server if it is missing; returns its URL, with the account itself."""
    parts = parts_of(ensure())
    with connect(Role.OWNER, autocommit=True) as connection:
        if not connection.execute("select 1 from pg_database where datname = %s", [name]).fetchone():
            connection.execute(sql.SQL("create database {}").format(sql.Identifier(name)))
            connection.execute(sql.SQL("revoke all on database {} from public").format(sql.Identifier(name)))
    return address(**{**parts, "database": name})


def stop() -> bool:
    """Stop the embedded warehouse; returns whether it was running. Yours, by `WAREHOUSE_URL`, is left alone."""
    load_env()
    return stop_server()


def _finish_rotation() -> None:
    """Take the passwords that hold, where a change of them was cut short."""
    if os.environ.get(JOURNAL):
        from weir.warehouse.roles import rotation

        rotation.finish(lambda: parts_of(os.environ.get("WAREHOUSE_URL") or start_server()))


def _prepare(url: str, parts: dict[str, Any], is_embedded: bool) -> dict[Role, str]:
    """Bring the warehouse up to date, where it is not; returns the addresses of the roles."""
    from weir.warehouse.roles import passwords

    logins = _logins(parts)
    if logins and _is_current(logins[Role.PUBLISHER]):
        return logins
    token, options = _token()
    with _open(url, is_embedded, autocommit=False, options=options) as connection:
        _check(connection, token)
        try:
            if not _settle(connection, is_embedded, f"{parts['host']}:{parts['port']}"):
                return {}
        except psycopg.errors.InsufficientPrivilege as fault:
            raise WeirError(
                f"the account {parts['user']} can't bring the warehouse up to date: {fault.diag.message_primary}; let "
                "WAREHOUSE_URL name the account that owns the schema ops, or see `weir grants --dry-run`"
            ) from None
    logins = _logins(parts)
    try:
        with psycopg.connect(logins[Role.PUBLISHER], **_DEFAULTS) as connection:
            _check_user(connection)
    except psycopg.OperationalError as fault:
        names = ", ".join(role.variable for role in passwords.given())
        raise WeirError(
            f"the warehouse at {parts['host']}:{parts['port']} does not let {Role.PUBLISHER.value} in: "
            f"{' '.join(redact(fault).split())[-200:]}; mend {names} in .env, or make new passwords by "
            "`weir grants --rotate`; a pooler must let the roles in, too"
        ) from None
    return logins


def _settle(connection: psycopg.Connection, is_embedded: bool, place: str) -> bool:
    """Bring schema, roles and passwords up to date; returns whether Weir works by roles here."""
    from weir.core import terminal
    from weir.warehouse.roles import differences, logged, passwords
    from weir.warehouse.roles import state as catalog

    is_new = not _is_applied(connection)
    lacks = [role for role in LOGINS if role not in passwords.given()]
    if lacks and not (is_new or _makes_roles(connection)):
        return False
    state = catalog.read(connection)
    if not (is_new or (state.may and (is_embedded or lacks))):
        return not lacks and all(role.value in state.roles for role in LOGINS)
    connection.execute("select pg_advisory_xact_lock(hashtext('weir schema'))")
    load_env()  # while this process waited, another may have made the passwords
    is_new, state = not _is_applied(connection), catalog.read(connection)
    lacks = [role for role in LOGINS if role not in passwords.given()]
    lost = [role for role in lacks if state.roles.get(role.value, {}).get("login")]
    if state.may and lost and not is_embedded:
        raise WeirError(_LOST.format(place=place, names=", ".join(role.variable for role in lost)))
    text, digest = _schema()
    if is_new:
        connection.execute(text)
    if state.may:
        done = differences.apply(connection, is_embedded)
        for each in done:
            if each.takes_power:
                terminal.warn(f"the role {each.role} was changed ({each.what} {each.on}), for it needs no such power")
        login = {role for role in LOGINS if not is_embedded and state.roles.get(role.value, {}).get("login")}
        secrets = passwords.complete()
        passwords.set_all(connection, {role.value: secrets[role] for role in LOGINS if role not in login})
        logged.log_reads(connection)
    elif not lacks:
        differences.apply(connection, is_embedded)
    if is_new:
        connection.execute(sql.SQL("comment on schema ops is {}").format(digest))
    return state.may or (not lacks and all(role.value in state.roles for role in LOGINS))


def _makes_roles(connection: psycopg.Connection) -> bool:
    query = "select rolsuper or rolcreaterole from pg_roles where rolname = current_user"
    return connection.execute(query).fetchone() == (True,)


def _logins(parts: dict[str, Any]) -> dict[Role, str]:
    """The address of each role; none where a password is missing."""
    from weir.warehouse.roles import passwords

    known = passwords.given()
    if len(known) < len(LOGINS):
        return {}
    return {role: address(**{**parts, "user": role.value, "password": word}) for role, word in known.items()}


def _is_current(url: str) -> bool:
    """Whether the role can log in and the schema is that of this Weir. Raises WeirError for a pooler that won't do."""
    token, options = _token()
    try:
        with psycopg.connect(url, **_DEFAULTS | {"options": options}) as connection:
            _check(connection, token)
            _check_user(connection)
            return _is_applied(connection)
    except psycopg.OperationalError:
        return False  # the account finds out why


def _token() -> tuple[str, str]:
    token = f"s{uuid.uuid4().hex}"
    return token, f"-c TimeZone=UTC -c weir.session={token}"


def _check(connection: psycopg.Connection, token: str) -> None:
    _check_version(connection)
    if connection.execute("select current_setting('weir.session', true)").fetchone() != (token,):
        raise WeirError(POOLER.format(does="drops what a session asks for"))


def _check_user(connection: psycopg.Connection) -> None:
    if connection.execute("select session_user::text").fetchone() != (Role.PUBLISHER.value,):
        raise WeirError(POOLER.format(does="logs everybody in as one account"))


def _open(url: str, is_embedded: bool = False, **options: Any) -> psycopg.Connection:
    try:
        return psycopg.connect(url, **_DEFAULTS | options)
    except psycopg.OperationalError as fault:
        where = urlsplit(url)
        if "password authentication failed" in str(fault):
            place = f"{where.hostname}:{where.port}"
            yours = f"the warehouse at {place} refuses user or password: mend WAREHOUSE_URL; {QUOTING}"
            raise WeirError(REFUSED if is_embedded else yours) from None
        cause = " ".join(redact(fault).split())[-300:]
        raise WeirError(
            f"the warehouse at {where.hostname}:{where.port}{where.path} can't be reached: {cause}; "
            "check WAREHOUSE_URL, or type `weir up` for the embedded one"
        ) from None


def _check_version(connection: psycopg.Connection) -> None:
    version = connection.info.server_version // 10_000
    if version < OLDEST_VERSION:
        raise WeirError(
            f"the warehouse is PostgreSQL {version}, too old: Weir needs {OLDEST_VERSION} or newer "
            "(upgrade it, or unset WAREHOUSE_URL for the embedded one)"
        )


def _schema() -> tuple[str, str]:
    """The text of the files of schema/, and the digest of it and of the rules for roles."""
    text = "\n".join(file.read_text() for file in sorted(_SCHEMA.glob("*.sql")))
    rules = "".join(file.read_text() for file in sorted(Path(__file__).with_name("roles").glob("*.py")))
    return text, "weir " + hashlib.sha256((text + rules).encode()).hexdigest()[:16]


def _is_applied(connection: psycopg.Connection) -> bool:
    """Whether schema and roles are those of this Weir: the comment of schema `ops` holds the digest."""
    query = "select obj_description(to_regnamespace('ops'), 'pg_namespace')"
    return connection.execute(query).fetchone() == (_schema()[1],)
