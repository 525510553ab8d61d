"""Files of Weir: takes a person's values out of logs, pages and Prefect's database, all below WEIR_HOME.

In: values. Out: files without them. The warehouse's own data, `.env`, the lake and Spark's tables are left alone.
A file that is no text and holds a value is removed where it is made anew by itself (below `target`); else it is named,
for a person to see to.
"""

import contextlib
import json
import os
import re
import sqlite3
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote, unquote

from weir.access.forget.sweep import Search
from weir.core.settings import home
from weir.project.erasure import ERASED
from weir.warehouse.embedded import programs
from weir.warehouse.embedded.server import data_folder

BLOCK = 1 << 22
BUSY = 30.0  # seconds to wait for Prefect's server
LIST = "erased.jsonl"
_SQLITE = b"SQLite format 3\0"


@dataclass
class Files:
    """The files that held a value: changed, removed, and left because they can't be changed."""

    changed: list[str] = field(default_factory=list)
    removed: list[str] = field(default_factory=list)
    left: list[str] = field(default_factory=list)


def clean(search: Search, apart: Iterable[str] = (), dry: bool = False) -> Files:
    """Take the values out of every file below WEIR_HOME; with `dry` only find them.

    Left alone is what the addresses `apart` name: sources, as the demo's, where a person deletes the row; and the lake,
    which the next command on Spark clears, as it does Spark's tables.
    """
    found = Files()
    forms = sorted({form for value in search.finding for form in _forms(value)}, key=len, reverse=True)
    if not forms:
        return found
    pattern = re.compile("|".join(re.escape(form) for form in forms).encode(), re.IGNORECASE)
    longest = max(len(form.encode()) for form in forms)
    for path in _walk(_folders(apart)):
        name = str(path.relative_to(home()) if path.is_relative_to(home()) else path)
        with contextlib.suppress(FileNotFoundError):  # a log that was rotated meanwhile
            kind = _kind(path)
            if kind == "sqlite":
                if _clean_sqlite(path, search, dry):
                    found.changed.append(name)
            elif not (spots := list(_spots(path, pattern, longest))):
                continue
            elif kind == "text":
                found.changed.append(name)
                if not dry:
                    _overwrite(path, spots)
            elif "target" in path.parts:
                found.removed.append(name)
                if not dry:
                    path.unlink()
            else:
                found.left.append(name)
    return found


def note(entry: dict[str, object]) -> Path:
    """Add an erasure to the list that outlives the warehouse; returns its file. It holds keyed hashes only."""
    path = home() / LIST
    with path.open("a", encoding="utf-8") as file:
        file.write(json.dumps(entry) + "\n")
    path.chmod(0o600)
    return path


def noted() -> list[dict[str, str]]:
    """The erasures of the list, the oldest first."""
    path = home() / LIST
    if not path.exists():
        return []
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]


def _folders(apart: Iterable[str]) -> set[Path]:
    """The folders and files that are left alone."""
    found = {home() / "demo", home() / "lake", home() / "spark" / "warehouse", home() / "spark" / "metastore"}
    for url in apart:
        for scheme in ("file://", "sqlite:///"):
            if url.startswith(scheme):
                path = url.removeprefix(scheme)
                found |= {Path(path), Path(unquote(path))}
    return {path.resolve() for path in found}


def _walk(left: set[Path]) -> Iterator[Path]:
    """Every file of Weir; of the warehouse's own data its logs alone."""
    data = data_folder().resolve()
    if programs.log(data).exists():
        yield programs.log(data)
    yield from sorted(path for path in (data / "log").glob("*") if path.is_file() and not path.is_symlink())
    left = left | {data}
    for folder, folders, files in os.walk(home()):
        here = Path(folder)
        folders[:] = [name for name in folders if (here / name).resolve() not in left]
        for name in files:
            path = here / name
            own = name in {".env", LIST} or name.endswith(("-wal", "-shm"))
            if path.is_file() and not path.is_symlink() and not own and path.resolve() not in left:
                yield path


def _forms(value: str) -> set[str]:
    """The value as texts, JSON and addresses write it."""
    return {value, json.dumps(value)[1:-1], json.dumps(value, ensure_ascii=False)[1:-1], quote(value)}


def _kind(path: Path) -> str:
    with path.open("rb") as file:
        begin = file.read(8192)
    return "sqlite" if begin.startswith(_SQLITE) else "binary" if b"\0" in begin else "text"


def _spots(path: Path, pattern: re.Pattern[bytes], longest: int) -> Iterator[tuple[int, int]]:
    """Where the values stand in the file: offsets of their begin and end."""
    with path.open("rb") as file:
        at, rest = 0, b""
        while block := file.read(BLOCK):
            text, ends = rest + block, 0
            for match in pattern.finditer(text):
                ends = match.end()
                yield at - len(rest) + match.start(), at - len(rest) + match.end()
            at += len(block)
            rest = text[max(ends, len(text) - longest + 1) :]


def _overwrite(path: Path, spots: list[tuple[int, int]]) -> None:
    """Write over the values in place and at the same length: a program that writes to the file goes on undisturbed."""
    with path.open("r+b") as file:
        for start, end in spots:
            file.seek(start)
            file.write(ERASED.encode().ljust(end - start)[: end - start])


def _clean_sqlite(path: Path, search: Search, dry: bool) -> int:
    """Take the values out of every text of an SQLite database, which may be in use; returns how many rows held one."""
    rows = 0
    with contextlib.closing(sqlite3.connect(path, timeout=BUSY)) as connection:
        forms = [form.lower() for value in search.finding for form in _forms(value)]

        def holds(text: object) -> bool:
            return isinstance(text, str) and any(form in text.lower() for form in forms)

        def scrubbed(text: str) -> str:
            for form in forms:
                text = re.sub(re.escape(form), ERASED, text, flags=re.IGNORECASE)
            return text

        connection.create_function("weir_holds", 1, holds, deterministic=True)
        connection.create_function("weir_scrubbed", 1, scrubbed, deterministic=True)
        connection.execute("pragma secure_delete = on")
        tables = [row[0] for row in connection.execute("select name from sqlite_master where type = 'table'")]
        for table in tables:
            for column in [row[1] for row in connection.execute(f"pragma table_info({_named(table)})")]:
                name, where = _named(column), f"weir_holds({_named(column)})"
                if dry:
                    query = f"select count(*) from {_named(table)} where {where}"
                    rows += int(connection.execute(query).fetchone()[0])
                else:
                    update = f"update {_named(table)} set {name} = weir_scrubbed({name}) where {where}"
                    rows += connection.execute(update).rowcount
        connection.commit()
        if rows and not dry:
            with contextlib.suppress(sqlite3.OperationalError):  # its server is at work: it does so itself, later
                connection.execute("pragma wal_checkpoint(truncate)")
    return rows


def _named(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
