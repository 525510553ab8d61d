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


@commands.command()
def export(
    what: Annotated[
        str | None,
        typer.Argument(metavar="[MART]", help="A published mart, or a file of one select whose name ends in .sql."),
    ] = None,
    to: Annotated[
        str | None,
        typer.Option("--to", help="The file to write: .csv, .parquet, .xlsx or .jsonl; also s3://, gs:// or az://."),
    ] = None,
    for_whom: Annotated[str | None, typer.Option("--for", help="Who gets it; written down in ops.exports.")] = None,
    where: Annotated[str, typer.Option("--where", help="Only these rows, as SQL: \"plan = 'team'\".")] = "",
    columns: Annotated[
        list[str] | None, typer.Option("--columns", help="Only these columns, in this order: a,b; may be repeated.")
    ] = None,
    with_pii: Annotated[
        bool, typer.Option("--with-pii", help="Personal data in clear, not masked; needs --because.")
    ] = False,
    because: Annotated[str, typer.Option("--because", help="Why in clear; written down in ops.exports.")] = "",
    replace: Annotated[bool, typer.Option("--replace", help="Replace what has that name already.")] = False,
    formulas: Annotated[
        bool, typer.Option("--formulas", help="CSV: leave texts that a spreadsheet takes for formulas as they are.")
    ] = False,
    share: Annotated[
        str | None, typer.Option("--share", help="A share that the project declares; stands alone.")
    ] = None,
) -> None:
    """Give data out. A mart, or the answer to a question, as one file with its dictionary; written down."""
    from cli.access.export import export

    raise typer.Exit(
        export(
            what, to, for_whom, share, columns,
            where=where, with_pii=with_pii, because=because, replace=replace, formulas=formulas,
        )
    )  # fmt: skip


@commands.command()
def usage(
    mart: Annotated[
        str | None, typer.Argument(metavar="[MART]", help="Only this mart: by whom, which columns.")
    ] = None,
    days: Annotated[int, typer.Option("--days", help="How many days to look back.", min=1, max=4000)] = 30,
) -> None:
    """Show who reads what. Marts with their readers, marts nobody reads, personal data read in clear."""
    from cli.access.usage import show_usage

    raise typer.Exit(show_usage(mart, days))
