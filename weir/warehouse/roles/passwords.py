"""The passwords of the roles that Weir logs in as: made, kept in `.env`, changed.

In: the environment, which `.env` fills. Out: logins in the warehouse. The server gets a SCRAM verifier only, so that no
log of statements holds a password.
"""

import os
import secrets
from collections.abc import Mapping
from typing import Any

import psycopg
from psycopg import sql

from weir.core.env import write_env
from weir.warehouse.roles.names import LOGINS, Role


def new() -> str:
    """A random password, safe in every file and address."""
    return secrets.token_urlsafe(24)


def given() -> dict[Role, str]:
    """The passwords that `.env` or the shell gives, by role."""
    return {role: os.environ[role.variable] for role in LOGINS if os.environ.get(role.variable)}


def complete() -> dict[Role, str]:
    """A password for each role that logs in: those that are given, and new ones, which `.env` keeps from now on."""
    known = given()
    made = {role.variable: new() for role in LOGINS if role not in known}
    if made:
        write_env(made)
    return given()


def set_all(connection: psycopg.Connection[Any], passwords: Mapping[str, str]) -> None:
    """Give each role (by its name in the server) its password; in the caller's transaction."""
    for name, password in passwords.items():
        statement = sql.SQL("alter role {} password {}")
        connection.execute(statement.format(sql.Identifier(name), verifier(connection, name, password)))


def verifier(connection: psycopg.Connection[Any], name: str, password: str) -> str:
    """What the server keeps of a password: it proves the password, and does not hold it."""
    made = connection.pgconn.encrypt_password(password.encode(), name.encode(), b"scram-sha-256")
    return made.decode()
