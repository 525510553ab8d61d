"""Roles and rights: what differs from what Weir needs, and making it so.

In: the warehouse, the project's `meta.rows_for`. Out: Differences (weir/warehouse/roles/), the statements for whoever
may make roles where the account may not. Alone: `weir grants`.
"""

from dataclasses import dataclass, field
from typing import Any

import psycopg
from psycopg import sql

from weir.core.errors import WeirError
from weir.project.marts import marts
from weir.warehouse import connection as opened
from weir.warehouse.address import parts_of
from weir.warehouse.roles import LOGINS, Role, differences, passwords
from weir.warehouse.roles import state as catalog
from weir.warehouse.roles.differences import Difference

ROWS_OF = "Weir: an analyst who sees some rows only"  # the comment of a role that `meta.rows_for` names


@dataclass
class Found:
    """What differs; `may` says whether the account can make it so, `lost` which passwords are not in `.env`."""

    account: str
    may: bool
    differences: list[Difference] = field(default_factory=list)
    lost: list[Role] = field(default_factory=list)
    public: list[str] = field(default_factory=list)  # what everybody may do on a server that is yours

    @property
    def mendable(self) -> list[Difference]:
        """The differences that a statement can end."""
        return [each for each in self.differences if each.statement]

    @property
    def others(self) -> list[Difference]:
        """The differences that only the owner of an object can end."""
        return [each for each in self.differences if not each.statement]


def look() -> Found:
    """Compare the roles and rights of the warehouse with those that Weir needs; nothing is changed."""
    with opened.open_owner() as connection:
        if connection.execute("select to_regnamespace('ops')").fetchone() == (None,):
            raise WeirError("this warehouse holds nothing of Weir yet: `weir up` makes schema, roles and rights")
        return _found(connection)


def make_so() -> Found:
    """End the differences that the account can end, and give new roles passwords; returns those that are left."""
    with opened.open_owner() as connection:
        connection.execute("select pg_advisory_xact_lock(hashtext('weir schema'))")
        before = _found(connection)
        if before.lost:
            names = ", ".join(role.variable for role in before.lost)
            raise WeirError(
                f"the roles are there, and {names} not in .env: copy the lines from the .env of whoever made them, or "
                "make new passwords by `weir grants --rotate`"
            )
        if not before.may:
            raise WeirError(f"the account {before.account} may not make roles: `weir grants` prints the statements")
        there = catalog.read(connection).roles
        _apply(connection)
        secrets = passwords.complete()
        new = {role for role in LOGINS if not there.get(role.value, {}).get("login")}
        passwords.set_all(connection, {role.value: secrets[role] for role in new})
        left = _found(connection)
    opened.forget_addresses()
    return left


def statements(found: Found) -> list[str]:
    """The statements for whoever may make roles: they end the differences, and give the roles their passwords.

    The passwords go to `.env`; what is printed only proves them.
    """
    with opened.open_owner() as connection:
        there = catalog.read(connection).roles
        secrets = passwords.complete()
        lines = [each.statement for each in found.mendable if each.takes_power or each.on == "server"]
        for role in LOGINS:
            if not there.get(role.value, {}).get("login"):
                proof = passwords.verifier(connection, role.value, secrets[role])
                lines.append(f"alter role {role.value} password '{proof}'")
    rest = [each.statement for each in found.mendable if each.statement not in lines]
    return [*lines, *rest]


def _found(connection: psycopg.Connection[Any]) -> Found:
    state = catalog.read(connection)
    embedded = opened.is_embedded(parts_of(opened.account_url()))
    found = Found(state.account, state.may, differences.find(state, embedded) + _rows_for(connection))
    for role in LOGINS:
        if role not in passwords.given() and state.roles.get(role.value, {}).get("login"):
            found.lost.append(role)
    if not embedded:
        for right in sorted(state.rights):
            if right.role == catalog.PUBLIC and (right.kind, right.object) == ("database", state.database):
                found.public.append(f"{right.privilege.lower()} on database {right.object}")
            elif right == catalog.Right("schema", "public", catalog.PUBLIC, "CREATE"):
                found.public.append("create on schema public")
    return found


def _apply(connection: psycopg.Connection[Any]) -> None:
    differences.apply(connection, opened.is_embedded(parts_of(opened.account_url())))
    for each in _rows_for(connection):
        connection.execute(each.statement.encode())


def _rows_for(connection: psycopg.Connection[Any]) -> list[Difference]:
    """The roles that a mart shows some rows only (`meta.rows_for`), where they are missing."""
    try:
        names = sorted({role for mart in marts() for role in mart.rows_for})
    except WeirError:  # nothing was built yet
        return []
    there = {name for (name,) in connection.execute("select rolname from pg_roles where rolname = any(%s)", [names])}
    made = "create role {role} nologin; grant {analyst} to {role}; comment on role {role} is {text}"
    return [
        Difference("missing role", name, "server", sql.SQL(made).format(
            role=sql.Identifier(name), analyst=sql.Identifier(Role.ANALYST.value), text=sql.Literal(ROWS_OF)
        ).as_string(connection))
        for name in names if name not in there
    ]  # fmt: skip
