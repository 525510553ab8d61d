"""`weir quarantine export`: gives what waits out as files, and prints which.

In: a model or all, a file's name. Out: the files; a table of them.
"""

from weir.access.veil import refuse_without_reason
from weir.core import terminal
from weir.core.env import load_project
from weir.core.errors import WeirError


def export_rows(model: str | None, to: str | None, for_whom: str, with_pii: bool, because: str | None, replace: bool,
                formulas: bool) -> int:  # fmt: skip
    """Write the files. Raises WeirError when the name is missing, or can't be written."""
    load_project()
    from weir.access.quarantine.giving import give

    refuse_without_reason(with_pii, because)
    if not to:
        raise WeirError("--to is missing: weir quarantine export --to rows.csv, or --to rows.xlsx")
    given = give(to, model, for_whom.strip(), because or "", replace, formulas)
    if not given:
        terminal.say(
            f"Nothing {f'of {model} ' if model else ''}waits in quarantine: nothing was written.", style="green"
        )
        return 0
    rows = [[name, number, out.to] for out in given for name, number in out.rows.items()]
    terminal.table("Given out of quarantine", ["model", "rows#", "file"], rows)
    if any(out.masked for out in given):
        terminal.say(
            "Personal values stand there by kind and length. In clear, which is written down: "
            '--with-pii --because "why the owner must see them"',
            style="dim",
        )
    return 0
