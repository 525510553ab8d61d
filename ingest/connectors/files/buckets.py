"""Buckets as sources: the file system of an s3://, gs:// or az:// URL, by one library beneath fsspec.

In: the source and its URL. Out: a file system; `weir.core.buckets` says where account and faults come from.
"""

from contextlib import AbstractContextManager
from typing import Any
from urllib.parse import urlsplit

from weir.core import buckets
from weir.core.buckets import SCHEMES
from weir.project.plan import Source

__all__ = ["SCHEMES", "open_bucket", "translated"]


def open_bucket(source: Source, url: str) -> tuple[Any, str]:
    """The file system, and the folder's path in it, which begins with the bucket. Raises WeirError."""
    import obstore.fsspec

    store: Any = obstore.fsspec.FsspecStore  # Any, because its overloads want a literal
    parts = urlsplit(url)
    with translated(source, url):
        system = store(buckets.scheme_of(url), retry_config=buckets.RETRY, skip_instance_cache=True)
    return system, f"{parts.netloc}{parts.path}".rstrip("/")


def translated(source: Source, url: str) -> AbstractContextManager[None]:
    """Turn faults of the source's bucket into one-line WeirErrors."""
    return buckets.translated(url, source.connection)
