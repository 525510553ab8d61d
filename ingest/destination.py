"""The destination: dlt's own for PostgreSQL, with load jobs that read the source and stream into the warehouse.

In: a load package whose job files hold no rows, only the token of a Run (`{"run": …}`); each job lands one waiting
table after another. Out: for each table its rows, its receipt and its state, committed together; the receipt stands in
`ops.landings` under (load id, table). A job that runs again under the same load finds the receipt and does nothing. dlt
keeps the packages and its own `_dlt_…` tables; the job makes the tables of raw, in its transaction. Built on dlt 1.31;
tests/ingest/test_destination.py names each hook.
"""

import json
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, quote, unquote, urlencode, urlsplit

from dlt.common.configuration import configspec
from dlt.common.destination.client import HasFollowupJobs, RunnableLoadJob
from dlt.destinations.exceptions import DestinationTerminalException
from dlt.destinations.impl.postgres.configuration import PostgresClientConfiguration, PostgresCredentials
from dlt.destinations.impl.postgres.factory import postgres
from dlt.destinations.impl.postgres.postgres import PostgresClient

from ingest.job import RUNS, land_table


class LandingJob(RunnableLoadJob, HasFollowupJobs):
    """A load job that lands waiting tables one after another: a job of its own for each would cost dlt more than a
    landing that finds nothing new."""

    def run(self) -> None:
        """Land waiting tables until there is none.

        A failure is final for this load package: the flow repeats landings.
        """
        run = RUNS[json.loads(Path(self._file_path).read_text())["run"]]
        failed = []
        with run.turn:
            run.jobs += 1
        while (table := run.next_table()) and (event := land_table(run, table, self._load_id)):
            failed += [event.message] if event.state == "failed" else []
        if failed:
            raise DestinationTerminalException(failed[0])


class LandingClient(PostgresClient):
    """dlt's client; it makes dlt's own tables only, and its load jobs are LandingJobs."""

    def create_load_job(self, table: Any, file_path: str, load_id: str, restore: bool = False) -> Any:
        """A LandingJob for each of our files; dlt's own job for dlt's tables."""
        if table["name"].startswith("_dlt"):
            return super().create_load_job(table, file_path, load_id, restore)
        return LandingJob(file_path)

    def _build_schema_update_sql(self, storage_tables: Any) -> Any:
        ours = [(name, columns) for name, columns in storage_tables if name.startswith("_dlt")]
        return super()._build_schema_update_sql(ours)


@configspec(init=False)
class Address(PostgresCredentials):
    """The warehouse's address as dlt wants it; dlt's own class imports all of SQLAlchemy to parse a URL."""

    def parse_native_representation(self, native_value: Any) -> None:
        """Parse the URL."""
        parts = urlsplit(native_value)
        self.username, self.password = unquote(parts.username or ""), unquote(parts.password or "")
        self.host, self.port = parts.hostname, parts.port or 5432
        self.database, self.query = unquote(parts.path.lstrip("/")), dict(parse_qsl(parts.query))

    def to_native_representation(self) -> str:
        """The URL, for psycopg2."""
        place = f"[{self.host}]" if ":" in self.host else self.host
        account = f"{quote(self.username, safe='')}:{quote(self.password, safe='')}"
        query = urlencode({name: str(value) for name, value in self.get_query().items()})
        return f"postgresql://{account}@{place}:{self.port}/{quote(self.database, safe='')}?{query}"

    def __str__(self) -> str:
        return f"postgresql://{self.host}:{self.port}/{self.database}"


@configspec
class WarehouseConfiguration(PostgresClientConfiguration):
    """dlt's configuration, with our address."""

    credentials: Address = None  # type: ignore[assignment]


class Destination(postgres):
    """dlt's postgres destination with our client."""

    spec = WarehouseConfiguration  # type: ignore[assignment]

    def configuration(self, initial_config: Any, accept_partial: bool = False) -> Any:
        """dlt's own configuration, resolved once per data set: dlt asks for it three times per job."""
        known = self.__dict__.setdefault("_resolved", {})
        name = getattr(initial_config, "dataset_name", None)
        if accept_partial or name is None:
            return super().configuration(initial_config, accept_partial)
        if name not in known:
            known[name] = super().configuration(initial_config, accept_partial)
        return known[name]

    def capabilities(self, config: Any = None, naming: Any = None) -> Any:
        """dlt's own capabilities, without resolving the configuration for each of dlt's hundred calls."""
        found = super().capabilities(config or self.spec(), naming)
        # it would look for a Parquet driver for every file
        found.loader_file_format_selector = None  # type: ignore[assignment]
        return found

    @property
    def client_class(self) -> type[LandingClient]:
        """The class that runs the jobs."""
        return LandingClient


Destination.register()
