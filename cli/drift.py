"""`weir add NAME` of a source that is declared: shows what has changed there, and applies it where that is asked.

In: the proposals of now, the file of what was seen. Out: a table of differences; with `--write` edited files.
"""

import fnmatch
from collections.abc import Sequence
from pathlib import Path

from weir.core import terminal
from weir.project.plan import Source, Table
from weir.project.scaffold import files, seen, write
from weir.project.scaffold.drift.changes import changes
from weir.project.scaffold.drift.edits import edits
from weir.project.scaffold.proposal import Choices, Proposed
from weir.project.scaffold.seen import Seen
from weir.project.sources import read_plan


def show_drift(project: Path, declared: Source, found: list[Proposed], choices: Choices, to_write: bool) -> int:
    """Print the differences; with `to_write` edit the files. Returns 0, whether there are differences or not."""
    path = seen.path_of(files.folder(choices.source), choices.source)
    before = seen.read(project / path) or _by_hand(declared, found)
    listed = changes(before, found)
    number = sum(entry["is_landed"] for entry in before.values())
    if not listed:
        terminal.say(f"{choices.source}: nothing has changed in its {number} tables.")
        return 0
    rows = [[each.table, each.what, each.column or None, each.was or None, each.now or None] for each in listed]
    terminal.table(f"What has changed in {choices.source}", ["table", "what", "column", "was", "is"], rows)
    done = edits(listed, before, found, choices, project)
    for place, what in done.patches:
        terminal.say(f"For you: {place}: {what}", style="yellow")
    if not to_write:
        terminal.say(f"`weir add {choices.source} --write` edits {len(done.texts)} files.")
        return 0
    texts = {**done.texts, path: seen.text_of(_seen_now(before, found, done.texts, project), choices)}
    write.write(project, texts, lambda: read_plan(project))
    made = sum(text is not None for text in done.texts.values())
    terminal.say(f"  {made} files written, {len(done.texts) - made} deleted", style="green")
    terminal.say("  next: weir run")
    return 0


def _seen_now(before: Seen, found: Sequence[Proposed], texts: dict[str, str | None], project: Path) -> Seen:
    """What is seen now, with the digests of files as they were generated."""
    written = {name: digest for entry in before.values() for name, digest in entry.get("files", {}).items()}
    edited = {
        name for name in texts
        if (project / name).exists() and seen.digest((project / name).read_text(encoding="utf-8")) != written.get(name)
    }  # fmt: skip
    now = seen.of(found, {name: text for name, text in texts.items() if text is not None})
    for label, entry in now.items():
        known = before.get(label, {}).get("files", {})
        # what somebody has changed stays known as changed
        own = {name: digest for name, digest in entry.get("files", {}).items() if name not in edited}
        if known or own:
            entry["files"] = {**known, **own}
    return now


def _is_same(table: Table, found: Proposed) -> bool:
    """Whether the declared table is the one that was found: by its name, its files or its place in an API."""
    path = str(found.table.meta.get("path", ""))
    if table.path or path:
        return bool(table.path) and (fnmatch.fnmatch(path, table.path or "") or path == table.path)
    endpoint: object = found.table.meta.get("endpoint")
    if isinstance(endpoint, dict):
        return str(table.endpoint.get("path")).strip("/") == str(endpoint.get("path")).strip("/")
    return bool({table.name, table.origin or table.name} & {found.name, found.table.name, found.table.label})


def _by_hand(declared: Source, found: Sequence[Proposed]) -> Seen:
    """What a declaration by hand knows of: its tables, with the columns that their models name."""
    known = {table.name: table for table in declared.tables}
    result = {}
    for each in found:
        table = next((table for table in known.values() if _is_same(table, each)), None)
        if table is None:
            continue
        entry = seen.of([each])[each.table.label] | {"is_landed": True, "name": table.name, "key": table.key}
        for facts in entry["columns"].values():
            facts.pop("lines", None)
        result[each.table.label] = entry
        known.pop(table.name)
    for name, table in known.items():
        label = table.origin or name
        result[label] = {"name": name, "is_landed": True, "key": table.key, "columns": {}}
    return result
