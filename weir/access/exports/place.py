"""Where an export goes: a file, or an object of a bucket; there whole, with its dictionary, or not at all.

In: `--to`. Out: two drafts to write, which take their names when both are complete. A local draft lies beside its file,
mode 600; that of a bucket lies in `home()/tmp`, and is sent in parts that become an object with the last one.
"""

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from weir.access.exports.dictionary import SUFFIX
from weir.core import buckets
from weir.core.errors import WeirError
from weir.core.faults import refuse_full_disk
from weir.core.settings import home


@dataclass(frozen=True)
class Draft:
    """The files to write: the data and their dictionary."""

    data: Path
    dictionary: Path


@contextmanager
def drafts(to: str, replace: bool) -> Iterator[Draft]:
    """Give two drafts, and put both in their places when the block has ended well; else remove them.

    Raises WeirError when something has the name already, or can't be written there.
    """
    is_bucket = buckets.is_bucket(to)
    folder = _scratch() if is_bucket else _folder(Path(to))
    names = [to, to + SUFFIX]
    for name in names:
        _refuse(name, is_bucket, replace)
    made = [folder / f".{Path(urlsplit(name).path if is_bucket else name).name}.{os.getpid()}.part" for name in names]
    try:
        with _told(folder):
            for draft in made:
                draft.unlink(missing_ok=True)
                draft.touch(mode=0o600, exist_ok=False)
            yield Draft(*made)
            # The dictionary first: data that are there have their dictionary.
            for draft, name in reversed(list(zip(made, names, strict=True))):
                if is_bucket:
                    _send(draft, name)
                else:
                    _rename(draft, Path(name), replace)
    finally:
        for draft in made:
            with suppress(OSError):
                draft.unlink(missing_ok=True)


def _scratch() -> Path:
    folder = home() / "tmp" / str(os.getpid())
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def _folder(path: Path) -> Path:
    folder = path.resolve().parent
    if not folder.is_dir():
        raise WeirError(f"there is no folder {folder}: make it, or mend --to")
    if not os.access(folder, os.W_OK | os.X_OK):
        raise WeirError(f"the folder {folder} may not be written: mend its rights, or --to")
    return folder


def _refuse(name: str, is_bucket: bool, replace: bool) -> None:
    """Raise WeirError when something has the name and may not be replaced."""
    if is_bucket:
        there = _sent(name)  # also with --replace: a bucket that refuses says so before anything is read
    else:
        try:
            there = Path(name).exists() or Path(name).is_symlink()
        except OSError as fault:
            raise WeirError(f"{name[:80]} can't be written: {fault.strerror}; give another name") from None
        if Path(name).is_dir():
            raise WeirError(f"{name} is a folder: name a file in it")
    if there and not replace:
        raise WeirError(f"{name} is there already: give another name, or --replace")


@contextmanager
def _told(folder: Path) -> Iterator[None]:
    """Turn a full disk, and a folder that refuses, into one line."""
    try:
        yield
    except OSError as fault:
        refuse_full_disk(folder, str(fault))
        number = fault.errno or next(iter(re.findall(r"\[errno (\d+)\]", str(fault))), 0)  # pyarrow's are in its words
        cause = os.strerror(int(number)) if number else fault
        raise WeirError(f"{folder} can't be written: {cause}; nothing was left there") from None


def _rename(draft: Path, path: Path, replace: bool) -> None:
    with draft.open("rb") as file:
        os.fsync(file.fileno())  # or a power cut could leave the name without the rows
    if replace:
        draft.replace(path)
        return
    try:
        os.link(draft, path)  # unlike rename, refuses a file that came meanwhile
    except FileExistsError:
        raise WeirError(f"{path} is there already: give another name, or --replace") from None
    except OSError:  # a file system without links
        draft.rename(path)


def _store(url: str) -> tuple[object, str]:
    """The bucket of a URL, and the name of the object in it."""
    from obstore.store import from_url

    parts = urlsplit(url)
    name = parts.path.lstrip("/")
    if not parts.netloc or not name or name.endswith("/"):
        raise WeirError("--to must name a bucket and an object in it, such as s3://bucket/folder/file.csv")
    return from_url(f"{buckets.scheme_of(url)}://{parts.netloc}", retry_config=buckets.RETRY), name


def _sent(url: str) -> bool:
    import obstore
    from obstore.exceptions import NotFoundError

    with buckets.translated(url, "--to"):
        store, name = _store(url)
        try:
            obstore.head(store, name)  # type: ignore[arg-type]
        except (NotFoundError, FileNotFoundError) as fault:
            if "NoSuchBucket" in str(fault) or "ContainerNotFound" in str(fault):
                raise
            return False
        return True


def _send(draft: Path, url: str) -> None:
    import obstore

    with buckets.translated(url, "--to"), draft.open("rb") as file:
        store, name = _store(url)
        obstore.put(store, name, file, chunk_size=8 << 20, max_concurrency=4)  # type: ignore[arg-type]
