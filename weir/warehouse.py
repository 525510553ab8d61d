"""The warehouse: one PostgreSQL database, embedded by default, or yours by `WAREHOUSE_URL`.

In: the settings. Out: a URL, connections, the lock that lets one run at a time through.
Alone: `weir up` starts it, `weir down` stops it.
"""

import hashlib
import os
import socket
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote, urlencode, urlsplit

import psycopg
from psycopg import sql

from weir import embedded
from weir.core import tls
from weir.core.env import load_env, put
from weir.core.errors import WeirError
from weir.core.secrets import redact
from weir.core.settings import QUOTING, torn

OLDEST_VERSION = 16
_DEFAULTS: dict[str, Any] = {"options": "-c TimeZone=UTC", "application_name": "weir", "connect_timeout": 10}
_SCHEMA = Path(__file__).with_name("schema.sql")
_RUN_LOCK = "hashtext('weir run')"
LOCK_NAME = "weir run lock "  # how the session of whoever holds the run lock is called; process and machine follow
# Options of an address that are no harm, and of which nothing here depends.
_OPTIONS = ["connect_timeout", "application_name", "keepalives", "keepalives_idle", "keepalives_interval",
            "keepalives_count", "tcp_user_timeout", "gssencmode"]  # fmt: skip
_TLS = ("sslmode", "sslrootcert", "sslcert", "sslkey")
_POOLER = (
    "WAREHOUSE_URL leads to a pooler that {does}, so that two runs could go at once and dbt would work as another "
    "role: name the server itself there, or a port of the pooler that keeps a server for each session"
)
_ready: dict[str, str] = {}  # the role that dbt works as, for each address that was checked


def ensure() -> str:
    """Start the embedded warehouse where needed, or take yours; check it and bring its `ops` tables up to date.

    Returns its URL, which the environment then holds too (`WAREHOUSE_URL`, and `WEIR_PG_…` for dbt).
    Raises WeirError when it can't be reached or is older than PostgreSQL 16.
    """
    load_env()
    given = os.environ.get("WAREHOUSE_URL")
    parts = _parts(given or embedded.start())
    url = address(**parts)
    if url not in _ready:
        token = f"s{uuid.uuid4().hex}"
        options = f"-c TimeZone=UTC -c weir.session={token}"
        with _open(url, is_embedded=not given, autocommit=False, options=options) as connection:
            _check_version(connection)
            if connection.execute("select current_setting('weir.session', true)").fetchone() != (token,):
                raise WeirError(_POOLER.format(does="drops what a session asks for"))
            _apply_schema(connection)
            _ready[url] = _find_role(connection)
    names = ("host", "port", "user", "password", "database", *_TLS)
    put({"WAREHOUSE_URL": url, **{f"WEIR_PG_{name.upper()}": str(parts[name]) for name in names}})
    return url


def dbt_role() -> str:
    """The role that dbt works as, which can't write raw or analytics; empty where the account may not make roles."""
    return _ready[ensure()]


def connect(autocommit: bool = False, **options: Any) -> psycopg.Connection:
    """A connection to the warehouse, its time zone UTC. Raises WeirError when it can't be reached."""
    return _open(ensure(), autocommit=autocommit, **options)


def create_database(name: str) -> str:
    """Make a database on the warehouse's server unless it is there; returns its URL."""
    parts = _parts(ensure())
    with connect(autocommit=True) as connection:
        if not connection.execute("select 1 from pg_database where datname = %s", [name]).fetchone():
            connection.execute(sql.SQL("create database {}").format(sql.Identifier(name)))
    return address(**{**parts, "database": name})


