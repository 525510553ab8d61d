"""The change of the warehouse's own passwords: the account's and those of the roles, in the server and in `.env`.

In: a connection of the account. Out: new passwords in both. Server and file can't change in one step, so `.env` first
gets a journal line (`WEIR_ROTATION_SECRET`) with the new passwords; then the server takes all of them in one
transaction; then `.env` takes them and loses the journal. Whoever finds a journal asks the server which passwords hold:
so a crash at any moment leaves a `.env` that works.
"""

import fcntl
import json
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import psycopg

from weir.core.env import load_env, outer, read_env, remove_env, write_env
from weir.core.errors import WeirError
from weir.core.settings import home
from weir.warehouse.address import address, parts_of
from weir.warehouse.roles import passwords
from weir.warehouse.roles.names import JOURNAL, LOGINS, Role

_URL = "WAREHOUSE_URL"


def rotate(connection: psycopg.Connection[Any], parts: Mapping[str, Any], with_roles: bool) -> list[str]:
    """Give the account and, `with_roles`, each role a new password; returns the names of those changed.

    The account of an exported WAREHOUSE_URL keeps its password: only `.env` is Weir's to write. Commits. Raises
    WeirError where a password is exported, or a run is under way.
    """
    exported = [role.variable for role in Role if role.variable in outer() and os.environ[role.variable]]
    if exported:
        raise WeirError(f"{', '.join(exported)} is exported and would win over .env: unset it, then rotate again")
    if connection.execute("select pg_try_advisory_xact_lock(hashtext('weir run'))").fetchone() != (True,):
        raise WeirError("a run is under way, which the old passwords let in: wait until it has ended (`weir status`)")
    new = {role.value: passwords.new() for role in LOGINS} if with_roles else {}
    values = {role.variable: new[role.value] for role in LOGINS if with_roles}
    account, word = str(parts["user"]), passwords.new()
    url = address(**{**parts, "password": word})
    if not _is_given():
        values[Role.OWNER.variable] = new[account] = word
    elif _URL not in outer():
        values[_URL], new[account] = url, word
    with _alone():
        write_env({JOURNAL: json.dumps(values)})
        passwords.set_all(connection, new)
        connection.commit()
        _take(values)
    if account in new and _URL not in values:
        os.environ.pop(_URL, None)  # the address of the embedded one, as it was
    return sorted(new)


def finish(place: Callable[[], Mapping[str, Any]]) -> None:
    """End a change that was cut short: take the new passwords where the server has them, else drop them.

    `place` gives the warehouse's address, and starts the embedded one.
    """
    with _alone():
        load_env()
        try:
            values: dict[str, str] = json.loads(os.environ.get(JOURNAL) or "{}")
        except ValueError:
            values = {}
        if values and _holds(values, place()):
            _take(values)
        remove_env([JOURNAL])


def _is_given() -> bool:
    """Whether the warehouse is yours: `.env` or the shell names it."""
    return bool(read_env().get(_URL) or outer().get(_URL))


def _holds(values: Mapping[str, str], parts: Mapping[str, Any]) -> bool:
    """Whether the server lets somebody in by the new passwords."""
    if _URL in values:
        url = values[_URL]
    elif Role.OWNER.variable in values:
        url = address(**{**parts, "password": values[Role.OWNER.variable]})
    else:
        user, word = Role.PUBLISHER.value, values[Role.PUBLISHER.variable]
        url = address(**{**parts, "user": user, "password": word})
    try:
        psycopg.connect(url, connect_timeout=10).close()
    except psycopg.OperationalError as fault:
        if "password authentication failed" in str(fault):
            return False
        where = parts_of(url)
        raise WeirError(
            f"passwords were being changed when that was cut short, and the warehouse at {where['host']}:"
            f"{where['port']} can't be asked which ones hold: see that it can be reached, then type the same again"
        ) from None
    return True


def _take(values: Mapping[str, str]) -> None:
    write_env(dict(values))
    remove_env([JOURNAL])


@contextmanager
def _alone() -> Iterator[None]:
    """Hold the lock of changing passwords, so that nobody ends a change that is still going on."""
    home().mkdir(parents=True, exist_ok=True)
    with (home() / "rotation.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
