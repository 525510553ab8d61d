"""`weir quarantine accept`: lets one rejected row through, or takes that back.

In: a key, a reason. Out: a row of `quality.accepted`, and the command that takes the row in.
"""

import sys

from weir import warehouse
from weir.access.carried import Lineage, read_lineage
from weir.access.quarantine import accepting
from weir.access.veil import Veil
from weir.core import terminal
from weir.core.env import load_project
from weir.core.errors import WeirError
from weir.warehouse.run_lock import run_lock


def accept_row(key: str, model: str | None, because: str, yes: bool) -> int:
    """Accept the row. Raises WeirError where it can't be let through, or the person does not want that."""
    load_project()
    if not because.strip():
        raise WeirError('say why the row is right: --because "a credit note, says billing"')
    lineage = _lineage()
    with run_lock(), warehouse.connect() as connection:
        row = accepting.find(connection, key, model)
        shown = f"{row.model} {Veil(lineage, row.model).key(row.key, row.seq)}"
        terminal.say(f"{shown}: {'; '.join(row.reasons)}", style="bold")
        lost = accepting.unparsed(row, lineage)
        if lost and not yes:
            connection.rollback()  # a question may wait for long
            _ask(lost)
            accepting.find(connection, key, model)
        accepting.accept(connection, row, because.strip())
    terminal.say(
        "Accepted: this version of the row, with these reasons. The next `weir run` takes it in; "
        "a new version at the source is judged anew.",
        style="green",
    )
    return 0


def take_back(key: str, model: str | None) -> int:
    """Take the acceptance back. Raises WeirError where there is none, or a newer version of the row has come."""
    load_project()
    with run_lock(), warehouse.connect() as connection:
        row, is_staged = accepting.take_back(connection, key, model)
    shown = f"{row.model} {Veil(_lineage(), row.model).key(row.key, row.seq)}"
    then = "The next `weir run` puts the row back into quarantine." if is_staged else "The row waits in quarantine."
    terminal.say(f"{shown}: the acceptance is taken back. {then}", style="green")
    return 0


def _ask(lost: list[str]) -> None:
    """Say which values become NULL, and ask. Raises WeirError where nobody can answer, or the answer is no."""
    told = f"{', '.join(lost)} would be NULL in staging, for what was received does not parse"
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise WeirError(f"{told}: --yes accepts that")
    from rich.prompt import Confirm

    if not Confirm.ask(f"{told}. Let the row through?", console=terminal.console(stderr=True), default=False):
        raise WeirError("nothing was accepted, as you asked")


def _lineage() -> Lineage | None:
    try:
        return read_lineage()
    except WeirError:
        return None