@contextmanager
def run_lock(wait: bool = True) -> Iterator[None]:
    """Hold the right to run: one run at a time per warehouse, by a lock that dies with its process.

    Raises WeirError at once when another run holds it and `wait` is false.
    """
    name = f"{LOCK_NAME}{os.getpid()} {socket.gethostname()}"[:63]  # bytes that PostgreSQL keeps
    with connect(autocommit=True, application_name=name) as connection:
        held = connection.execute(f"select pg_try_advisory_lock({_RUN_LOCK})").fetchone() == (True,)
        if not held and not wait:
            raise WeirError(
                "another run is under way on this warehouse: "
                "wait for it (`weir status` shows it), or leave --no-wait out"
            )
        if not held:
            connection.execute(f"select pg_advisory_lock({_RUN_LOCK})")
        _refuse_shared(connection)
        yield


def _refuse_shared(connection: psycopg.Connection) -> None:
    """Raise WeirError where a second session is given the server process of the first, and so its lock."""
    own = connection.execute("select pg_backend_pid()").fetchone()
    with connect(autocommit=True) as other:
        if other.execute("select pg_backend_pid()").fetchone() == own:
            raise WeirError(_POOLER.format(does="gives one server to several sessions"))


def stop() -> bool:
    """Stop the embedded warehouse; returns whether it was running. Yours, by `WAREHOUSE_URL`, is left alone."""
    load_env()
    return embedded.stop()


def address(host: str, port: int, user: str, password: str, database: str, **secure: str) -> str:
    """A postgresql:// URL from its parts, each quoted; `secure` are the options of TLS."""
    secret = f":{quote(password, safe='')}" if password else ""
    asked = {name: value for name, value in secure.items() if value and (name, value) != ("sslmode", "prefer")}
    end = f"?{urlencode(asked, quote_via=quote)}" if asked else ""
    return f"postgresql://{quote(user, safe='')}{secret}@{host}:{port}/{quote(database, safe='')}{end}"


def _parts(url: str) -> dict[str, Any]:
    """The parts of a postgresql:// URL. Raises WeirError when it is none."""
    hint = f"WAREHOUSE_URL must look like postgresql://user:password@host:5432/database; {QUOTING}"
    try:
        parsed = urlsplit(url)
        if torn(url):
            raise ValueError
        port = parsed.port or 5432
    except ValueError:
        raise WeirError(f"WAREHOUSE_URL can't be read: {hint}") from None
    if parsed.scheme.split("+")[0] not in {"postgresql", "postgres"} or not parsed.hostname:
        raise WeirError(f"WAREHOUSE_URL is no PostgreSQL address: {hint}")
    asked = tls.read(url, "WAREHOUSE_URL")
    tls.refuse_unknown(asked.others, _OPTIONS, "WAREHOUSE_URL")
    secure = {name: asked.options().get(name, "") for name in _TLS}
    return {
        "host": f"[{parsed.hostname}]" if ":" in parsed.hostname else parsed.hostname,
        "port": port,
        "user": unquote(parsed.username or "postgres"),
        "password": unquote(parsed.password or ""),
        "database": unquote(parsed.path.lstrip("/")) or "postgres",
        **secure,
        "sslmode": secure["sslmode"] or "prefer",
    }


def _open(url: str, is_embedded: bool = False, **options: Any) -> psycopg.Connection:
    try:
        return psycopg.connect(url, **_DEFAULTS | options)
    except psycopg.OperationalError as fault:
        where = urlsplit(url)
        if "password authentication failed" in str(fault):
            place = f"{where.hostname}:{where.port}"
            yours = f"the warehouse at {place} refuses user or password: mend WAREHOUSE_URL; {QUOTING}"
            raise WeirError(embedded.REFUSED if is_embedded else yours) from None
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
    """Bring `ops` up to date; its comment holds the digest of what was applied, so that most starts do nothing."""
    text = _SCHEMA.read_text()
    digest = "weir " + hashlib.sha256(text.encode()).hexdigest()[:16]
    query = "select obj_description(to_regnamespace('ops'), 'pg_namespace')"
    if connection.execute(query).fetchone() == (digest,):
        return
    connection.execute("select pg_advisory_xact_lock(hashtext('weir schema'))")
    connection.execute(text)
    connection.execute(sql.SQL("comment on schema ops is {}").format(digest))
