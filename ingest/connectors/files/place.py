"""The place of a source's files: a local folder, a bucket, or another file system that fsspec knows.

In: the source's address. Out: the files of a table by name, and for each a path on local disk while it is read.
"""

import tempfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from urllib.parse import urlsplit

from ingest.connectors.files import buckets, folder
from ingest.scratch import scratch
from weir.core.errors import WeirError
from weir.project.plan import Source, Table


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
            raise WeirError(f"there is no folder {self.base}: mend {source.connection}, or make it")

    def files(self, table: Table) -> folder.Files:
        """The table's files by name: address, size, and a stamp that differs after a change."""
        if not table.path:
            raise WeirError("no `path` is declared: name the table's files, such as path: 'events/*.jsonl.gz'")
        folder.check_path(table.path)
        if self.local:
            return folder.of_folder(self.base, table.path)
        with self.translated():
            return folder.of_bucket(self.system, self.base, table.path)

    @contextmanager
    def fetched(self, address: str) -> Iterator[str]:
        """Give a path to the file on local disk; a file of a bucket is copied there first."""
        if self.local:
            with folder.held(self.base, address) as local:
                yield local
            return
        with tempfile.NamedTemporaryFile(dir=scratch()) as copy:
            with self.translated():
                self.system.get_file(address, copy.name)
            yield copy.name

    def see_gone(self, names: list[str]) -> None:
        """Raise WeirError when local files only seem to be gone, because their folder may not be read."""
        if self.local:
            folder.see_gone(self.base, names)

    def refuse_changed(self, files: folder.Files, landed: dict[str, list[object]]) -> None:
        """Raise WeirError when a local file has another stamp than the one it was landed with."""
        for name, facts in files.items() if self.local else ():
            if landed[name][:2] != list(folder.stamp(facts[0])):
                raise WeirError(f"{name} changed while it was read: run again when it is complete")
