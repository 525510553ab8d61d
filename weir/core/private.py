"""What Weir makes is its owner's alone: the umask of every command, and the modes of `home()`.

In: nothing. Out: a umask of 077; `home()` closed to other users, also where an older Weir left it open. Where the
embedded server runs as a system user (for root), that user passes through `home()`, but reads nothing beside its own.
"""

import os
import stat
from contextlib import suppress
from fnmatch import fnmatchcase
from pathlib import Path

from weir.core.env import env_file
from weir.core.settings import home

CLOSED = 0o700
PASSED = 0o711  # others may pass through, to what lies open beneath; they see no names
# What Weir makes in its home. Anything else there is a person's, and WEIR_HOME may name a folder of many things.
MADE = (".env", ".env.*", "*.lock", "data_docs", "demo", "dlt", "logs", "postgres-tool.log", "prefect", "target", "tmp",
        "warehouse*")  # fmt: skip


def keep_private() -> None:
    """Set the umask and close what Weir has made in `home()`, and `.env`; every command begins with it.

    `home()` itself is closed where it holds nothing else. Modes only ever lose bits: a home that root has closed whole
    stays so, for its server's data lie elsewhere then.
    """
    os.umask(0o077)
    folder, mode = home(), PASSED if os.geteuid() == 0 else CLOSED
    with suppress(OSError):  # a place that can't be used is told by whoever needs it
        if not folder.exists():
            folder.mkdir(parents=True)
            folder.chmod(mode)
        entries = list(folder.iterdir())
        made = [entry for entry in entries if any(fnmatchcase(entry.name, pattern) for pattern in MADE)]
        for entry in made:
            _close(entry, CLOSED)
        if len(made) == len(entries):
            _close(folder, mode)
    _close(env_file(), CLOSED)


def _close(path: Path, mode: int) -> None:
    """Take the bits beyond the mode from a file or folder; a link is left alone, and so is what is another's."""
    with suppress(OSError):
        now = path.lstat().st_mode
        if not stat.S_ISLNK(now) and stat.S_IMODE(now) & ~mode:
            path.chmod(stat.S_IMODE(now) & mode)
