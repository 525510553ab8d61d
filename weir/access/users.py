"""People's logins in the warehouse: made, listed, given a new password, removed.

In: a name and a role. Out: a login that is a member of the role and has its settings, which members do not inherit.
Its password is returned once and kept nowhere. Alone: `weir user`.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, time
from typing import Any

import psycopg
from psycopg import sql

from weir import warehouse
from weir.access.grants import ROWS_OF
from weir.core.errors import WeirError
from weir.core.settings import parse_moment
from weir.warehouse.roles import Role, passwords
from weir.warehouse.roles.logged import log_reads
from weir.warehouse.roles.names import GROUPS, NAMES

WORDS = {"analyst": Role.ANALYST.value, **{name.removeprefix("weir_"): name for name in GROUPS}}
_LONGEST = 63  # bytes of a name in PostgreSQL


@dataclass(frozen=True)
class User:
    """A login, the roles it is a member of, when it expires, and its sessions now."""

    name: str
    roles: list[str]
    expires: datetime | None
    sessions: int


def users() -> list[User]:
    """Every login that is a member of a role for people, sorted by name."""
    with warehouse.connect(warehouse.Role.OWNER) as connection:
        return _users(connection)


def add(name: str, word: str, expires: str | None = None) -> str:
    """Make a login with the rights and settings of a role; returns its password. Raises WeirError where it can't be."""
    until = _until(expires)
    with _owner() as connection:
        role = _role(connection, word)
        _refuse_name(connection, name)
        connection.execute(
            sql.SQL("create role {} login in role {}").format(sql.Identifier(name), sql.Identifier(role))
        )
        base = role if role in WORDS.values() else Role.ANALYST.value
        for setting, value in connection.execute(_SETTINGS, [base]).fetchall():
            _set(connection, name, setting, value)
        log_reads(connection)
        return _new_password(connection, name, until)


def rotate(name: str, expires: str | None = None) -> str:
    """Give the login a new password, and a new day of expiry where one is given; returns the password."""
    until = _until(expires)
    with _owner() as connection:
        _known(connection, name)
        return _new_password(connection, name, until)


def remove(name: str) -> int:
    """End the login's sessions, take its rights and drop it; returns how many sessions ended.

    Raises WeirError where it owns something; then it is still there, and nobody can log in by it.
    """
    with _owner() as connection:
        user = _known(connection, name)
        # first of all nobody gets in: whoever is removed can't take an hour over it
        connection.execute(sql.SQL("alter role {} connection limit 0").format(sql.Identifier(name)))
        connection.execute("select pg_terminate_backend(pid) from pg_stat_activity where usename = %s", [name])
        connection.commit()
        owned = [text for (text,) in connection.execute(_OWNED, [name])]
        if owned:
            more = f" and {len(owned) - 5} more" if len(owned) > 5 else ""
            who = sql.Identifier(name).as_string(connection)
            raise WeirError(
                f"{name} owns {', '.join(owned[:5])}{more}: give it to somebody by `reassign owned by {who} to …`, or "
                "drop it, then remove the login"
            )
        # The account has the right to change the role; this gives it the role's own.
        connection.execute(sql.SQL("grant {} to current_user").format(sql.Identifier(name)))
        connection.execute("select pg_terminate_backend(pid) from pg_stat_activity where usename = %s", [name])
        connection.execute(sql.SQL("drop owned by {}").format(sql.Identifier(name)))
        try:
            connection.execute(sql.SQL("drop role {}").format(sql.Identifier(name)))
        except psycopg.errors.DependentObjectsStillExist as fault:
            detail = " ".join((fault.diag.message_detail or "").split())
            raise WeirError(
                f"{name} can't be removed, for it has rights elsewhere on the server ({detail}): take them there by "
                f"`drop owned by {sql.Identifier(name).as_string(connection)}`, then remove the login"
            ) from None
        return user.sessions


def _owner() -> psycopg.Connection[Any]:
    """A connection of the account, which must be able to make logins; one transaction."""
    if not warehouse.has_roles():
        raise WeirError("there are no roles in this warehouse: `weir grants` makes them, or says who may")
    connection = warehouse.connect(warehouse.Role.OWNER)
    query = "select rolsuper or rolcreaterole, rolname from pg_roles where rolname = current_user"
    may, account = connection.execute(query).fetchone() or (False, "")
    if not may:
        connection.close()
        raise WeirError(
            f"the account {account} may not make or change logins: let one with CREATEROLE stand in WAREHOUSE_URL "
            "for this command, or ask whoever has one"
        )
    return connection


def _users(connection: psycopg.Connection[Any]) -> list[User]:
    values = {"people": list(WORDS.values()), "own": list(NAMES), "part": ROWS_OF}
    return [User(*row) for row in connection.execute(_USERS, values)]


