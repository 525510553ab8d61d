"""Privacy of Weir's files: the umask of every command, and the modes of `home()`.

In: nothing. Out: a umask of 077; `home()` closed to other users, also if an older Weir left it open. For root the
embedded server runs as a system user: that user may pass through `home()`, and reads nothing but its own files.
"""

import os
import stat
from contextlib import suppress
from fnmatch import fnmatchcase
from pathlib import Path

from weir.core.env import env_file
from weir.core.settings import home

CLOSED = 0o700
PASSED = 0o711  # other users may pass through to open folders beneath, and see no names
# The files that Weir makes in its home. Other files there belong to a person: WEIR_HOME may name a folder with many.
MADE = (".env", ".env.*", "*.lock", "data_docs", "demo", "dlt", "exports", "logs", "outage.json", "portal",
        "postgres-tool.log", "prefect", "spark", "target", "tmp", "warehouse*")  # fmt: skip


def keep_private() -> None:
    """Set the umask, and close `.env` and the files that Weir has made in `home()`; every command begins with this.

    `home()` itself is closed if it holds no other files. Modes only lose bits: a home that root has closed entirely
    stays closed, because its server's data lie elsewhere.
    """
    os.umask(0o077)
    folder, mode = home(), PASSED if os.geteuid() == 0 else CLOSED
    with suppress(OSError):  # whoever needs the folder reports that it can't be used
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
    """Remove the bits beyond the mode from a file or folder; links, and files of other users, are left alone."""
    with suppress(OSError):
        now = path.lstat().st_mode
        if not stat.S_ISLNK(now) and stat.S_IMODE(now) & ~mode:
            path.chmod(stat.S_IMODE(now) & mode)
