"""`weir spark up`, `down` and `status`: the local Spark cluster, and where to look at it.

In: the command line. Out: addresses, memory; an exit code. Alone: `weir spark up`, after `make setup-spark`.
"""

import typer

commands = typer.Typer(help="A Spark cluster on this machine, for trying and for tests; after `make setup-spark`.")


@commands.command()
def up() -> None:
    """Start a Spark cluster on this machine: a master, two workers and the thrift server, on loopback."""
    from weir.core import terminal
    from weir.spark.local import cluster

    with terminal.progress("Spark:") as tell:
        started = cluster.start(tell)
    _show(started)


@commands.command()
def down() -> None:
    """Stop the Spark cluster of this machine. Its tables stay; `weir down` stops it too."""
    from weir.core import terminal
    from weir.core.env import load_env
    from weir.spark.local import cluster

    load_env()
    terminal.say("stopped: the Spark cluster" if cluster.stop() else "nothing was running")


@commands.command()
def status() -> None:
    """Show the Spark cluster of this machine: addresses, memory. Ends with 1 when it does not run."""
    from weir.core import terminal
    from weir.core.env import load_env
    from weir.spark.local import cluster

    load_env()
    if found := cluster.running():
        _show(found)
        return
    part = ", ".join(cluster.parts())
    terminal.say(f"only a part of it runs ({part}): `weir spark up` starts it anew" if part else "it does not run")
    raise typer.Exit(1)


def _show(cluster) -> None:  # type: ignore[no-untyped-def]  # its class is imported where it is used
    import os

    from weir.core import terminal
    from weir.core.settings import home

    terminal.say(f"Spark       {cluster.url}")
    terminal.say(f"statements  {cluster.application_ui}/sqlserver/")
    terminal.say(f"workers     {cluster.master_ui}")
    terminal.say(f"tables      {cluster.tables}")
    terminal.say(f"memory      {cluster.memory / 2**30:.1f} GB, on {cluster.java}")
    lake = home().resolve() / "lake"
    wanted = {"WEIR_SPARK_URL": cluster.url, "WEIR_LAKE": lake.as_uri()}
    if missing := [f"{name}={value}" for name, value in wanted.items() if not os.environ.get(name)]:
        if not os.environ.get("WEIR_LAKE"):
            lake.mkdir(exist_ok=True)  # what is printed works as it stands
        terminal.say("To build the models there, put in .env:")
        for line in missing:
            terminal.say(line)
