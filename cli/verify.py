"""`weir verify`: proves that nothing was lost, and prints the proof.

In: the sources, raw, staging, quarantine, the published marts. Out: a `Proof`: the balance, sources against raw, raw
against staging and quarantine, marts against their publication; a fault names table, key and column. Alone: `weir
verify`. The warehouse makes each comparison, so no table is held in memory.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from weir import warehouse
from weir.core import hooks, terminal
from weir.core.settings import project_dir
from weir.core.terminal import say, table, without_zeros
from weir.dbt.compiled import staging_models
from weir.ledger.balance import lines
from weir.ledger.equations import Line, equations
from weir.ledger.report import print_balance
from weir.ledger.verify import StagingComparison, compare_staged
from weir.publish.verify import MartComparison, compare_published
from weir.warehouse.run_lock import run_lock


@dataclass
class Proof:
    """All comparisons; `faults` has one line for each that fails."""

    lines: list[Line] = field(default_factory=list)
    checks: list[Any] = field(default_factory=list)  # of ingest.verify: a source against raw
    findings: list[StagingComparison] = field(default_factory=list)  # raw against staging and quarantine
    marts: list[MartComparison] = field(default_factory=list)  # what readers see against what was published

    @property
    def faults(self) -> list[str]:
        """One line per fault: the table, the fault, the keys and columns."""
        found = [equation.sentence for equation in equations(self.lines) if not equation.holds]
        for check in self.checks:
            wrong = {"missing": check.missing, "extra": check.extra, "different": check.different}
            found += _faults(f"{check.source}.{check.table}", wrong, "between the source and raw", check.examples)
            if getattr(check, "message", ""):
                found.append(f"{check.source}.{check.table}: {check.message}")
        for finding in self.findings:
            model = finding.model
            wrong = {"missing": finding.missing, "extra": finding.extra, "different": finding.different}
            where = f"{model.source}.{model.table}"
            found += _faults(where, wrong, f"between raw and {model.name} with its quarantine", finding.examples)
        return found + [check.fault for check in self.marts if check.fault]


def prove(
    sources: list[str] | None = None,
    at_sources: bool = True,
    report: Callable[[str], None] = lambda step: None,
) -> Proof:
    """Compare the sources named, or all; holds the run lock, so that nothing changes meanwhile.

    Raises WeirError when a source can't be reached or the project can't be compiled.
    """
    with run_lock():
        proof = Proof()
        report("the counts of every run")
        proof.lines = [line for line in lines() if not sources or line.source in sources]
        if at_sources:
            report("every source against raw")
            from ingest.verify import compare_with_sources
            from weir.project.sources import read_plan

            proof.checks = compare_with_sources(read_plan(project_dir()), sources)
        for model in staging_models():
            if not sources or model.source in sources:
                report(f"raw against {model.name} and its quarantine")
                with warehouse.connect() as connection:
                    proof.findings.append(compare_staged(connection, model))
                    connection.rollback()
        if not sources:
            report("the marts that readers see")
            with warehouse.connect() as connection:
                proof.marts = compare_published(connection)
    return proof


def _faults(table: str, wrong: dict[str, int], where: str, examples: list[str]) -> list[str]:
    if not any(wrong.values()):
        return []
    told = ", ".join(f"{number} {word}" for word, number in wrong.items() if number)
    more = f": {'; '.join(examples[:3])}" if examples else ""
    return [f"{table}: {told} {where}{more}"]


def print_proof(sources: Sequence[str] | None, counts_only: bool) -> int:
    """Print the balance and the proof; 1 when something does not hold."""
    from weir.ledger.balance import lines

    if counts_only:
        proof = Proof([line for line in lines() if not sources or line.source in sources])
    else:
        hooks.call(hooks.BEFORE_LANDING)
        console = terminal.console(stderr=True)
        with console.status("verifying …") as progress:
            proof = prove(
                list(sources) if sources else None, report=lambda step: progress.update(f"verifying {step} …")
            )
    print_balance(proof.lines)
    _print_comparisons(proof)
    for fault in proof.faults:
        terminal.fail(fault)
    return int(bool(proof.faults))


def _print_comparisons(found: Any) -> None:
    """Print each source against raw, raw against staging and quarantine, and the marts."""
    if found.checks:
        columns, rows = without_zeros(
            ["table", "promise", "duplicates#", "at source#", "raw#", "missing#", "extra#", "different#",
             "changed since#", "holds"],
            [
                [f"{check.source}.{check.table}", check.promise, check.duplicates, check.source_rows, check.raw_rows,
                 check.missing, check.extra, check.different, check.changed_since, check.holds]
                for check in found.checks
            ],
        )  # fmt: skip
        table("Sources against raw", columns, rows)
    if found.findings:
        table(
            "Raw against staging and quarantine",
            ["model", "live in raw#", "staging#", "quarantine#", "missing#", "extra#", "different#", "holds"],
            [
                [finding.model.name, finding.live, finding.staging, finding.quarantined, finding.missing,
                 finding.extra, finding.different, finding.holds]
                for finding in found.findings
            ],
        )  # fmt: skip
    if found.marts:
        table(
            f"What readers see against publication {found.marts[0].publication}",
            ["mart", "published#", "rows#", "holds"],
            [[check.mart, check.published_rows, check.rows, check.holds] for check in found.marts],
        )
    if found.findings and not found.faults:
        say("Verified: nothing was lost.", style="bold green")
