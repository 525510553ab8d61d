"""Where files of the lake lie: a folder, or a bucket. A file is there whole under its name, or not at all.

In: an address, names of files relative to it. Out: their sizes, drafts that take their name when they are complete.
A draft in a folder lies beside its file, under a name that Spark passes over; that of a bucket lies in `home()/tmp`.
HDFS has a file of its own, `hdfs`.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import unquote, urlsplit

from weir.core import buckets
from weir.core.errors import WeirError
from weir.spark.lake.drafts import VARIABLE, aside, told

# What Weir can read files from, but Spark can't: how it writes the same.
_UNKNOWN_TO_SPARK = {"az": "abfs://container@account.dfs.core.windows.net/folder", "gcs": "gs://bucket/folder"}


class Store(Protocol):
    """The files below an address; names are relative to it, with / between their parts."""

    url: str

    def sizes(self, folder: str = "") -> dict[str, int]:
        """The bytes of each file below the folder, by name; nothing where there is no such folder."""

    def read(self, name: str) -> bytes | None:
        """The content of a small file; None where there is none."""

    def open(self, name: str) -> Any:
        """The file as pyarrow reads one: a path, or an open file."""

    @contextmanager
    def draft(self, name: str) -> Iterator[Path]:
        """Give a path to write; the file takes its name when the block ends well, else nothing is left of it."""

    def delete(self, name: str) -> None:
        """Remove the file, if it is there."""

    def make(self, folder: str) -> None:
        """Make the folder, where the store knows folders."""


class Folder:
    """A folder of this machine, or one that is mounted on it."""

    def __init__(self, url: str) -> None:
        self.path = Path(unquote(urlsplit(url).path))
        self.url = f"file://{self.path}"  # Spark takes a place as it is written, blanks and all
        if not self.path.is_dir():
            raise WeirError(f"there is no folder {self.path}: make it, or mend {VARIABLE}")
        if not os.access(self.path, os.R_OK | os.W_OK | os.X_OK):
            raise WeirError(f"the folder {self.path} may not be written: mend its rights, or {VARIABLE}")

    def sizes(self, folder: str = "") -> dict[str, int]:
        """The bytes of each file below the folder, by name."""
        found = {}
        for place, _, names in os.walk(self.path / folder):
            for name in names:
                path = Path(place) / name
                with suppress(FileNotFoundError):
                    found[path.relative_to(self.path).as_posix()] = path.stat().st_size
        return found

    def read(self, name: str) -> bytes | None:
        """The content of a small file; None where there is none."""
        path = self.path / name
        return path.read_bytes() if path.exists() else None

    def open(self, name: str) -> Any:
        """The path of the file."""
        return str(self.path / name)

    @contextmanager
    def draft(self, name: str) -> Iterator[Path]:
        """Give a path beside the file's; it takes the file's name when the block ends well."""
        path = self.path / name
        made = path.with_name(f".{path.name}.{os.getpid()}.draft")
        with told(self.path):
            try:
                path.parent.mkdir(parents=True, exist_ok=True)
                yield made
                with made.open("rb") as file:
                    os.fsync(file.fileno())  # or a power cut could leave the name without the rows
                made.replace(path)
            finally:
                made.unlink(missing_ok=True)

    def delete(self, name: str) -> None:
        """Remove the file, if it is there, and its folder where that is empty then."""
        (self.path / name).unlink(missing_ok=True)
        with suppress(OSError):
            (self.path / name).parent.rmdir()

    def make(self, folder: str) -> None:
        """Make the folder."""
        with told(self.path):
            (self.path / folder).mkdir(parents=True, exist_ok=True)


class Bucket:
    """A folder of a bucket, by its URL."""

    def __init__(self, url: str) -> None:
        from obstore.store import from_url

        self.url = url.rstrip("/")
        if not urlsplit(url).netloc:
            raise WeirError(f"{VARIABLE} names no bucket: write it as {urlsplit(url).scheme}://bucket/folder")
        with buckets.translated(url, VARIABLE):
            scheme, rest = buckets.scheme_of(url), self.url.split("://", 1)[1]
            self._store: Any = from_url(f"{scheme}://{rest}", retry_config=buckets.RETRY)

    def sizes(self, folder: str = "") -> dict[str, int]:
        """The bytes of each file below the folder, by name."""
        import obstore

        with buckets.translated(self.url, VARIABLE):
            found = obstore.list(self._store, prefix=folder or None)
            return {each["path"]: each["size"] for part in found for each in part}

    def read(self, name: str) -> bytes | None:
        """The content of a small file; None where there is none."""
        import obstore
        from obstore.exceptions import NotFoundError

        with buckets.translated(self.url, VARIABLE):
            try:
                return bytes(obstore.get(self._store, name).bytes())
            except (NotFoundError, FileNotFoundError) as fault:
                if "NoSuchBucket" in str(fault) or "ContainerNotFound" in str(fault):
                    raise
                return None

    def open(self, name: str) -> Any:
        """The file, open for reading."""
        import obstore.fsspec

        system: Any = obstore.fsspec.FsspecStore  # Any, because its overloads want a literal
        with buckets.translated(self.url, VARIABLE):
            files = system(buckets.scheme_of(self.url), retry_config=buckets.RETRY, skip_instance_cache=True)
            return files.open(f"{self.url.split('://', 1)[1]}/{name}")

    @contextmanager
    def draft(self, name: str) -> Iterator[Path]:
        """Give a path in `home()/tmp`; the file is sent when the block ends well."""
        import obstore

        with aside(name) as made:
            yield made
            with buckets.translated(self.url, VARIABLE), made.open("rb") as file:
                obstore.put(self._store, name, file, chunk_size=8 << 20, max_concurrency=4)

    def delete(self, name: str) -> None:
        """Remove the file, if it is there."""
        import obstore

        with buckets.translated(self.url, VARIABLE), suppress(FileNotFoundError):
            obstore.delete(self._store, name)

    def make(self, folder: str) -> None:
        """Do nothing: a bucket has no folders."""


def store_at(url: str) -> Store:
    """The store at an address. Raises WeirError where it is not there, or of a kind that Weir does not know."""
    parts = urlsplit(url)
    if parts.scheme in _UNKNOWN_TO_SPARK:
        raise WeirError(f"{VARIABLE}: Spark does not know {parts.scheme}://, write {_UNKNOWN_TO_SPARK[parts.scheme]}")
    if buckets.is_bucket(url):
        return Bucket(url)
    if parts.scheme == "file":
        return Folder(url)
    if parts.scheme == "hdfs":
        from weir.spark.lake.hdfs import Hdfs

        return Hdfs(url)
    known = "file:///…, s3://…, gs://…, abfs://… or hdfs://…"
    raise WeirError(f"{VARIABLE} must be {known}, not {parts.scheme or url[:20]!r}")
