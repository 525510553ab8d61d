"""The changed rows of each mart as a printed table."""

from collections.abc import Sequence

from weir.core.terminal import say, table
from weir.publish.changes import Change


def print_changes(found: Sequence[Change], title: str = "Published") -> None:
    """Rows that changed in each mart."""
    if not found:
        say("There are no marts yet, so nothing is published: put one in models/marts (docs/how-to/your-own-data.md).")
        return
    table(title, *change_rows(found))
    dropped = [change.mart for change in found if change.rows is None]
    if dropped:
        say(f"Dropped, as accepted: {', '.join(dropped)}.", style="yellow")
    moved = sum(change.inserted + change.updated + change.deleted for change in found)
    say(f"{moved:,} rows changed in {len(found)} mart{'s' if len(found) != 1 else ''}.", style="green")


def change_rows(found: Sequence[Change]) -> tuple[list[str], list[list[object]]]:
    """The columns and rows of what changed."""
    columns = ["mart", "inserted#", "updated#", "deleted#", "rows#"]
    return columns, [[each.mart, each.inserted, each.updated, each.deleted, each.rows] for each in found]
