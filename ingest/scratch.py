"""A folder for what a landing holds on disk for a moment; what a killed one left behind goes with the next.

In: `home()/tmp`. Out: one folder per process, named by its number. Whoever puts a file there removes it; the folder
itself goes when its process has gone, for several landings of one process may use it at once.
"""

import os
import shutil
from pathlib import Path

from weir.core.settings import home


def scratch() -> Path:
    """The folder of this process, made where it is not there."""
    folder = home() / "tmp" / str(os.getpid())
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def sweep() -> None:
    """Remove the folders of processes that are gone."""
    import psutil

    for folder in (home() / "tmp").glob("*"):
        if folder.name.isdigit() and not psutil.pid_exists(int(folder.name)):
            shutil.rmtree(folder, ignore_errors=True)
