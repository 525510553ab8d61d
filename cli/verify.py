"""`weir verify`: proves that nothing was lost, and prints the proof.

In: the sources, raw, staging, quarantine, the published marts. Out: a `Proof`: the balance, sources against raw, raw
against staging and quarantine, marts against their publication; a fault names table, key and column. Alone: `weir
verify`. The warehouse makes each comparison, so no table is held in memory.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

from ingest.results import SourceComparison
from weir import warehouse
from weir.access.carried import read_lineage
from weir.access.disclosures import disclose
from weir.access.veil import has_personal_key, refuse_without_reason
from weir.core import hooks, terminal
from weir.core.env import load_project
from weir.core.settings import project_dir
from weir.dbt.compiled import staging_models
from weir.incidents import observed
from weir.incidents.fault import Looked
from weir.incidents.settled import settled
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
    sources: list[SourceComparison] = field(default_factory=list)  # sources against raw
    staging: list[StagingComparison] = field(default_factory=list)  # raw against staging and quarantine
    marts: list[MartComparison] = field(default_factory=list)  # marts against their publication

    @property
    def faults(self) -> list[str]:
        """One line per fault: the table, the fault, the keys and columns."""
        found = [equation.sentence for equation in equations(self.lines) if not equation.holds]
        for table in self.sources:
            found += _faults(f"{table.source}.{table.table}", table, "between the source and raw")
            if table.message:
                found.append(f"{table.source}.{table.table}: {table.message}")
        for staged in self.staging:
            model = staged.model
            where = f"between raw and {model.name} with its quarantine"
            found += _faults(f"{model.source}.{model.table}", staged, where)
        return found + [mart.fault for mart in self.marts if mart.fault]


def prove(
    sources: list[str] | None = None,
    report: Callable[[str], None] = lambda step: None,
) -> Proof:
    """Compare the sources named, or all; holds the run lock, so that nothing changes meanwhile.

    Raises WeirError when a source can't be reached or the project can't be compiled.
    """
    with run_lock():
        proof = Proof()
        report("the counts of every run")
        proof.lines = [line for line in lines() if not sources or line.source in sources]
        report("every source against raw")
        from ingest.verify import compare_with_sources
        from weir.project.sources import read_plan

        proof.sources = compare_with_sources(read_plan(project_dir()), sources)
        for model in staging_models():
            if not sources or model.source in sources:
                report(f"raw against {model.name} and its quarantine")
                with warehouse.connect() as connection:
                    proof.staging.append(compare_staged(connection, model))
                    connection.rollback()
        if not sources:
            report("the marts that readers see")
            with warehouse.connect() as connection:
                proof.marts = compare_published(connection)
    return proof


def _faults(table: str, found: SourceComparison | StagingComparison, where: str) -> list[str]:
    """One line with the numbers of rows that differ, and examples; none where no row differs."""
    wrong = {"missing": found.missing, "extra": found.extra, "different": found.different}
    if not any(wrong.values()):
        return []
    counts = ", ".join(f"{number} {word}" for word, number in wrong.items() if number)
    more = f": {'; '.join(found.examples[:3])}" if found.examples else ""
    return [f"{table}: {counts} {where}{more}"]


def print_proof(
    sources: Sequence[str] | None, counts_only: bool, with_pii: bool = False, because: str | None = None
) -> int:
    """Print the balance and the proof; 1 when something does not hold.

    Keys that are personal are named only `with_pii`, and `because` is written down.
    """
    load_project()
    refuse_without_reason(with_pii, because)
    if counts_only:
        proof = Proof([line for line in lines() if not sources or line.source in sources])
    else:
        hooks.call(hooks.BEFORE_LANDING)
        console = terminal.console(stderr=True)
        with console.status("verifying …") as progress:
            proof = prove(list(sources or []) or None, lambda step: progress.update(f"verifying {step} …"))
        _veil(proof, because)
    settled(lambda: [_looked(proof)])
    print_balance(proof.lines)
    _print_comparisons(proof)
    for fault in proof.faults:
        terminal.fail(fault)
    return int(bool(proof.faults))


def _looked(proof: Proof) -> Looked:
    """What the proof has looked at, and what is wrong there. Loads that wait for a build are no fault."""
    looked = Looked()
    observed.balanced(looked, proof.lines, every_load=True)
    for table in proof.sources:
        name = f"{table.source}.{table.table}"
        observed.verified(looked, name, _faults(name, replace(table, examples=[]), "between the source and raw"))
        if table.message:
            observed.unreachable(looked, table.source, table.cause, table.message)
    for staged in proof.staging:
        name, where = f"{staged.model.source}.{staged.model.table}", f"between raw and {staged.model.name}"
        observed.verified(looked, name, _faults(name, replace(staged, examples=[]), f"{where} with its quarantine"))
    observed.compared(looked, proof.marts)
    return looked


def _veil(proof: Proof, because: str | None) -> None:
    """Take the keys that are personal out of the examples, or write down that they are shown."""
    comparisons: list[SourceComparison | StagingComparison] = [*proof.sources, *proof.staging]
    named = [each for each in comparisons if each.examples]
    lineage = read_lineage() if named else None
    for each in named:
        model = each.model if isinstance(each, StagingComparison) else each
        if lineage is None or not has_personal_key(lineage, model.source, model.table):
            continue
        if because:
            with warehouse.connect() as connection:
                disclose(connection, "verify", because, len(each.examples), f"{model.source}.{model.table}")
        else:
            each.examples = ['their keys are personal: weir verify --with-pii --because "why you must see them"']


def _print_comparisons(found: Proof) -> None:
    """Print each source against raw, raw against staging and quarantine, and the marts."""
    if found.sources:
        columns, rows = terminal.without_zeros(
            ["table", "promise", "duplicates#", "at source#", "raw#", "missing#", "extra#", "different#",
             "changed since#", "holds"],
            [
                [f"{each.source}.{each.table}", each.promise, each.duplicates, each.source_rows, each.raw_rows,
                 each.missing, each.extra, each.different, each.changed_since, each.holds]
                for each in found.sources
            ],
        )  # fmt: skip
        terminal.table("Sources against raw", columns, rows)
    if found.staging:
        terminal.table(
            "Raw against staging and quarantine",
            ["model", "live in raw#", "staging#", "quarantine#", "missing#", "extra#", "different#", "holds"],
            [
                [each.model.name, each.live, each.staging, each.quarantined, each.missing,
                 each.extra, each.different, each.holds]
                for each in found.staging
            ],
        )  # fmt: skip
    if found.marts:
        terminal.table(
            f"What readers see against publication {found.marts[0].publication}",
            ["mart", "published#", "rows#", "holds"],
            [[mart.mart, mart.published_rows, mart.rows, mart.holds] for mart in found.marts],
        )
    if found.staging and not found.faults:
        terminal.say("Verified: nothing was lost.", style="bold green")
