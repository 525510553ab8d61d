"""The proof that nothing was lost: what `weir verify` compares, and how.

In: the sources, raw, staging, quarantine, the published marts. Out: a `Proof`: the balance, sources against raw, raw
against staging and quarantine, marts against their publication; a fault names table, key and column. All compare side
by side, and the warehouse makes each comparison, so no table is held in memory.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial

import psycopg

from ingest.results import SourceComparison
from weir import warehouse
from weir.core.errors import WeirError
from weir.core.faults import one_line
from weir.core.settings import project_dir
from weir.core.side_by_side import SideBySide
from weir.dbt.compiled import staging_models_beside
from weir.ledger.balance import lines
from weir.ledger.equations import Line, equations
from weir.ledger.staged import on_spark
from weir.ledger.verify import StagingComparison, StagingModel, compare_staged
from weir.ledger.verify_on_spark import compare_on_spark
from weir.project.names import shortened
from weir.publish.verify import MartComparison, compare_published
from weir.spark.server import chosen, required, session
from weir.warehouse.catalog import raw_sizes
from weir.warehouse.run_lock import run_lock

Report = Callable[[str, int, float], None]  # what was compared, its rows, its seconds


@dataclass
class Proof:
    """All comparisons; `faults` has one line for each that fails."""

    lines: list[Line] = field(default_factory=list)
    in_lake: list[str] = field(default_factory=list)  # tables that are not compared with their sources
    sources: list[SourceComparison] = field(default_factory=list)  # sources against raw
    staging: list[StagingComparison] = field(default_factory=list)  # raw against staging and quarantine
    marts: list[MartComparison] = field(default_factory=list)  # marts against their publication

    @property
    def faults(self) -> list[str]:
        """One line per fault: the table, the fault, the keys and columns."""
        found = [equation.sentence for equation in equations(self.lines) if not equation.holds]
        for table in self.sources:
            found += table_faults(f"{table.source}.{table.table}", table, "between the source and raw")
            if table.message:
                found.append(f"{table.source}.{table.table}: {table.message}")
        for staged in self.staging:
            model = staged.model
            where = f"between raw and {model.name} with its quarantine"
            found += table_faults(f"{model.source}.{model.table}", staged, where)
            if staged.message:
                found.append(f"{model.source}.{model.table}: {staged.message}")
        return found + [mart.fault for mart in self.marts if mart.fault]


def prove(
    sources: list[str] | None = None,
    report: Report = lambda what, rows, seconds: None,
) -> Proof:
    """Compare the sources named, or all; holds the run lock, so that nothing changes meanwhile.

    Sources, staging models and marts are compared side by side; `report` is told of each that is done. What can't be
    compared has a message, and the others go on. Raises WeirError when the project can't be compiled.
    """
    from ingest import verify
    from weir.project.sources import read_plan

    with run_lock(), staging_models_beside() as compiled:
        proof = Proof([line for line in lines() if not sources or line.source in sources])
        jobs = SideBySide(verify.THREADS, verify.EACH)
        plan = read_plan(project_dir())
        proof.in_lake = plan.in_lake(sources)
        proof.sources = verify.add_comparisons(
            jobs, plan, sources,
            lambda done: report(f"{done.source}.{done.table} against raw", done.source_rows, done.seconds),
        )  # fmt: skip

        def staging() -> None:
            behind = _lake_fault()
            with warehouse.connect() as connection:
                sizes = raw_sizes(connection)
            for model in compiled():
                if not sources or model.source in sources:
                    do = partial(_compare_staging, jobs, model, proof, report, behind)
                    name = f"{shortened(f'raw_{model.source}')}.{shortened(model.table)}"
                    jobs.add("staging", do, sizes.get(name, 0))

        jobs.add("dbt", staging)
        if not sources:
            jobs.add("marts", partial(_compare_marts, jobs, proof, report))
        jobs.run()
    proof.staging.sort(key=lambda found: found.model.name)
    return proof


def _lake_fault() -> str:
    """Bring the lake up to date where staging lies on Spark; returns why that failed, or nothing."""
    with warehouse.connect() as connection:
        server = chosen() if on_spark(connection) else None
    if server is None:
        return ""
    from weir.spark.current import bring_up_to_date

    try:
        bring_up_to_date(server)
    except WeirError as fault:
        return str(fault)
    return ""


def _compare_staging(jobs: SideBySide, model: StagingModel, proof: Proof, report: Report, behind: str) -> None:
    begun = time.monotonic()
    try:
        if behind:
            raise WeirError(behind)
        with warehouse.connect() as connection, jobs.ended_by(connection.cancel):
            found = _compared(connection, model)
            connection.rollback()
    except (WeirError, psycopg.Error) as fault:
        found = StagingComparison(model, message=f"staging.{model.name} can't be compared: {one_line(fault)}")
    proof.staging.append(found)
    report(f"raw against {model.name}", found.live, time.monotonic() - begun)


def _compared(connection: psycopg.Connection, model: StagingModel) -> StagingComparison:
    """Compare the model where it was staged last."""
    there = on_spark(connection)
    if not there:
        return compare_staged(connection, model)
    if model.name not in there:
        raise WeirError("PostgreSQL staged it last, and Spark the others: `weir build` stages all on one of them")
    with session(required("its rows are compared there")) as cursor:
        return compare_on_spark(connection, cursor, model)


def _compare_marts(jobs: SideBySide, proof: Proof, report: Report) -> None:
    begun = time.monotonic()
    with warehouse.connect() as connection, jobs.ended_by(connection.cancel):
        proof.marts = compare_published(connection)
    report("the marts that readers see", sum(mart.rows or 0 for mart in proof.marts), time.monotonic() - begun)


def table_faults(table: str, found: SourceComparison | StagingComparison, where: str) -> list[str]:
    """One line with the numbers of rows that differ, and examples; none where no row differs."""
    wrong = {"missing": found.missing, "extra": found.extra, "different": found.different}
    if not any(wrong.values()):
        return []
    counts = ", ".join(f"{number} {word}" for word, number in wrong.items() if number)
    more = f": {'; '.join(found.examples[:3])}" if found.examples else ""
    return [f"{table}: {counts} {where}{more}"]
