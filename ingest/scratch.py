"""The scratch folder: files that a landing needs for a moment.

In: `home()/tmp`. Out: one folder per process, named by the process id. Whoever puts a file there removes the file. The
folder stays while its process lives, because several landings of one process may use it at once; the next landing
removes the folders of dead processes.
"""

import os
import shutil
from pathlib import Path

from weir.core.settings import home


def scratch() -> Path:
    """The folder of this process; made when it is missing."""
    folder = home() / "tmp" / str(os.getpid())
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def sweep() -> None:
    """Remove the folders of processes that have ended."""
    import psutil

    for folder in (home() / "tmp").glob("*"):
        if folder.name.isdigit() and not psutil.pid_exists(int(folder.name)):
            shutil.rmtree(folder, ignore_errors=True)
