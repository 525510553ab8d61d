"""Preparation: brings schema, roles and passwords of the warehouse up to date, where they are not.

In: the account's address, the passwords of `.env`. Out: the addresses by which the roles log in. Where all is as it
should be, one session of the publisher finds that, and the account is not asked.
"""

import hashlib
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql

from weir.core import terminal
from weir.core.causes import Cause
from weir.core.env import load_env
from weir.core.errors import WeirError
from weir.core.secrets import redact
from weir.warehouse.address import address
from weir.warehouse.roles import LOGINS, Role, differences, passwords
from weir.warehouse.roles import state as catalog
from weir.warehouse.session import DEFAULTS, check, check_user, open_url, token_and_options

_SCHEMA = Path(__file__).with_name("schema")
_LOST = (
    "the roles of the warehouse at {place} have passwords that are not in .env: copy the lines {names} from the .env "
    "of whoever made them, or make new ones by `weir grants --rotate` (whoever else uses this warehouse needs those)"
)


def prepare(url: str, parts: dict[str, Any], is_embedded: bool) -> dict[Role, str]:
    """Bring the warehouse up to date, where it is not; returns the addresses of the roles."""
    logins = _logins(parts)
    if logins and _is_current(logins[Role.PUBLISHER]):
        return logins
    token, options = token_and_options()
    with open_url(url, is_embedded, autocommit=False, options=options) as connection:
        check(connection, token)
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
        with psycopg.connect(logins[Role.PUBLISHER], **DEFAULTS) as connection:
            check_user(connection)
    except psycopg.OperationalError as fault:
        names = ", ".join(role.variable for role in passwords.given())
        raise WeirError(
            f"the warehouse at {parts['host']}:{parts['port']} does not let {Role.PUBLISHER.value} in: "
            f"{' '.join(redact(fault).split())[-200:]}; mend {names} in .env, or make new passwords by "
            "`weir grants --rotate`; a pooler must let the roles in, too",
            cause=Cause.WAREHOUSE_PASSWORD,
        ) from None
    return logins


def _settle(connection: psycopg.Connection, is_embedded: bool, place: str) -> bool:
    """Bring schema, roles and passwords up to date; returns whether Weir works by roles here."""
    from weir.warehouse.roles import logged, passwords

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
        told = _LOST.format(place=place, names=", ".join(role.variable for role in lost))
        raise WeirError(told, cause=Cause.WAREHOUSE_PASSWORD)
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
    known = passwords.given()
    if len(known) < len(LOGINS):
        return {}
    return {role: address(**{**parts, "user": role.value, "password": word}) for role, word in known.items()}


def _is_current(url: str) -> bool:
    """Whether the role can log in and the schema is that of this Weir. Raises WeirError for a pooler that won't do."""
    token, options = token_and_options()
    try:
        with psycopg.connect(url, **DEFAULTS | {"options": options}) as connection:
            check(connection, token)
            check_user(connection)
            return _is_applied(connection)
    except psycopg.OperationalError:
        return False  # the account finds out why


def _schema() -> tuple[str, str]:
    """The text of the files of schema/, and the digest of it and of the rules for roles."""
    text = "\n".join(file.read_text() for file in sorted(_SCHEMA.glob("*.sql")))
    rules = "".join(file.read_text() for file in sorted(Path(__file__).with_name("roles").glob("*.py")))
    return text, "weir " + hashlib.sha256((text + rules).encode()).hexdigest()[:16]


def _is_applied(connection: psycopg.Connection) -> bool:
    """Whether schema and roles are those of this Weir: the comment of schema `ops` holds the digest."""
    query = "select obj_description(to_regnamespace('ops'), 'pg_namespace')"
    return connection.execute(query).fetchone() == (_schema()[1],)
