"""The command `weir`: the names, options and help of the commands that concern access.

In: the command line. Out: what each command prints, and its exit code. `cli/app.py` adds these commands to its own.
"""

from typing import Annotated

import typer

commands = typer.Typer()


@commands.command()
def pii(
    source: Annotated[str | None, typer.Argument(metavar="[SOURCE]", help="With --propose: only this source.")] = None,
    propose: Annotated[
        bool, typer.Option("--propose", help="Look at names and values of raw, and propose marks.")
    ] = False,
) -> None:
    """Show which columns hold personal data, and where they go. Exit code 1 where a mart lacks a mark."""
    from cli.access.pii import propose_marks, show_marks

    raise typer.Exit(propose_marks(source) if propose else show_marks())
