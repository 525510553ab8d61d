"""`weir export`: gives a mart, or the answer to a question, out as a file.

In: options of the command line, or the name of a share. Out: the file, its dictionary, and a table that says what was
given to whom. Alone: `weir export`.
"""

import csv
from collections.abc import Sequence

from weir.core import terminal
from weir.core.env import load_env
from weir.core.errors import WeirError


def export(what: str | None, to: str | None, for_whom: str | None, share: str | None, columns: Sequence[str] | None,
           **options: object) -> int:  # fmt: skip
    """Give out and print what was given. Raises WeirError when name, file or receiver is missing."""
    load_env()
    from weir.access.exports.export import export as give
    from weir.access.exports.wanted import Wanted

    if share is not None:
        from weir.access.shares import wanted_of

        if what or to or for_whom or columns or any(options.values()):
            raise WeirError("--share stands alone: what, where to and for whom are declared with the share")
        wanted = wanted_of(share)
    else:
        missing = [name for name, given in (("MART", what), ("--to", to), ("--for", for_whom)) if not given]
        if not what or not to or not for_whom:
            raise WeirError(f"{' and '.join(missing)} is missing: weir export MART --to FILE.csv --for 'Ann, finance'")
        listed = [name for line in columns or [] for name in next(csv.reader([line], skipinitialspace=True), [])]
        wanted = Wanted(what, to, for_whom, columns=tuple(listed), **options)  # type: ignore[arg-type]
    show(give(wanted))
    return 0


def show(given: object) -> None:
    """Print what was given out."""
    from weir.access.exports.wanted import Given

    assert isinstance(given, Given)
    rows: list[list[object]] = [
        ["rows", given.rows], ["bytes", given.bytes], ["sha256", given.digest],
        ["publication", str(given.publication or "–")], ["dictionary", given.dictionary],
    ]  # fmt: skip
    if given.masked:
        rows.append(["masked", ", ".join(given.masked)])
    if given.in_clear:
        rows.append(["in clear", ", ".join(given.in_clear)])
    rows += [[f"column {name}", note] for name, note in given.notes.items() if "apostrophe" not in note]
    terminal.table(f"Export {given.export}: {given.to}", ["what", "is"], rows)
