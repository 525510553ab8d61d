"""The command `weir quarantine`: the names, options and help of its parts.

In: the command line. Out: what each part prints, and its exit code. What is no part's name belongs to `show`: so
`weir quarantine stg_app__users` shows that model, and `weir quarantine show export` a model that is called export.
"""

from typing import Annotated, Any

import typer
from typer.core import TyperGroup


class _Shown(TyperGroup):
    """A group whose part `show` is meant where no part is named."""

    default = "show"

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Put `show` in front, unless a part or --help is named first."""
        named = args and (args[0] in self.commands or args[0] == "--help")
        return super().parse_args(ctx, args if named else [self.default, *args])


commands = typer.Typer(
    cls=_Shown,
    help="What waits in quarantine: shown (the default), given out, judged anew, let through.",
    rich_markup_mode=None,
)
Model = Annotated[str | None, typer.Argument(metavar="[MODEL]", help="Only this staging model.")]


@commands.command()
def show(
    model: Model = None,
    key: Annotated[str | None, typer.Option("--key", help="Show this row as it was received.")] = None,
    history: Annotated[bool, typer.Option("--history", help="Also rows that have left quarantine, and how.")] = False,
    dev: Annotated[bool, typer.Option("--dev", help="Rows held back by `dbt build` by hand, in its schemas.")] = False,
    with_pii: Annotated[
        bool, typer.Option("--with-pii", help="Show personal values in clear; needs --because.")
    ] = False,
    because: Annotated[
        str | None, typer.Option("--because", metavar="TEXT", help="Why; it is written down in ops.disclosures.")
    ] = None,
) -> None:
    """Show what waits in quarantine or is held back, and why. `weir quarantine` alone; personal values by kind."""
    from cli.quarantine.show import show_quarantine

    raise typer.Exit(show_quarantine(model, key, history, dev, with_pii, because))


@commands.command()
def accept(
    key: Annotated[str, typer.Argument(help="The row's key as `weir quarantine MODEL` prints it, or 'row 42'.")],
    model: Annotated[
        str | None, typer.Option("--model", help="Its staging model, where several have that key.")
    ] = None,
    because: Annotated[str, typer.Option("--because", help="Why; it stands in quality.accepted.")] = "",
    undo: Annotated[bool, typer.Option("--undo", help="Take the acceptance back.")] = False,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Ask nothing, also where values become NULL.")] = False,
) -> None:
    """Let one rejected row through, as it is now. The next run takes it in; a new version is judged anew."""
    from cli.quarantine.accept import accept_row, take_back

    raise typer.Exit(take_back(key, model) if undo else accept_row(key, model, because, yes))


@commands.command()
def export(
    model: Model = None,
    to: Annotated[
        str | None,
        typer.Option("--to", help="The file: .csv (one for each model), .xlsx (a sheet for each), .parquet or .jsonl."),
    ] = None,
    for_whom: Annotated[
        str, typer.Option("--for", help="Who gets it; written down in ops.exports.")
    ] = "whoever owns the source",
    with_pii: Annotated[bool, typer.Option("--with-pii", help="Personal values in clear; needs --because.")] = False,
    because: Annotated[
        str | None, typer.Option("--because", metavar="TEXT", help="Why in clear; written down in ops.disclosures.")
    ] = None,
    replace: Annotated[bool, typer.Option("--replace", help="Replace what has that name already.")] = False,
    formulas: Annotated[
        bool, typer.Option("--formulas", help="CSV: leave texts that a spreadsheet takes for formulas as they are.")
    ] = False,
) -> None:
    """Give what waits out, for whoever owns the source. What is wrong, where to mend it, the rows as received."""
    from cli.quarantine.export import export_rows

    raise typer.Exit(export_rows(model, to, for_whom, with_pii, because, replace, formulas))


@commands.command()
def replay(
    model: Model = None,
    apply: Annotated[
        bool, typer.Option("--apply", help="Build the models of which rows would be judged otherwise, now.")
    ] = False,
) -> None:
    """Judge what waits anew, after a rule has changed. Shows what would be accepted; changes nothing by itself."""
    from cli.quarantine.replay import replay_rows

    raise typer.Exit(replay_rows(model, apply))
