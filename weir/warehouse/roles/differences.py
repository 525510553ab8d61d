"""The differences between the roles and rights that are there and those that Weir needs, each with its statement.

In: a State. Out: Differences, in an order in which their statements can be run; `apply` runs them until none is left.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import psycopg
from psycopg import sql

from weir.warehouse.roles import state as catalog
from weir.warehouse.roles import wanted
from weir.warehouse.roles.names import GROUPS, LOGINS, NAMES, Role
from weir.warehouse.roles.state import ATTRIBUTES, PUBLIC, Right, State

_READER = "weir_reader"  # the name of weir_analyst in an older Weir


@dataclass(frozen=True)
class Difference:
    """What differs: `what` in a word or two, for whom, on what; `statement` is empty where somebody else must act."""

    what: str
    role: str
    on: str
    statement: str
    takes_power: bool = False  # whether it takes away what only an administrator can have given to the role


def find(state: State, is_embedded: bool) -> list[Difference]:
    """All differences. On the embedded warehouse nobody but Weir's roles may connect."""
    return [*_roles(state), *_owners(state), *_rights(state, is_embedded), *_settings(state)]


def apply(connection: psycopg.Connection[Any], is_embedded: bool) -> list[Difference]:
    """Make it so, in the caller's transaction; returns what was done, as `find` told of it at first.

    What the account may not do is left; a last call of `find` says what that is.
    """
    done: list[Difference] = []
    for _ in range(4):  # a new owner changes which rights are wanted, so more may be found then
        state = catalog.read(connection)
        found = [each for each in find(state, is_embedded) if each.statement]
        if not found or found == done[-len(found) :]:
            break
        if state.may:
            connection.execute(sql.SQL("; ".join(each.statement for each in found)))
        else:
            _one_by_one(connection, found)
        done += found
    return done


def _one_by_one(connection: psycopg.Connection[Any], found: Sequence[Difference]) -> None:
    """Run each statement that the account may run."""
    for each in found:
        try:
            with connection.transaction():
                connection.execute(each.statement.encode())
        except (psycopg.errors.InsufficientPrivilege, psycopg.errors.UndefinedObject):
            continue


def _roles(state: State) -> Iterator[Difference]:
    """Missing roles, powers that no role of Weir's needs, memberships."""
    there = dict(state.roles)
    if state.has_reader and Role.ANALYST.value not in there:
        yield Difference("new name", Role.ANALYST.value, f"role {_READER}",
                         f"alter role {_READER} rename to {Role.ANALYST.value}")  # fmt: skip
        there[Role.ANALYST.value] = {"login": False}
    for name in NAMES:
        logs_in = name not in GROUPS
        if name not in there:
            login = "login" if logs_in else "nologin"
            yield Difference("missing role", name, "server", f"create role {name} {login}")
            yield Difference("comment", name, "server", f"comment on role {name} is '{wanted.COMMENTS[name]}'")
            continue
        if logs_in and not there[name]["login"]:
            yield Difference("may not log in", name, "server", f"alter role {name} login")
        if not logs_in and there[name]["login"]:
            yield Difference("too much: login", name, "server", f"alter role {name} nologin", takes_power=True)
        for power in ATTRIBUTES:
            if there[name].get(power):
                yield Difference(f"too much: {power}", name, "server", f"alter role {name} no{power}", takes_power=True)
    for member, role in sorted(state.members):
        if member in NAMES:
            act = f"revoke {_quote(role)} from {member}"
            yield Difference("member of", member, f"role {role}", act, takes_power=True)
    if not state.is_superuser:
        for role in (each.value for each in LOGINS):
            if (state.account, role) not in state.members:
                act = f"grant {role} to {_quote(state.account)} with inherit true, set true"
                yield Difference("not a member", state.account, f"role {role}", act)


