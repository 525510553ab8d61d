"""`weir verify`: proves that nothing was lost, and prints the proof (cli/proof.py).

In: a Proof. Out: its tables, a line per fault, the incidents that follow, and while it works a line per comparison.
"""

from collections.abc import Sequence
from dataclasses import replace

from cli.proof import Proof, prove, table_faults
from ingest.results import SourceComparison
from weir import warehouse
from weir.access.carried import read_lineage
from weir.access.disclosures import disclose
from weir.access.veil import has_personal_key, refuse_without_reason
from weir.core import hooks, terminal
from weir.core.env import load_project
from weir.incidents import observed
from weir.incidents.fault import Looked
from weir.incidents.settled import settled
from weir.ledger.balance import lines
from weir.ledger.report import print_balance
from weir.ledger.verify import StagingComparison


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
        with terminal.progress("verifying …") as tell:
            proof = prove(
                list(sources or []) or None,
                lambda what, rows, seconds: tell(f"verified {what}: {rows:,} rows, {seconds:.1f} s"),
            )
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
        observed.verified(looked, name, table_faults(name, replace(table, examples=[]), "between the source and raw"))
        if table.message:
            observed.unreachable(looked, table.source, table.cause, table.message)
    for staged in proof.staging:
        name, where = f"{staged.model.source}.{staged.model.table}", f"between raw and {staged.model.name}"
        found = table_faults(name, replace(staged, examples=[]), f"{where} with its quarantine")
        observed.verified(looked, name, [*found, staged.message] if staged.message else found)
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
    if found.in_lake:
        terminal.say(
            f"Not compared with their sources, for their rows are in the lake alone: {', '.join(found.in_lake)}."
        )
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
