"""A build on Spark brings what landed to the lake before dbt's own part, and what was built back after it.

In: the server of WEIR_SPARK_URL, a Todo. Out: raw in the lake; what PostgreSQL alone has (the views of models/ops, its
manifest, compiled code for whoever asks raw and staging's rows there); ledger, quarantine and marts in the warehouse.
"""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

from weir import warehouse
from weir.core import terminal
from weir.core.errors import WeirError, anew
from weir.core.settings import project_dir
from weir.dbt import kept_files
from weir.dbt.results import Built
from weir.dbt.selection import Todo, Why
from weir.project.code import digest
from weir.project.marts import manifest_path
from weir.spark.server import Server, chosen, require_packages, session

_KEPT = "views-of-ops"
_PLACE = "select system_identifier || '/' || current_database() from pg_control_system()"
# Somebody whose rows stand in Spark's tables, and in their old versions, until they are made anew.
_FORGOTTEN = "select exists (select from ops.erased inner join ops.spark_staging on erased_at > cleared_at)"


def prepare_warehouse(run_id: str, as_of: datetime) -> None:
    """Make what PostgreSQL alone has, where code or warehouse is not that for which it was made. Raises WeirError."""
    from weir.dbt.worker import DbtProcess

    with warehouse.connect() as connection:
        (place,) = connection.execute(_PLACE).fetchone() or ("",)
    made_by = {"made_by": digest(project_dir()), "warehouse": place}
    if kept_files.read(_KEPT) == made_by and manifest_path().exists():
        return
    dbt = DbtProcess(run_id, as_of, of_postgres=True)
    try:
        dbt.make_views_of_ops()
    finally:
        dbt.end()
    kept_files.write(_KEPT, made_by)


def require_settings() -> None:
    """Raise WeirError where Spark is to build and its settings, its packages or the lake are not as they must be.

    Before a run lands: what landed would wait for a setting to be mended. Whether the server answers is not asked.
    """
    if chosen() is None:
        return
    from weir.spark.lake.opening import open_lake

    require_packages()
    with warehouse.connect() as connection:
        open_lake(connection)


class Passage:
    """The way of one build to Spark and back; `report` is told of each step."""

    def __init__(self, server: Server, report: Callable[[str], None]) -> None:
        self.server, self.report = server, report
        terminal.say(f"dbt builds on Spark, {server.host}:{server.port}.")
        self._forgotten = False

    def there(self, todo: Todo) -> Todo:
        """Bring what landed to Spark; returns what is to be built there. Raises WeirError."""
        from weir.spark.current import bring_up_to_date

        sent = bring_up_to_date(self.server, lambda what: self.report(f"to the lake: {what}"))
        for note in sent.notes:
            terminal.warn(note)
        with warehouse.connect() as connection:
            self._forgotten = connection.execute(_FORGOTTEN).fetchone() == (True,)
        if todo.prove:
            terminal.warn("on Spark a proof makes batched models anew as a whole, and does not say what was wrong")
        if self._forgotten:
            terminal.say(
                "Somebody was forgotten since the last build: Spark's tables are made anew. Those that dbt by hand has "
                "made there (dev_…) are gone: `dbt build` makes them again."
            )
            todo = replace(todo, why=Why.FULL_REFRESH, select=None, full_refresh=True)
        return replace(todo, tested_at="")  # tests read all rows there

    def back(self, built: Built) -> None:
        """Bring ledger and quarantine back, and the marts of a build that passed. Raises WeirError."""
        from weir.spark.back import built as spark

        try:
            with session(self.server) as cursor, warehouse.connect(role=warehouse.Role.DBT) as connection:
                spark.bring_back_staging(connection, cursor, self._told)
                connection.commit()
                if built.passed:
                    spark.bring_back_marts(connection, cursor, built.tried, self._told)
                    connection.commit()
                if built.passed and self._forgotten:
                    # last: after a build that failed, or was killed, the next one makes all anew again
                    connection.execute("update ops.spark_staging set cleared_at = clock_timestamp()")
                    connection.commit()
        except WeirError as fault:
            failed = "" if built.passed else f"{built.sentence}; "
            raise anew(f"{failed}what Spark built does not come back: {fault}", fault) from None

    def _told(self, what: str) -> None:
        self.report(f"from Spark: {what}")
