"""The changed rows of each mart as a printed table."""

from collections.abc import Sequence

from weir.core.terminal import say, table
from weir.publish.changes import Change


def print_changes(found: Sequence[Change], title: str = "Published") -> None:
    """Rows that changed in each mart."""
    if not found:
        say("There are no marts yet, so nothing is published: put one in models/marts (README, “Your own data”).")
        return
    table(
        title,
        ["mart", "inserted#", "updated#", "deleted#", "rows#"],
        [[change.mart, change.inserted, change.updated, change.deleted, change.rows] for change in found],
    )
    dropped = [change.mart for change in found if change.rows is None]
    if dropped:
        say(f"Dropped, as accepted: {', '.join(dropped)}.", style="yellow")
    moved = sum(change.inserted + change.updated + change.deleted for change in found)
    say(f"{moved:,} rows changed in {len(found)} marts.", style="green")
