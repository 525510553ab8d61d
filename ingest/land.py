"""Landing: lands the tables of a plan, with one dlt pipeline per source, sources side by side.

In: a Plan, the run's id and clock. Out: rows in raw, receipts in `ops.landings`, one SourceResult per source.
The receipts alone hold the state. A load package that a killed run left behind is dropped: rows that it committed have
their receipt, and the others are read again. Alone: `weir land`.
"""

import json
import logging
import os
import shutil
import tempfile
import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ingest.results import SourceResult, TableEvent, reasons
from ingest.scratch import scratch, sweep
from weir.core.causes import Cause
from weir.core.errors import WeirError
from weir.core.secrets import redact
from weir.project.plan import Plan, Source

if TYPE_CHECKING:
    from ingest.job import Run

Report = Callable[[TableEvent], None]
WORKERS = 3  # tables of one source that land side by side
# dlt's settings for landing; they hold whatever a person's own dlt configuration says.
_SETTINGS = {
    "RUNTIME__DLTHUB_TELEMETRY": "false", "RUNTIME__LOG_LEVEL": "CRITICAL", "RESTORE_FROM_DESTINATION": "false",
    "LOAD__RAISE_ON_FAILED_JOBS": "false", "LOAD__WORKERS": str(WORKERS), "LOAD__DELETE_COMPLETED_JOBS": "true",
    "SCHEMA__NAMING": "sql_cs_v1", "ENABLE_RUNTIME_TRACE": "false", "PROVIDERS__ENABLE_AIRFLOW_SECRETS": "false",
}  # fmt: skip


def land_sources(
    plan: Plan,
    *,
    run_id: str | None,
    as_of: datetime,
    sources: list[str] | None = None,
    tables: list[str] | None = None,
    full: bool = False,
    report: Report | None = None,
) -> list[SourceResult]:
    """Land the sources and tables named, or all; `full` compares every table whole.

    A source that fails becomes a SourceResult with one line, never an exception. Raises WeirError when a name is not
    declared or the warehouse can't be reached.
    """
    from weir import warehouse

    picked = [source for source in plan.pick(sources, tables) if source.tables or source.choice]
    url = warehouse.url_of(warehouse.Role.LOADER)
    if not picked:
        return []
    os.environ.update(_SETTINGS)
    sweep()
    import dlt  # noqa: F401  imported once, before the threads need it

    from ingest.job import Run

    runs = [Run(source, url, run_id, as_of, full, report or (lambda event: None)) for source in picked]
    with ThreadPoolExecutor(len(runs), "land") as pool:
        return list(pool.map(_land_source, runs))


def _land_source(run: "Run") -> SourceResult:
    """Land one source, by one pipeline and one load package."""
    from ingest.connectors.registry import module_of
    from ingest.faults import cause, one_line

    source: Source = run.source
    load_id, message, why = None, "", Cause.UNKNOWN
    try:
        module_of(source)
        source = run.complete()
        load_id = _run_pipeline(run)
    except Exception as fault:
        first = fault
        while first.__cause__ is not None and not isinstance(first, WeirError):
            first = first.__cause__  # type: ignore[assignment]
        message, why = one_line(first, source), cause(first)
    events = [run.done[table.name] for table in source.tables if table.name in run.done]
    failed = [event for event in events if event.state == "failed"]
    if failed:
        message = reasons(failed)
    elif not message and len(events) < len(source.tables):
        message = f"{source.name}: only {len(events)} of {len(source.tables)} tables were landed: run again"
        why = Cause.LANDING_FAILED
    return SourceResult(source.name, "failed" if message else "landed", redact(message), events, load_id, why)


def _run_pipeline(run: "Run") -> str | None:
    import dlt

    from ingest.destination import Destination
    from ingest.job import RUNS
    from weir.core.settings import home

    token = uuid.uuid4().hex
    RUNS[token] = run
    name = run.source.name
    work = Path(tempfile.mkdtemp(prefix=f"{name}-", dir=scratch()))
    logging.getLogger("dlt").setLevel(logging.CRITICAL)

    def windows() -> Iterator[Any]:
        for _ in range(min(WORKERS, len(run.waiting))):
            file = work / f"{uuid.uuid4().hex}.csv"
            file.write_text(json.dumps({"run": token}))
            yield dlt.mark.with_file_import(str(file), "csv", 1)

    try:
        pipeline = dlt.pipeline(
            f"weir_{name}",
            pipelines_dir=str(home() / "dlt"),
            destination=Destination(credentials=run.warehouse),
            dataset_name=f"raw_{name}",
        )
        if pipeline.has_pending_data:
            pipeline.abort_packages()
        resource = dlt.resource(windows(), name="windows", write_disposition="append")
        info = pipeline.run(dlt.source(lambda: resource, name=name)())
        return info.loads_ids[0] if info and info.loads_ids else None
    finally:
        RUNS.pop(token, None)
        run.sessions.close()
        shutil.rmtree(work, ignore_errors=True)
