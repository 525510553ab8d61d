"""The hooks of dlt that landing stands on, by name; and that a job which runs again does nothing."""

import inspect
import os
import subprocess
import sys

import dlt
from dlt.common.destination.client import RunnableLoadJob
from dlt.destinations.impl.postgres.postgres import PostgresClient
from dlt.destinations.job_client_impl import SqlJobClientBase

from ingest.destination import Destination, LandingClient
from ingest.job import Run, land_table
from tests.support.landing import APP, AS_OF
from weir.project.sources import read_plan


def test_hooks_are_where_they_were():
    assert dlt.__version__.startswith("1.31.")
    assert list(inspect.signature(dlt.mark.with_file_import).parameters)[:3] == [
        "file_path",
        "file_format",
        "items_count",
    ]
    arguments = ["self", "table", "file_path", "load_id", "restore"]
    assert list(inspect.signature(PostgresClient.create_load_job).parameters) == arguments
    assert list(inspect.signature(SqlJobClientBase._build_schema_update_sql).parameters) == ["self", "storage_tables"]
    assert "self._load_id = load_id" in inspect.getsource(RunnableLoadJob.set_run_vars)
    assert "self.run()" in inspect.getsource(RunnableLoadJob.run_managed)
    assert Destination(credentials="postgresql://u:p@h/d").client_class is LandingClient


def test_a_job_that_runs_again_finds_its_receipt(landing, app):
    app.execute("create table users (id int primary key); insert into users values (1), (2)")
    landing.declare(APP)
    (source,) = read_plan(landing.folder).sources
    run = Run(source, landing.warehouse, "r", AS_OF, False, lambda event: None)
    first = land_table(run, source.tables[0], "load-1")
    app.execute("insert into users values (3)")
    again = land_table(run, source.tables[0], "load-1")
    assert (first.landed, again.landed) == (2, 2)
    assert landing.rows("select count(*) from raw_app.users") == [(2,)]
    assert land_table(run, source.tables[0], "load-2").landed == 1
    run.sessions.close()
    landing.balanced()


def test_the_plan_is_read_without_dlt():
    code = (
        "import sys, weir.project.sources, ingest.land; "
        "print([m for m in ('dlt', 'asyncpg', 'sqlalchemy') if m in sys.modules])"
    )
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout.strip() == "[]"


def test_what_a_killed_landing_left_on_disk_goes_with_the_next(landing, app, home):
    import psutil

    app.execute("create table users (id int primary key); insert into users values (1)")
    landing.declare(APP)
    gone = next(number for number in range(4_000_000, 5_000_000) if not psutil.pid_exists(number))
    for left in (home / "tmp" / str(gone), home / "tmp" / "mine"):
        left.mkdir(parents=True)
        (left / "rows").write_text("1")
    assert landing.one().state == "landed"
    assert not (home / "tmp" / str(gone)).exists()
    assert (home / "tmp" / "mine" / "rows").exists(), "what is no landing's is left alone"
    assert list((home / "tmp" / str(os.getpid())).iterdir()) == []
