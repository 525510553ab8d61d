"""The files of a table: those that its `path` matches within the source's folder or bucket.

In: the folder and the pattern. Out: for each file by name its address, size and stamp. A file that lies elsewhere by
its real path (a link, `..`) is refused by a WeirError, so that nobody who may drop files can have other files read.
"""

import glob
import os
import re
import tempfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from stat import S_ISREG
from typing import Any
from urllib.parse import urlsplit

from ingest.connectors.files import buckets
from ingest.scratch import scratch
from weir.core.causes import Cause
from weir.core.errors import WeirError
from weir.project.plan import Source, Table

# the stamp that differs after a change, by fsspec's many names
_STAMPS = ("e_tag", "ETag", "etag", "mtime", "LastModified")
Files = dict[str, list[Any]]


def check_path(path: str) -> None:
    """Raise WeirError when the pattern itself leaves the folder."""
    if os.path.isabs(path) or re.match(r"[A-Za-z]:|~", path) or ".." in re.split(r"[/\\]", path):
        raise WeirError(f"path {path!r} leaves the source's folder: name files in it, such as path: 'events/*.csv'")


def of_folder(base: str, path: str) -> Files:
    """The files of a local folder.

    Raises WeirError for links that leave the folder, and for matches that are no files.
    """
    folder, mark, _ = path.partition("**")
    for start in glob.glob(os.path.dirname(folder) or ".", root_dir=base) if mark else ():
        for place, folders, _ in os.walk(os.path.join(base, start)):  # done before glob, which follows every link
            for each in (os.path.join(place, name) for name in folders):
                if os.path.islink(each):
                    _check_folder(base, os.path.relpath(each, base))
    names = sorted(glob.glob(path, root_dir=base, recursive=True))
    for name in sorted({os.path.dirname(name) for name in names}):
        _check_folder(base, name)
    paths = {name: os.path.join(base, name) for name in names if not _locks(name)}
    meant = glob.has_magic(path) and not os.path.splitext(path)[1]  # folders match * and **, too
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
    """The files of a bucket, or of another file system that fsspec knows."""
    system.invalidate_cache()
    base = base.rstrip("/") + "/"
    files = {}
    for address, info in sorted(system.glob(base + path, detail=True).items()):
        if info.get("type") == "file" and not _locks(address):
            name = address.removeprefix(base)
            if not address.startswith(base) or ".." in name.split("/"):
                raise WeirError(f"{address} leaves the source's folder: rename the object")
            stamp_of = next(filter(None, map(info.get, _STAMPS)), None)
            files[name] = [address, info.get("size"), str(stamp_of)]
    return files


def check_inside(base: str, address: str) -> None:
    """Raise WeirError when the address, with links followed, lies outside the folder."""
    if not _inside(base, address):
        raise _leaves(base, address)


def _inside(base: str, address: str) -> bool:
    return f"{os.path.realpath(address)}/".startswith(f"{os.path.realpath(base).rstrip('/')}/")


def _leaves(base: str, address: str) -> WeirError:
    name = os.path.relpath(address, base)
    return WeirError(f"{name} leaves the source's folder by a link: put the file itself there, or remove the link")


@contextmanager
def held(base: str, address: str) -> Iterator[str]:
    """Open the file and give a path to it that stays valid, whatever replaces the file while it is read.

    Raises WeirError when the open file lies outside the folder: a link may have been put in its place meanwhile.
    """
    check_inside(base, address)
    handle = os.open(address, os.O_RDONLY | os.O_NONBLOCK)  # without O_NONBLOCK opening a pipe would wait
    try:
        own = f"/proc/self/fd/{handle}"  # on Linux
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
    """Raise WeirError for a link to a folder outside, and for a link to a folder above, which would repeat files."""
    place = os.path.join(base, name)
    check_inside(base, place)
    if os.path.islink(place) and f"{os.path.realpath(os.path.dirname(place))}/".startswith(
        f"{os.path.realpath(place)}/"
    ):
        raise WeirError(f"{name} is a link to a folder that it lies in: remove it")


