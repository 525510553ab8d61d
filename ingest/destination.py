"""The destination: dlt's own for PostgreSQL, whose load jobs read the source and stream into the warehouse.

In: a load package whose job files are windows (tiny, `{"run": …}`); each lands one waiting table of the source after
another. Out: per table, rows, receipt and state, committed together in `ops.landings` under (load id, table); what is
landed again under the same load finds its receipt and does nothing. dlt keeps the packages and its own `_dlt_…`
tables; the tables of raw are made by the job, in its transaction. Built on dlt 1.31; tests/ingest/test_destination.py
names each hook.
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


class WindowJob(RunnableLoadJob, HasFollowupJobs):
    """A load job that lands the tables that wait: dlt's own work for a job costs more than finding nothing new."""

    def run(self) -> None:
        """Land; a failure is final for this package, for the flow repeats what is safe to repeat."""
        run = RUNS[json.loads(Path(self._file_path).read_text())["run"]]
        failed = []
        with run.turn:
            run.jobs += 1
        while (table := run.next_table()) and (event := land_table(run, table, self._load_id)):
            failed += [event.message] if event.state == "failed" else []
        if failed:
            raise DestinationTerminalException(failed[0])


class WindowClient(PostgresClient):
    """dlt's client, which makes dlt's own tables only and runs windows."""

    def create_load_job(self, table: Any, file_path: str, load_id: str, restore: bool = False) -> Any:
        """A window for every file of ours; anything else as dlt does it."""
        if table["name"].startswith("_dlt"):
            return super().create_load_job(table, file_path, load_id, restore)
        return WindowJob(file_path)

    def _build_schema_update_sql(self, storage_tables: Any) -> Any:
        ours = [(name, columns) for name, columns in storage_tables if name.startswith("_dlt")]
        return super()._build_schema_update_sql(ours)


@configspec(init=False)
class Address(PostgresCredentials):
    """The warehouse's address as dlt wants it; dlt's own imports all of SQLAlchemy to take a URL apart."""

    def parse_native_representation(self, native_value: Any) -> None:
        """Take the URL apart."""
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
    """dlt's, with our address."""

    credentials: Address = None  # type: ignore[assignment]


class warehouse(postgres):
    """dlt's postgres destination with our client."""

    spec = WarehouseConfiguration  # type: ignore[assignment]

    def configuration(self, initial_config: Any, accept_partial: bool = False) -> Any:
        """dlt's own, resolved once per data set: it asks three times for each job."""
        known = self.__dict__.setdefault("_resolved", {})
        name = getattr(initial_config, "dataset_name", None)
        if accept_partial or name is None:
            return super().configuration(initial_config, accept_partial)
        if name not in known:
            known[name] = super().configuration(initial_config, accept_partial)
        return known[name]

    def capabilities(self, config: Any = None, naming: Any = None) -> Any:
        """dlt's own; without resolving the configuration anew at each of its hundred questions."""
        found = super().capabilities(config or self.spec(), naming)
        found.loader_file_format_selector = None  # type: ignore[assignment]  # it looks for a driver of Parquet, for every file anew
        return found

    @property
    def client_class(self) -> type[WindowClient]:
        """The class that runs the jobs."""
        return WindowClient


warehouse.register()
