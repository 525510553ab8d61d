"""Files of the lake while they are made on this machine; and what is said when that can't be.

In: the name of a file of the lake. Out: a path in `home()/tmp`, which is gone when the block ends.
"""

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from weir.core.errors import WeirError
from weir.core.faults import refuse_full_disk
from weir.core.settings import home

VARIABLE = "WEIR_LAKE"


def being_written(draft: str) -> bool:
    """Whether another process of this machine is at the draft of this name: a landing that goes into the lake."""
    import psutil

    found = re.search(r"\.(\d+)\.draft$", draft)
    return found is not None and int(found[1]) != os.getpid() and psutil.pid_exists(int(found[1]))


@contextmanager
def aside(name: str) -> Iterator[Path]:
    """Give a path in `home()/tmp` for a file of the lake, while it is not there yet; nothing is left of it."""
    folder = home() / "tmp" / str(os.getpid())
    made = folder / name.replace("/", "_")
    with told(folder):
        try:
            folder.mkdir(parents=True, exist_ok=True)
            yield made
        finally:
            made.unlink(missing_ok=True)


@contextmanager
def told(folder: Path) -> Iterator[None]:
    """Turn a full disk, and a folder that refuses, into one line."""
    try:
        yield
    except OSError as fault:
        refuse_full_disk(folder, str(fault))
        number = fault.errno or next(iter(re.findall(r"\[errno (\d+)\]", str(fault))), 0)  # pyarrow's are in its words
        cause = os.strerror(int(number)) if number else " ".join(str(fault).split())
        said = f"{folder} can't be written: {cause}; see {VARIABLE}, then run again"
        raise WeirError(said) from None
