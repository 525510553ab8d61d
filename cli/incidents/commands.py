"""The commands on incidents: `weir incident`, `watch`, `alert`; their names, options and help.

In: the command line. Out: an exit code. Slow libraries are imported inside the commands.
"""

from typing import Annotated

import typer

commands = typer.Typer()


@commands.command()
def incident(
    number: Annotated[
        int | None, typer.Argument(metavar="[N]", help="Only this one, whole, with its evidence.")
    ] = None,
) -> None:
    """Tell in plain words what stopped or drifted: what happened, who is affected, whose turn it is."""
    from cli.incidents.incident import show_incident

    raise typer.Exit(show_incident(number))


@commands.command()
def watch() -> None:
    """Look for what no run can say: a late run, a dead worker, a full disk. For cron; ends with 1 at an incident."""
    from cli.incidents.watch import look

    raise typer.Exit(look())


@commands.command()
def alert(
    test: Annotated[bool, typer.Option("--test", help="Send a trial message to every address of ALERT_URLS.")] = False,
) -> None:
    """Show who is told of incidents, and the last alerts."""
    from cli.incidents.alert import show_alerts

    raise typer.Exit(show_alerts(test))
