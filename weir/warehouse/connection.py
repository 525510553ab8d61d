"""Connections to the warehouse: one PostgreSQL database, embedded by default, or yours by `WAREHOUSE_URL`.

In: the settings. Out: addresses and connections, for each of Weir's roles (roles/). The account of `WAREHOUSE_URL`
itself is only asked for where the schema changed, or a caller names `Role.OWNER`; where it may not make roles, all
work as that account. Alone: `weir up` starts the embedded warehouse, `weir down` stops it.
"""

import os
from typing import Any

import psycopg
from psycopg import sql

from weir.core.env import load_env, put
from weir.warehouse.address import address, parts_of
from weir.warehouse.embedded.server import running_port, start_server, stop_server
from weir.warehouse.preparation import prepare
from weir.warehouse.roles import Role
from weir.warehouse.roles.names import JOURNAL
from weir.warehouse.session import check_version, open_url

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
        _ready[url] = prepare(url, parts, is_embedded(parts))
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
    return open_url(url_of(role), autocommit=autocommit, **options)


def open_owner(**options: Any) -> psycopg.Connection:
    """Open a connection as the account, whatever the state of schema and roles; starts the embedded warehouse."""
    url = account_url()
    connection = open_url(url, is_embedded=is_embedded(parts_of(url)), **options)
    check_version(connection)
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
