"""Writes the files of a scaffold: all of them or none.

In: texts by path below the project; a path with no text is deleted. Out: files. All are written to a draft first, then
moved: a folder that is new comes whole, so that a process that is killed leaves no half of it. A fault, or Ctrl-C, puts
everything back.
"""

import contextlib
import os
import shutil
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path

from weir.core.errors import WeirError

_DRAFT = ".weir_add_"


def write(project: Path, texts: Mapping[str, str | None], check: Callable[[], object] = lambda: None) -> None:
    """Write all texts, and call `check`. Raises WeirError, with nothing changed, when a text can't be written.

    What `check` raises puts everything back, too.
    """
    before: dict[Path, bytes | None] = {}
    made: list[Path] = []
    draft: Path | None = None
    try:
        for left in project.glob(f"{_DRAFT}*"):  # of a process that was killed
            shutil.rmtree(left, ignore_errors=True)
        draft = Path(tempfile.mkdtemp(prefix=_DRAFT, dir=project))
        for name, text in texts.items():
            if text is not None:
                _write(draft / name, text, like=project / name)
        new = {top for name in texts if (top := _new_folder(project, name))}
        new = {top for top in new if not any(top != other and Path(top).is_relative_to(other) for other in new)}
        for top in sorted(new, reverse=True):  # staging, with the source file, comes after marts
            made += _parents(project / top)
            made.append(project / top)
            os.rename(draft / top, project / top)
        for name, text in texts.items():
            path = project / name
            if any(Path(name).is_relative_to(top) for top in new):
                continue
            before[path] = path.read_bytes() if path.exists() else None
            if text is None:
                path.unlink(missing_ok=True)
            else:
                os.replace(draft / name, path)
        check()
    except BaseException as fault:
        _put_back(before, made)
        if isinstance(fault, OSError):
            raise WeirError(f"nothing was written, because {fault.filename} can't be ({fault.strerror}): mend that, "
                            "then type the command again") from None  # fmt: skip
        raise
    finally:
        if draft:
            shutil.rmtree(draft, ignore_errors=True)


def refuse_existing(project: Path, texts: Mapping[str, str | None]) -> None:
    """Raise WeirError when one of the files exists: it is somebody's."""
    there = sorted(name for name in texts if (project / name).exists())
    if there:
        more = f" (and {len(there) - 1} more)" if len(there) > 1 else ""
        raise WeirError(
            f"{there[0]}{more} exists already: call the source otherwise (--as NAME), or move the file away"
        )


def _put_back(before: Mapping[Path, bytes | None], made: list[Path]) -> None:
    """Let the files be as they were; folders that were made go, with what is in them."""
    for path, content in before.items():
        with contextlib.suppress(OSError):
            if content is None:
                path.unlink(missing_ok=True)
            else:
                path.write_bytes(content)
    for folder in reversed(made):
        shutil.rmtree(folder, ignore_errors=True)


def _new_folder(project: Path, name: str) -> str:
    """The last folder above the file, where it is new, such as `models/staging/shop`; empty where it is there."""
    parent = Path(name).parent
    return "" if (project / parent).exists() else str(parent)


def _parents(folder: Path) -> list[Path]:
    """Make the folders above; returns those that were not there."""
    missing = [each for each in folder.parents if not each.exists()]
    folder.parent.mkdir(parents=True, exist_ok=True)
    return missing[::-1]


def _write(path: Path, text: str, like: Path) -> None:
    """Write a draft; its lines end as those of the file that it replaces."""
    path.parent.mkdir(parents=True, exist_ok=True)
    ends = "\r\n" if like.exists() and b"\r\n" in like.read_bytes() else "\n"
    path.write_text(text, encoding="utf-8", newline=ends)
