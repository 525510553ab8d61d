"""`weir quarantine replay`: judges what waits anew after a rule has changed, and on request builds those models.

In: a model or all, the project's code as it is now. Out: a table; with `--apply` the models, staged anew from all
loads, as `weir build --select` does it. The table alone changes nothing, and needs no run lock.
"""

from weir import warehouse
from weir.core import terminal
from weir.core.env import load_project
from weir.core.errors import WeirError
from weir.core.settings import as_of
from weir.ledger.in_lake import tables_in_lake
from weir.ledger.quarantine import waiting
from weir.ledger.replay import Judged, replay


def replay_rows(model: str | None, apply: bool) -> int:
    """Print what the rules say now. Raises WeirError when no staging model has that name, or none can be compiled."""
    load_project()
    found = _judged(model)
    if not found:
        terminal.say(f"Nothing {f'of {model} ' if model else ''}waits in quarantine.", style="green")
        return 0
    rows = [
        [each.model, each.reasons, each.rows, each.accepted, each.rows - each.accepted, each.others, each.other]
        for each in found
    ]
    columns = ["model", "waits for", "rows#", "would be accepted#", "still rejected#", "for other reasons#", "such as"]
    terminal.table("Judged anew, by the rules as they are now", columns, rows)
    names = sorted({each.model for each in found if each.changes})
    if not names:
        terminal.say("The rules say of these rows what they said before: there is nothing to build.")
        return 0
    if apply:
        from cli import steps

        return steps.build(" ".join(names), False, as_of())
    terminal.say(
        f"The next build stages {', '.join(names)} anew from all loads, for the code has changed; so the rows that are "
        "in staging by now are judged, too. `weir run` does it and publishes; to build these models now: "
        f"weir quarantine replay{f' {model}' if model else ''} --apply"
    )
    return 0


def _judged(model: str | None) -> list[Judged]:
    """What the rules say of the rows of the model, or of all."""
    from weir.dbt.compiled import staging_models

    with warehouse.connect() as connection:
        there = {row[0] for row in waiting(connection)}
        in_lake = tables_in_lake(connection)
    if not model and not there:
        return []
    with terminal.console(stderr=True).status("reading the project …"):
        models = {each.name: each for each in staging_models(aside=True)}
    if model and model not in models:
        raise WeirError(f"no staging model is called {model!r}: `weir quarantine` lists those that have rows waiting")
    found = []
    for name, each in models.items():
        if name in there and model in {None, name}:
            if (table := f"{each.source}.{each.table}") in in_lake:
                terminal.say(
                    f"{name} is not judged here, for the rows of {table} are in the lake alone: `weir build` does"
                )
                continue
            with warehouse.connect() as connection:
                found += replay(connection, each)
                connection.rollback()
    return found
