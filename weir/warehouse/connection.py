"""Connections to the warehouse: one PostgreSQL database, embedded by default, or yours by `WAREHOUSE_URL`.

In: the settings. Out: a URL, and connections.
Alone: `weir up` starts it, `weir down` stops it.
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
from weir.warehouse.address import TLS, address, parts_of
from weir.warehouse.embedded.server import REFUSED, start_server, stop_server

OLDEST_VERSION = 16
_DEFAULTS: dict[str, Any] = {"options": "-c TimeZone=UTC", "application_name": "weir", "connect_timeout": 10}
_SCHEMA = Path(__file__).with_name("schema")
POOLER = (
    "WAREHOUSE_URL leads to a pooler that {does}, so that two runs could go at once and dbt would work as another "
    "role: name the server itself there, or a port of the pooler that keeps a server for each session"
)
_ready: dict[str, str] = {}  # each address that was checked, with the role that dbt works as


def ensure() -> str:
    """Start the embedded warehouse if needed, or take yours; check it, and bring Weir's own tables up to date.

    Returns the URL, and puts it in the environment (`WAREHOUSE_URL`, and `WEIR_PG_…` for dbt).
    Raises WeirError when the warehouse can't be reached or is older than PostgreSQL 16.
    """
    load_env()
    given = os.environ.get("WAREHOUSE_URL")
    parts = parts_of(given or start_server())
    url = address(**parts)
    if url not in _ready:
        token = f"s{uuid.uuid4().hex}"
        options = f"-c TimeZone=UTC -c weir.session={token}"
        with _open(url, is_embedded=not given, autocommit=False, options=options) as connection:
            _check_version(connection)
            if connection.execute("select current_setting('weir.session', true)").fetchone() != (token,):
                raise WeirError(POOLER.format(does="drops what a session asks for"))
            _apply_schema(connection)
            _ready[url] = _find_role(connection)
    names = ("host", "port", "user", "password", "database", *TLS)
    put({"WAREHOUSE_URL": url, **{f"WEIR_PG_{name.upper()}": str(parts[name]) for name in names}})
    return url


def dbt_role() -> str:
    """The role that dbt works as, which can't write raw or analytics; empty where the account may not make roles."""
    return _ready[ensure()]


def connect(autocommit: bool = False, **options: Any) -> psycopg.Connection:
    """Open a connection to the warehouse, with time zone UTC. Raises WeirError when it can't be reached."""
    return _open(ensure(), autocommit=autocommit, **options)


def create_database(name: str) -> str:
    """Make a database on the warehouse's server if it is missing; returns its URL."""
    parts = parts_of(ensure())
    with connect(autocommit=True) as connection:
        if not connection.execute("select 1 from pg_database where datname = %s", [name]).fetchone():
            connection.execute(sql.SQL("create database {}").format(sql.Identifier(name)))
    return address(**{**parts, "database": name})


def stop() -> bool:
    """Stop the embedded warehouse; returns whether it was running. Yours, by `WAREHOUSE_URL`, is left alone."""
    load_env()
    return stop_server()


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


def _find_role(connection: psycopg.Connection) -> str:
    query = "select rolname from pg_roles where rolname = 'weir_dbt' and pg_has_role(current_user, oid, 'set')"
    row = connection.execute(query).fetchone()
    return row[0] if row else ""


def _apply_schema(connection: psycopg.Connection) -> None:
    """Apply the files of schema/ if one changed: the comment of schema `ops` holds the digest of those applied last."""
    text = "\n".join(file.read_text() for file in sorted(_SCHEMA.glob("*.sql")))
    digest = "weir " + hashlib.sha256(text.encode()).hexdigest()[:16]
    query = "select obj_description(to_regnamespace('ops'), 'pg_namespace')"
    if connection.execute(query).fetchone() == (digest,):
        return
    connection.execute("select pg_advisory_xact_lock(hashtext('weir schema'))")
    connection.execute(text)
    connection.execute(sql.SQL("comment on schema ops is {}").format(digest))