def _locks(name: str) -> bool:
    """Whether the file is Excel's lock: somebody has the workbook of that name open."""
    return os.path.basename(name).startswith("~$") and name.lower().endswith((".xlsx", ".xlsm"))


def see_gone(base: str, names: list[str]) -> None:
    """Raise WeirError when files only seem to be gone, because their folder may not be read."""
    for folder in {os.path.dirname(os.path.join(base, name)) for name in names}:
        try:
            os.scandir(folder).close()
        except (FileNotFoundError, NotADirectoryError):
            continue
        except PermissionError:
            raise WeirError(
                f"the folder {folder} may not be read, so its files can't be told from deleted ones: let Weir read it",
                cause=Cause.SOURCE_FORBIDDEN,
            ) from None


def stamp(path: str) -> tuple[int, str]:
    """Size and time of a local file."""
    facts = os.stat(path)
    return facts.st_size, str(facts.st_mtime_ns)


class Place:
    """The folder or bucket of one source. Raises WeirError when it can't be opened."""

    def __init__(self, source: Source, url: str) -> None:
        import fsspec

        self.translated: Callable[[], AbstractContextManager[None]] = nullcontext
        if urlsplit(url).scheme in buckets.SCHEMES:
            self.system, self.base = buckets.open_bucket(source, url)
            self.translated = lambda: buckets.translated(source, url)
        else:
            try:
                self.system, self.base = fsspec.core.url_to_fs(url)
            except (ImportError, ValueError) as fault:
                raise WeirError(f"{source.connection}: {' '.join(str(fault).split())}") from None
        self.local = "file" in self.system.protocol
        if self.local and not self.system.isdir(self.base):
            told = f"there is no folder {self.base}: mend {source.connection}, or make it"
            raise WeirError(told, cause=Cause.SOURCE_NOT_THERE)

    def files(self, table: Table) -> Files:
        """The table's files by name: address, size, and a stamp that differs after a change."""
        if not table.path:
            raise WeirError("no `path` is declared: name the table's files, such as path: 'events/*.jsonl.gz'")
        check_path(table.path)
        if self.local:
            return of_folder(self.base, table.path)
        with self.translated():
            return of_bucket(self.system, self.base, table.path)

    def walk(self) -> Files:
        """All files of the folder or bucket by name: address, size, stamp; size None for a link that leaves the folder.

        Links to folders are not followed.
        """
        if not self.local:
            with self.translated():
                return of_bucket(self.system, self.base, "**")
        found: Files = {}
        for place, folders, names in os.walk(self.base):
            folders[:] = sorted(name for name in folders if not name.startswith("."))
            for each in (os.path.join(place, name) for name in sorted(names)):
                name = os.path.relpath(each, self.base)
                with suppress(UnicodeEncodeError):
                    name.encode()
                    if not _inside(self.base, each):
                        found[name] = [each, None, ""]
                    elif os.path.isfile(each):
                        found[name] = [each, *stamp(each)]
        return found

    @contextmanager
    def fetched(self, address: str) -> Iterator[str]:
        """Give a path to the file on local disk; a file of a bucket is copied there first."""
        if self.local:
            with held(self.base, address) as local:
                yield local
            return
        with tempfile.NamedTemporaryFile(dir=scratch()) as copy:
            with self.translated():
                self.system.get_file(address, copy.name)
            yield copy.name

    def see_gone(self, names: list[str]) -> None:
        """Raise WeirError when local files only seem to be gone, because their folder may not be read."""
        if self.local:
            see_gone(self.base, names)

    def refuse_changed(self, files: Files, landed: dict[str, list[object]]) -> None:
        """Raise WeirError when a local file has another stamp than the one it was landed with."""
        for name, facts in files.items() if self.local else ():
            if landed[name][:2] != list(stamp(facts[0])):
                raise WeirError(f"{name} changed while it was read: run again when it is complete")
