"""Prints the balance."""

from collections.abc import Sequence

from weir.core.terminal import say, table, without_zeros
from weir.ledger.equations import Line


def print_balance(lines: Sequence[Line]) -> None:
    """Print the balance of each table: rows extracted, landed, staged, and rows at the source."""
    if not lines:
        say("Nothing landed, so there is nothing to balance.")
        return
    table("Balance", *balance_rows(lines))
    wrong = sum(not line.holds for line in lines)
    unread = [f"{line.source}.{line.table}" for line in lines if line.model is None and line.landed]
    if unread:
        say(f"Not staged, for no model reads them: {', '.join(unread)}", style="yellow")
    if wrong:
        say(f"It does not balance for {wrong} of {len(lines)} tables.", style="bold red")
    else:
        landed = sum(line.landed for line in {(line.source, line.table): line for line in lines}.values())
        say(f"It balances: {landed:,} landed rows of {len(lines)} tables are all accounted for.", style="green")


def balance_rows(lines: Sequence[Line]) -> tuple[list[str], list[list[object]]]:
    """The columns and rows of the balance, without the columns in which no table has anything to say."""
    return without_zeros(
        ["table", "extracted#", "unchanged#", "landed#", "accepted#", "by hand#", "rejected#", "superseded#",
         "deleted#", "erased#", "duplicates#", "at source#", "staging#", "quarantine#", "holds"],
        [
            [f"{line.source}.{line.table}", line.extracted, line.unchanged, line.landed, *_staged(line), line.holds]
            for line in lines
        ],
    )  # fmt: skip


def _staged(line: Line) -> list[object]:
    if line.model is None:
        return [None] * 10
    found: list[object] = [line.accepted, line.accepted_by_hand, line.rejected]
    found += [line.superseded, line.deleted, line.erased]
    return [*found, line.duplicates, line.source_rows, line.staging, line.quarantined]
