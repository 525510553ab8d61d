"""The Spark server: its address from WEIR_SPARK_URL, and a connection to its thrift server.

In: `WEIR_SPARK_URL`. Out: a Server, a DB-API connection (PyHive's), statements' answers. dbt has its own connection, by
`WEIR_SPARK_HOST`, `…_PORT` and `…_USER`, which profiles.yml reads.
"""

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote, urlsplit

from weir.core.env import load_env
from weir.core.errors import WeirError
from weir.spark.fit import require_fit

VARIABLE = "WEIR_SPARK_URL"
# [CLASS] and what is said of it; before it may stand the class with the name of Java's exception
_SAID = re.compile(r"\[[A-Z0-9_.]+\] (?!org\.)[^\n]+")
_CAUSE = re.compile(r"Caused by: (?:[\w.$]+[.$])?([^\n]+)")  # the last one is where it began
_VALUE = re.compile(r"(\b[Vv]alue )'.*?'(?= )")
_LIKE = "write it as hive2://user@host:10000"
_PATIENCE = 120.0  # seconds for each answer until the session is open; what another program leaves unanswered ends then


@dataclass(frozen=True)
class Server:
    """Where a thrift server of Spark listens, and as whom to log in."""

    host: str
    port: int
    user: str

    @property
    def variables(self) -> dict[str, str]:
        """The variables by which profiles.yml finds the server."""
        return {"WEIR_SPARK_HOST": self.host, "WEIR_SPARK_PORT": str(self.port), "WEIR_SPARK_USER": self.user}


def chosen() -> Server | None:
    """The server of `WEIR_SPARK_URL`; None where it is not set. Raises WeirError when it can't be read."""
    load_env()
    text = (os.environ.get(VARIABLE) or "").strip()
    if not text:
        return None
    parts = urlsplit(text)
    try:
        port = parts.port or 10000
    except ValueError:
        raise WeirError(f"{VARIABLE} has a port that is no number up to 65535: {_LIKE}") from None
    if parts.scheme != "hive2" or not parts.hostname:
        raise WeirError(f"{VARIABLE} is no address of a thrift server: {_LIKE}")
    if parts.password:
        raise WeirError(f"{VARIABLE} holds a password, which Weir can't send to a thrift server: {_LIKE}")
    return Server(parts.hostname, port, unquote(parts.username or "weir"))


def required(why: str) -> Server:
    """The server of `WEIR_SPARK_URL`. Raises WeirError, with the reason why it is needed, where it is not set."""
    server = chosen()
    if not server:
        raise WeirError(f"staging lies on Spark, and {why}: set {VARIABLE}; or `weir run` stages on PostgreSQL anew")
    return server


@contextmanager
def session(server: Server) -> Iterator[Any]:
    """A cursor of one session with the server.

    Raises WeirError when it does not answer, refuses a statement, or has settings that models can't do with.
    """
    require_packages()
    from pyhive import exc
    from thrift.transport.TTransport import TTransportException

    gone = f"the Spark server {server.host}:{server.port} of {VARIABLE} does not answer: start it (`weir spark up`)"
    try:
        connection = _opened(server)
    except (TTransportException, OSError, exc.Error):
        raise WeirError(gone) from None
    try:
        cursor = connection.cursor()
        require_fit(cursor)
        yield cursor
    except exc.Error as fault:
        raise WeirError(f"the Spark server refuses a statement: {told(fault)}") from None
    except (TTransportException, OSError):
        raise WeirError(gone) from None
    finally:
        try:
            connection.close()
        except (TTransportException, OSError, exc.Error):
            pass  # the server has ended the session itself


def _opened(server: Server) -> Any:
    """A connection with its session. What PyHive makes by itself waits for ever where nobody answers."""
    from pyhive import hive
    from thrift.transport.TSocket import TSocket
    from thrift_sasl import TSaslClientTransport

    socket = TSocket(server.host, server.port)
    socket.setTimeout(_PATIENCE * 1000)
    transport = TSaslClientTransport(
        # the server asks for a password, and takes any
        lambda: hive.get_installed_sasl(server.host, "PLAIN", username=server.user, password="any"),  # noqa: S106
        "PLAIN",
        socket,
    )
    connection = hive.connect(thrift_transport=transport, username=server.user)
    socket.setTimeout(None)  # a statement may take hours
    return connection


def require_packages() -> None:
    """Raise WeirError where the packages of `make setup-spark` are not installed."""
    from importlib.util import find_spec

    if find_spec("pyhive") is None or find_spec("dbt.adapters.spark") is None:
        raise WeirError("the packages for Spark are not installed: type `make setup-spark`")


def told(fault: Exception) -> str:
    """What the server says is wrong, in one line: without its stack, the statement, and values of rows."""
    status = getattr(fault.args[0] if fault.args else None, "status", None)
    text = getattr(status, "errorMessage", None) or str(fault)
    found = _SAID.search(text)
    causes = _CAUSE.findall(text)
    line = found[0] if found else causes[-1] if causes else text.removeprefix("Database Error").strip().split("\n")[0]
    return " ".join(_VALUE.sub(r"\1…", line).split())[:500]
