"""The command `weir`: the names, options and help of the commands that concern access.

In: the command line. Out: what each command prints, and its exit code. `cli/app.py` adds these commands to its own.
"""

import typer

commands = typer.Typer()
