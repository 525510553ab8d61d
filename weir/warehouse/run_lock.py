"""The run lock: lets one run at a time write to a warehouse."""

import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg

from weir.core import terminal
from weir.core.errors import Told, WeirError
from weir.warehouse.connection import connect
from weir.warehouse.session import POOLER

_RUN_LOCK = "hashtext('weir run')"
LOCK_NAME = "weir run lock "  # begins the name of the session that holds the run lock; process and machine follow


@contextmanager
def run_lock(wait: bool = True) -> Iterator[None]:
    """Hold the run lock of the warehouse; it ends with its process.

    While another run holds it, says so and waits; raises WeirError at once where `wait` is false.
    """
    name = f"{LOCK_NAME}{os.getpid()} {socket.gethostname()}"[:63]  # PostgreSQL keeps 63 bytes
    with connect(autocommit=True, application_name=name) as connection:
        if connection.execute(f"select pg_try_advisory_lock({_RUN_LOCK})").fetchone() != (True,):
            if not wait:
                raise Told(
                    "another run is under way on this warehouse: "
                    "wait for it (`weir status` shows it), or leave --no-wait out"
                )
            terminal.say("Another run is under way on this warehouse: waiting for it …", style="yellow")
            connection.execute(f"select pg_advisory_lock({_RUN_LOCK})")
        _refuse_shared(connection)
        yield


def _refuse_shared(connection: psycopg.Connection) -> None:
    """Raise WeirError when a second session gets the server process of the first one, and so its lock."""
    own = connection.execute("select pg_backend_pid()").fetchone()
    with connect(autocommit=True) as other:
        if other.execute("select pg_backend_pid()").fetchone() == own:
            raise WeirError(POOLER.format(does="gives one server to several sessions"))
