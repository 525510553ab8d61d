"""Writes the files of a scaffold: all of them or none.

In: texts by path below the project; a path with no text is deleted. Out: files. What exists is never overwritten
unless the caller has read it; a fault, or Ctrl-C, in the middle puts everything back.
"""

import contextlib
import os
from collections.abc import Callable, Mapping
from pathlib import Path

from weir.core.errors import WeirError


def write(project: Path, texts: Mapping[str, str | None], check: Callable[[], object] = lambda: None) -> None:
    """Write all texts, and call `check`. Raises WeirError, with nothing changed, when a text can't be written.

    What `check` raises puts everything back, too.
    """
    before: dict[Path, bytes | None] = {}
    made: list[Path] = []
    try:
        for name, text in texts.items():
            path = project / name
            before[path] = path.read_bytes() if path.exists() else None
            made += _folders(path)
            if text is None:
                path.unlink(missing_ok=True)
            else:
                _replace(path, text)
        check()
    except BaseException as fault:
        for path, content in before.items():
            with contextlib.suppress(OSError):
                if content is None:
                    path.unlink(missing_ok=True)
                else:
                    path.write_bytes(content)
        for folder in reversed(made):
            with contextlib.suppress(OSError):
                folder.rmdir()
        if isinstance(fault, OSError):
            raise WeirError(f"nothing was written, because {fault.filename} can't be ({fault.strerror}): mend that, "
                            "then type the command again") from None  # fmt: skip
        raise


def refuse_existing(project: Path, texts: Mapping[str, str | None]) -> None:
    """Raise WeirError when one of the files exists: it is somebody's."""
    there = sorted(name for name in texts if (project / name).exists())
    if there:
        more = f" (and {len(there) - 1} more)" if len(there) > 1 else ""
        raise WeirError(
            f"{there[0]}{more} exists already: call the source otherwise (--as NAME), or move the file away"
        )


def _folders(path: Path) -> list[Path]:
    """Make the folders above the file; returns those that were not there."""
    missing = [folder for folder in path.parents if not folder.exists()]
    path.parent.mkdir(parents=True, exist_ok=True)
    return missing[::-1]


def _replace(path: Path, text: str) -> None:
    """Put the text in the file at once: a reader sees the old one or the new one."""
    draft = path.with_name(f".{path.name}.draft")
    ends = "\r\n" if path.exists() and b"\r\n" in path.read_bytes() else "\n"
    try:
        draft.write_text(text, encoding="utf-8", newline=ends)
        os.replace(draft, path)
    finally:
        draft.unlink(missing_ok=True)