def _known(connection: psycopg.Connection[Any], name: str) -> User:
    found = {user.name: user for user in _users(connection)}
    if name not in found:
        raise WeirError(f"there is no login {name} of a role for people: `weir user list` shows them")
    return found[name]


def _role(connection: psycopg.Connection[Any], word: str) -> str:
    """The role that the word names: analyst, private, auditor, or a role that `meta.rows_for` names."""
    if word in WORDS:
        return WORDS[word]
    parts = [name for (name,) in connection.execute(_PARTS, [ROWS_OF])]
    if word in parts:
        return word
    raise WeirError(f"there is no role {word} for people: --role takes {', '.join([*WORDS, *parts])}")


def _refuse_name(connection: psycopg.Connection[Any], name: str) -> None:
    if not name.strip() or len(name.encode()) > _LONGEST or "\0" in name or name.startswith("pg_"):
        raise WeirError(f"{name!r} can't be a login: take a name of 1 to {_LONGEST} bytes that does not begin with pg_")
    if connection.execute("select from pg_roles where rolname = %s", [name]).fetchone() is not None:
        raise WeirError(
            f"there is a role {name} on the server already: `weir user list` shows the logins, "
            "`weir user rotate` gives one a new password"
        )


def _until(text: str | None) -> datetime | None:
    """The end of the day, or the moment, that the text names. Raises WeirError where that is past."""
    if not text:
        return None
    moment = parse_moment(text, "--expires")
    if len(text.strip()) <= len("2026-01-01"):
        moment = datetime.combine(moment.date(), time(23, 59, 59), moment.tzinfo)
    if moment <= datetime.now(UTC):
        raise WeirError(f"--expires {text} is past: the login could never be used")
    return moment


def _new_password(connection: psycopg.Connection[Any], name: str, until: datetime | None) -> str:
    password = passwords.new()
    passwords.set_all(connection, {name: password})
    connection.execute(sql.SQL("alter role {} connection limit -1").format(sql.Identifier(name)))
    if until:
        connection.execute(
            sql.SQL("alter role {} valid until {}").format(sql.Identifier(name), sql.Literal(until.isoformat()))
        )
    connection.commit()
    connection.close()
    return password


def _set(connection: psycopg.Connection[Any], name: str, setting: str, value: str) -> None:
    """Give the login a setting of its role in this database; a search path is a list of names."""
    database = connection.info.dbname
    values = [sql.Literal(value)]
    if setting == "search_path":
        values = [sql.Identifier(each.strip().strip('"')) for each in value.split(",")]  # type: ignore[misc]
    connection.execute(
        sql.SQL("alter role {} in database {} set {} to {}").format(
            sql.Identifier(name), sql.Identifier(database), sql.Identifier(setting), sql.SQL(", ").join(values)
        )
    )


_USERS = """
select
    u.rolname::text, array_agg(distinct r.rolname::text), nullif(u.rolvaliduntil, 'infinity'),
    (select count(*) from pg_stat_activity as s where s.usesysid = u.oid)
from pg_roles as u
inner join pg_auth_members as m on u.oid = m.member
inner join pg_roles as r on m.roleid = r.oid
where u.rolcanlogin and u.rolname <> all(%(own)s) and u.rolname <> current_user
    and (r.rolname = any(%(people)s) or shobj_description(r.oid, 'pg_authid') = %(part)s)
group by u.oid, u.rolname, u.rolvaliduntil
order by u.rolname"""
_PARTS = "select rolname::text from pg_roles where shobj_description(oid, 'pg_authid') = %s order by 1"
_SETTINGS = """
select split_part(line, '=', 1), substr(line, strpos(line, '=') + 1)
from pg_db_role_setting as s
inner join pg_roles as r on s.setrole = r.oid and r.rolname = %s
inner join pg_database as d on s.setdatabase = d.oid and d.datname = current_database()
cross join unnest(s.setconfig) as line"""
_OWNED = """
select case
    when d.dbid = 0 then 'database ' || coalesce((select datname from pg_database where oid = d.objid), '?')
    when d.dbid = (select oid from pg_database where datname = current_database())
        then pg_describe_object(d.classid, d.objid, d.objsubid)
    else 'objects of database ' || (select datname from pg_database where oid = d.dbid)
end
from pg_shdepend as d
where d.refclassid = 'pg_authid'::regclass and d.refobjid = (select oid from pg_roles where rolname = %s)
    and d.deptype = 'o'
    -- these go with the login
    and d.classid not in ('pg_default_acl'::regclass, 'pg_largeobject'::regclass)
order by 1"""
