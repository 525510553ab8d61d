"""The files of a table: what its `path` matches in the source's folder or bucket, and nowhere else.

In: the folder and the pattern. Out: by name, each file's address, size and what tells of a change. Raises WeirError for
what leaves the folder by its real path (a link, `..`), so that nobody who may drop files can have others read.
"""

import glob
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from stat import S_ISREG
from typing import Any

from weir.core.errors import WeirError

_STAMPS = ("e_tag", "ETag", "etag", "mtime", "LastModified")  # what tells of a change, by fsspec's many names
Files = dict[str, list[Any]]


def check_path(path: str) -> None:
    """Raise WeirError where the pattern itself leaves the folder."""
    if os.path.isabs(path) or re.match(r"[A-Za-z]:|~", path) or ".." in re.split(r"[/\\]", path):
        raise WeirError(f"path {path!r} leaves the source's folder: name files in it, such as path: 'events/*.csv'")


def of_folder(base: str, path: str) -> Files:
    """The files of a local folder. Raises WeirError for links that leave it, and for what is no file."""
    folder, mark, _ = path.partition("**")
    for start in glob.glob(os.path.dirname(folder) or ".", root_dir=base) if mark else ():
        for place, folders, _ in os.walk(os.path.join(base, start)):  # before glob, which follows links wherever
            for each in (os.path.join(place, name) for name in folders):
                if os.path.islink(each):
                    _check_folder(base, os.path.relpath(each, base))
    names = sorted(glob.glob(path, root_dir=base, recursive=True))
    for name in sorted({os.path.dirname(name) for name in names}):
        _check_folder(base, name)
    paths = {name: os.path.join(base, name) for name in names if not _locks(name)}
    meant = glob.has_magic(path) and not os.path.splitext(path)[1]  # folders match * and **
    for name, address in paths.items():
        try:
            name.encode()
        except UnicodeEncodeError:
            raise WeirError(f"the file name {os.fsencode(name)!r} is not UTF-8: rename the file") from None
        check_inside(base, address)
        if os.path.islink(address) and not os.path.exists(address):
            raise WeirError(f"{name} is a link to a file that is not there: mend it, or remove it")
        if os.path.isdir(address) and not meant:
            raise WeirError(f"{name} is a folder, where `path` names files: write {name}/*, or rename it")
    return {name: [address, *stamp(address)] for name, address in paths.items() if os.path.isfile(address)}


def of_bucket(system: Any, base: str, path: str) -> Files:
    """The files of a bucket, or of whatever else fsspec knows."""
    system.invalidate_cache()
    base = base.rstrip("/") + "/"
    files = {}
    for address, info in sorted(system.glob(base + path, detail=True).items()):
        if info.get("type") == "file" and not _locks(address):
            name = address.removeprefix(base)
            if not address.startswith(base) or ".." in name.split("/"):
                raise WeirError(f"{address} leaves the source's folder: rename the object")
            told = next(filter(None, map(info.get, _STAMPS)), None)
            files[name] = [address, info.get("size"), str(told)]
    return files


def check_inside(base: str, address: str) -> None:
    """Raise WeirError where the address, its links followed, is not in the folder."""
    if not _inside(base, address):
        raise _leaves(base, address)


def _inside(base: str, address: str) -> bool:
    return f"{os.path.realpath(address)}/".startswith(f"{os.path.realpath(base).rstrip('/')}/")


def _leaves(base: str, address: str) -> WeirError:
    name = os.path.relpath(address, base)
    return WeirError(f"{name} leaves the source's folder by a link: put the file itself there, or remove the link")


@contextmanager
def held(base: str, address: str) -> Iterator[str]:
    """A path to the file that the address names now, whatever is put in its place while it is read.

    Raises WeirError where that is not in the folder: judged once more when it is open, for a link may be swapped in.
    """
    check_inside(base, address)
    handle = os.open(address, os.O_RDONLY | os.O_NONBLOCK)  # a pipe would be waited for
    try:
        own = f"/proc/self/fd/{handle}"  # of Linux
        if not S_ISREG(os.fstat(handle).st_mode):
            raise WeirError(f"{os.path.relpath(address, base)} is no file any more: run again")
        if not os.path.exists(own):
            yield address
            return
        if not _inside(base, own):
            raise _leaves(base, address)
        yield own
    finally:
        os.close(handle)


def _check_folder(base: str, name: str) -> None:
    """Raise WeirError for a link to a folder elsewhere, and for one to a folder above, which repeats its files."""
    place = os.path.join(base, name)
    check_inside(base, place)
    if os.path.islink(place) and f"{os.path.realpath(os.path.dirname(place))}/".startswith(
        f"{os.path.realpath(place)}/"
    ):
        raise WeirError(f"{name} is a link to a folder that it lies in: remove it")


def _locks(name: str) -> bool:
    """Whether the file only says that somebody has a workbook of that name open in Excel."""
    return os.path.basename(name).startswith("~$") and name.lower().endswith((".xlsx", ".xlsm"))


def see_gone(base: str, names: list[str]) -> None:
    """Raise WeirError where files only look gone: a folder that may not be read looks empty."""
    for folder in {os.path.dirname(os.path.join(base, name)) for name in names}:
        try:
            os.scandir(folder).close()
        except (FileNotFoundError, NotADirectoryError):
            continue
        except PermissionError:
            raise WeirError(
                f"the folder {folder} may not be read, so its files can't be told from deleted ones: let Weir read it"
            ) from None


def stamp(path: str) -> tuple[int, str]:
    """Size and time of a local file."""
    facts = os.stat(path)
    return facts.st_size, str(facts.st_mtime_ns)
