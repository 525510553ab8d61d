"""The command `weir`: the names, options and help of the commands that concern access.

In: the command line. Out: what each command prints, and its exit code. `cli/app.py` adds these commands to its own.
"""

from pathlib import Path
from typing import Annotated

import typer

commands = typer.Typer()


@commands.command()
def forget(
    table: Annotated[str | None, typer.Argument(metavar="[TABLE]", help="A declared table, such as app.users.")] = None,
    key: Annotated[
        str | None, typer.Argument(metavar="[KEY]", help="The key of the person's row; of several columns: 'a|b'.")
    ] = None,
    because: Annotated[str, typer.Option("--because", help="Why; it stands in the report.")] = "",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only show what is where.")] = False,
    report: Annotated[
        Path | None, typer.Option("--report", help="Write the report to this file (.md, or .json).")
    ] = None,
    again: Annotated[bool, typer.Option("--again", help="After a restore: erase all who were forgotten.")] = False,
) -> None:
    """Erase one person everywhere. The counts stay, and landings hold the person back."""
    from cli.access.forget import forget_again, forget_person
    from weir.core.errors import WeirError

    if again:
        raise typer.Exit(forget_again())
    if not table or key is None:
        raise WeirError("forget whom? Type: weir forget TABLE KEY --because …, such as weir forget app.users 42")
    raise typer.Exit(forget_person(table, key, because, dry_run, report))