def _owners(state: State) -> Iterator[Difference]:
    """Schemas and relations that belong to another than they should. Those of a stranger are only told."""
    mine = {state.account, *NAMES}
    # the new owner of a schema needs this first
    for role in (wanted.LOADER, wanted.DBT, wanted.PUBLISHER):
        right = Right("database", state.database, role, "CREATE")
        if right not in state.rights:
            yield _granting(right)
    for schema in state.schemas:
        owner = wanted.owner_of_schema(schema, state) if wanted.use_of(schema) else schema.owner
        if owner != schema.owner:
            act = f"alter schema {schema.quoted} owner to {_quote(owner)}" if schema.owner in mine else ""
            yield Difference(f"belongs to {schema.owner}", owner, f"schema {schema.quoted}", act)
    uses = {schema.name: wanted.use_of(schema) for schema in state.schemas}
    for relation in state.relations:
        use = uses.get(relation.schema)
        owner = wanted.owner_of(relation, use, state) if use else relation.owner
        if owner != relation.owner:
            kind = {"v": "view", "m": "materialized view", "f": "foreign table"}.get(relation.kind, "table")
            act = f"alter {kind} {relation.quoted} owner to {_quote(owner)}" if relation.owner in mine else ""
            yield Difference(f"belongs to {relation.owner}", owner, f"{kind} {relation.quoted}", act)


def _rights(state: State, is_embedded: bool) -> Iterator[Difference]:
    """Rights that are missing or too many."""
    should = wanted.rights(state)
    mine = {state.account, *NAMES}
    owners = {schema.quoted: schema.owner for schema in state.schemas}
    owners |= {relation.quoted: relation.owner for relation in state.relations}

    def may(right: Right) -> bool:
        return state.is_superuser or owners.get(right.object, state.account) in mine

    for right in sorted(filter(may, state.rights - should)):
        if right.role != PUBLIC or is_embedded or right.kind in {"schema", "table"}:
            yield Difference(f"too much: {right.privilege.lower()}", right.role, f"{right.kind} {right.object}",
                             _statement("revoke", right))  # fmt: skip
    if is_embedded and Right("schema", PUBLIC, PUBLIC, "CREATE") in state.rights:
        right = Right("schema", PUBLIC, PUBLIC, "CREATE")
        yield Difference("too much: create", PUBLIC, "schema public", _statement("revoke", right))
    for right in sorted(filter(wanted.is_lock, state.rights)):
        if is_embedded and right.role == PUBLIC:  # whoever holds the lock of runs keeps them waiting
            for role in (wanted.LOADER, wanted.DBT, wanted.PUBLISHER):
                yield _granting(right._replace(role=role))
            yield Difference("too much: execute", PUBLIC, f"function {right.object}", _statement("revoke", right))
    creates = {Right("database", state.database, role, "CREATE") for role in NAMES}
    for right in sorted(filter(may, should - state.rights - creates)):
        yield _granting(right)


def _granting(right: Right) -> Difference:
    act = _statement("grant", right)
    return Difference(f"missing: {right.privilege.lower()}", right.role, f"{right.kind} {right.object}", act)


def _settings(state: State) -> Iterator[Difference]:
    """Settings that the sessions of a people's role lack; reading alone is no matter of taste."""
    for role, values in wanted.SETTINGS.items():
        for name, value in values.items():
            now = state.settings.get((role, name))
            if now is None or (name == "default_transaction_read_only" and now != value):
                act = f"alter role {role} in database {state.database} set {name} = {_setting(name, value)}"
                yield Difference(f"missing: {name}", role, f"database {state.database}", act)


def _setting(name: str, value: str) -> str:
    return value if name == "search_path" else f"'{value}'"


def _statement(verb: str, right: Right) -> str:
    way = "to" if verb == "grant" else "from"
    if right.kind.startswith("default "):
        what = right.kind.removeprefix("default ")
        return f"alter default privileges {right.object} {verb} {right.privilege} on {what} {way} {right.role}"
    return f"{verb} {right.privilege} on {right.kind} {right.object} {way} {right.role}"


def _quote(name: str) -> str:
    return sql.Identifier(name).as_string()


def grouped(found: Sequence[Difference]) -> list[tuple[str, str, str, int]]:
    """(what, role, on, how many): differences on the relations of one schema are one line."""
    counted: Counter[tuple[str, str, str]] = Counter()
    for each in found:
        kind, _, name = each.on.partition(" ")
        on = f"{kind}s of {name.split('.')[0]}" if kind in {"table", "view", "sequence"} and "." in name else each.on
        on = "functions of advisory locks" if kind == "function" and "advisory" in name else on
        counted[(each.what, each.role, on)] += 1
    return [(*key, number) for key, number in counted.items()]
