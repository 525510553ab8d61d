"""The registry: picks the connector of a source, and what describes it, by the scheme of its URL."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

from ingest.connectors.base import Connector
from weir.core.causes import Cause
from weir.core.errors import caused
from weir.core.settings import env_url
from weir.project.plan import Source
from weir.project.scaffold.described import Describer

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
    return _of_scheme(env_url(source.connection))


def _of_scheme(url: str) -> str:
    return _MODULES.get(urlsplit(url).scheme.lower().split("+")[0], "sql")


@contextmanager
def open_connector(source: Source, loop: asyncio.AbstractEventLoop) -> Iterator[Connector]:
    """Open the source's connector, and close it at the end."""
    from importlib import import_module

    kind = import_module(f"ingest.connectors.{module_of(source)}")
    with caused(Cause.SOURCE_ADDRESS):
        connector: Connector = kind.Connector(source, env_url(source.connection), loop)
    try:
        yield connector
    finally:
        connector.close()


@contextmanager
def open_describer(connection: str, url: str, document: str = "") -> Iterator[Describer]:
    """Open what describes the source at this address, and close it at the end.

    `connection` is the name of the variable that holds, or will hold, the address; errors name it. `document` is the
    file or address of a REST API's OpenAPI document. Raises WeirError when the source can't be reached.
    """
    from importlib import import_module

    module = _of_scheme(url)
    name = "sql_describe" if module == "sql" else module.replace(".connector", ".describe")
    kind = import_module(f"ingest.connectors.{name}")
    describer: Describer = kind.Describer(connection, url, document) if document else kind.Describer(connection, url)
    try:
        yield describer
    finally:
        describer.close()
