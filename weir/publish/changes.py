"""The changed rows of each mart, and how they are printed."""

from collections.abc import Sequence
from dataclasses import dataclass

import psycopg
from psycopg import sql

from weir.core.terminal import say, table
from weir.project.marts import Mart
from weir.publish import merge


@dataclass(frozen=True)
class Change:
    """The rows that a publication changed in a mart. `rows` is the number afterwards, None for a dropped mart."""

    mart: str
    inserted: int
    updated: int
    deleted: int
    rows: int | None


def count_rows(connection: psycopg.Connection, mart: Mart) -> int:
    """The number of rows that readers see in the mart."""
    row = connection.execute(
        sql.SQL("select count(*) from {}").format(sql.Identifier(mart.schema, mart.name))
    ).fetchone()
    return int(row[0]) if row else 0


def change_of(found: merge.Difference, rows: int) -> Change:
    """The change that merging the difference makes, which leaves so many rows."""
    return Change(found.mart.label, found.inserted, found.updated, found.deleted, rows)


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
