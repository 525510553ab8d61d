"""The registry: picks the connector of a source by the scheme of its URL."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

from ingest.connectors.base import Connector
from weir.core.settings import env_url
from weir.project.plan import Source

_MODULES = {
    "postgresql": "postgres.connector",
    "postgres": "postgres.connector",
    "file": "files.connector",
    "s3": "files.connector",
    "gs": "files.connector",
    "gcs": "files.connector",
    "az": "files.connector",
    "abfs": "files.connector",
    "memory": "files.connector",
    "http": "rest.connector",
    "https": "rest.connector",
    "mysql": "mysql.connector",
    "mariadb": "mysql.connector",
    "mongodb": "mongodb.connector",
}


def module_of(source: Source) -> str:
    """The name of the connector's module. Raises WeirError when the URL is unset or its kind unknown."""
    scheme = urlsplit(env_url(source.connection)).scheme.lower().split("+")[0]
    return _MODULES.get(scheme, "sql")


@contextmanager
def open_connector(source: Source, loop: asyncio.AbstractEventLoop) -> Iterator[Connector]:
    """Open the source's connector, and close it at the end."""
    from importlib import import_module

    kind = import_module(f"ingest.connectors.{module_of(source)}")
    connector: Connector = kind.Connector(source, env_url(source.connection), loop)
    try:
        yield connector
    finally:
        connector.close()
