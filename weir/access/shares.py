"""Shares as exports: what is given out today by a share that the project declares.

In: the share's name. Out: a Wanted. A relative address lies in `home()`, where nothing is ever committed; a share may
replace its file of the same day.
"""

import difflib
from datetime import datetime

from weir.access.exports.wanted import Wanted
from weir.core.buckets import is_bucket
from weir.core.errors import WeirError
from weir.core.settings import as_of, home, project_dir
from weir.project.shares import read_shares


def wanted_of(name: str, now: datetime | None = None) -> Wanted:
    """What the share gives out now. Raises WeirError when no share has the name."""
    shares = {share.name: share for share in read_shares(project_dir())}
    share = shares.get(name.replace("_", "-"))
    if share is None:
        if not shares:
            raise WeirError("no share is declared: docs/how-to/give-data-out.md shows how")
        near = difflib.get_close_matches(name, shares, 1, 0.4)
        hint = f"did you mean {near[0]}?" if near else f"there are {', '.join(shares)}"
        raise WeirError(f"there is no share {name}: {hint}")
    to = share.to.replace("{date}", f"{now or as_of():%Y-%m-%d}")
    if not is_bucket(to):
        path = home() / to  # an absolute path stays what it is
        if path.resolve().is_relative_to(home().resolve()):
            path.parent.mkdir(parents=True, exist_ok=True)
        to = str(path)
    what = str(project_dir() / share.query) if share.query else share.mart
    return Wanted(what, to, share.for_whom, where=share.where, columns=tuple(share.columns), with_pii=share.with_pii,
                  because=share.because, formulas=share.formulas, replace=True, share=share.name)  # fmt: skip
