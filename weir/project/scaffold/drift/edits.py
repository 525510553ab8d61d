"""The edits of the project that follow from changes at a source.

In: Changes, what was seen then, the proposals of now, the project's files. Out: texts by path, and patches for a
person. A model is touched only where the generated line still stands; a file that a person has written is never
deleted.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from weir.project.names import shortened
from weir.project.scaffold import files, model, seen
from weir.project.scaffold.drift import yaml_edit
from weir.project.scaffold.drift.changes import Change
from weir.project.scaffold.proposal import GROUPS, Choices, Field, Proposed
from weir.project.scaffold.seen import Seen


@dataclass
class Edits:
    """What is to be done: texts by path (None deletes), and what only a person can do, each with where and what."""

    texts: dict[str, str | None] = field(default_factory=dict)
    patches: list[tuple[str, str]] = field(default_factory=list)


def edits(listed: Sequence[Change], before: Seen, found: Sequence[Proposed], choices: Choices, project: Path) -> Edits:
    """The edits that follow from the changes."""
    done = Edits()
    by_label = {each.table.label: each for each in found}
    path = files.source_path(choices.source)
    source = yaml_edit.SourceFile(project / path, choices.source)
    for change in listed:
        each = by_label.get(change.table)
        old = before.get(change.table, {})
        if change.what == "table went":
            source.remove(old["name"])
            _drop(old, choices, project, done)
        elif change.what in {"table came", "rows came"} and each:
            if change.what == "table came":
                source.add(each)
            has_marts = any(name.startswith("models/marts/") for e in before.values() for name in e.get("files", {}))
            for name, text in files.of_table(each, replace(choices, marts=choices.marts or has_marts)).items():
                if (project / name).exists():
                    done.patches.append((name, "exists already: it is left as it is"))
                else:
                    done.texts[name] = text
        elif each and each.model:
            _edit_model(change, each, old, choices, project, done)
            _renew_mart(each, old, choices, project, done)
            if change.what == "key changed":
                source.set_key(each.name, list(each.key))
            if change.what == "column went":
                source.forget_column(each.name, change.column)
            if change.what == "column came" and any(left.column == change.column for left in each.left):
                source.exclude(each.name, change.column)
    if source.is_changed:
        done.texts[path] = source.text()
    return done


def _drop(old: dict[str, Any], choices: Choices, project: Path, done: Edits) -> None:
    """Delete the files of a table that went, where nobody has changed them, and tests that name its model."""
    own = old.get("files", {})
    gone, readers = f"stg_{choices.source}__{old['name']}", list[str]()
    for path in sorted((project / "models").rglob("*")):
        name = str(path.relative_to(project))
        text = _now(name, project, done) if path.suffix in {".sql", ".yml"} and name not in own else None
        if not text or f"'{gone}'" not in text:
            continue
        if path.suffix == ".yml" and path.stem.startswith("stg_"):
            file = yaml_edit.ModelFile(text, path.stem)
            file.remove_tests_of(gone)
            done.texts[name] = file.text()
        elif path.suffix == ".sql":
            readers.append(path.stem)
    if readers:
        more = f" and {len(readers) - 5} more" if len(readers) > 5 else ""
        done.patches.append((gone, f"its table went, and {', '.join(readers[:5])}{more} read it: mend them"))
    for name, digest in own.items():
        path = project / name
        if not path.exists():
            continue
        if seen.digest(path.read_text(encoding="utf-8")) == digest:
            done.texts[name] = None
        else:
            done.patches.append((name, "its table went, and somebody has changed the file: delete it, or keep it"))


def _renew_mart(each: Proposed, old: dict[str, Any], choices: Choices, project: Path, done: Edits) -> None:
    """Write the mart anew, where there is one and nobody has changed it."""
    marts = {name: digest for name, digest in old.get("files", {}).items() if name.startswith("models/marts/")}
    texts = files.of_table(each, replace(choices, marts=True)) if marts else {}
    for name, digest in marts.items():
        now = _now(name, project, done)
        if name in texts and now is not None and now != texts[name] and name not in done.texts:
            if seen.digest(now) == digest:
                done.texts[name] = texts[name]
            else:
                done.patches.append((name, "somebody has changed the mart: let it follow the staging model"))


def _edit_model(
    change: Change, each: Proposed, old: dict[str, Any], choices: Choices, project: Path, done: Edits
) -> None:
    """Add, remove or replace the generated lines of a column in the model."""
    name = f"{files.folder(choices.source)}/{each.model}.sql"
    text = _now(name, project, done)
    if text is None:
        return
    known = old["columns"].get(change.column, {})
    was = known.get("lines", [])
    made = each.field_of(change.column) if change.column else None
    if change.what == "column came" and made:
        made_text = _with(text, made)
        if made_text is None:
            done.patches.append((name, f"add: {made.sql},"))
        else:
            done.texts[name] = made_text
            _edit_yaml(yaml_edit.ModelFile.add_column, made, each, choices, project, done)
    elif change.what == "column went" and was:
        taken = _without(text, was)
        for lines in known.get("rules", []):  # a rule of a column that is no more
            taken = (_without(taken, lines) or taken) if taken else None
        if taken is None or _mentions(taken, known["as"]):
            done.patches.append((name, f"take out: {was[-1]} and what names {known['as']}"))
        else:
            done.texts[name] = taken
            _edit_yaml(yaml_edit.ModelFile.remove_column, known["as"], each, choices, project, done)
    elif change.what == "type changed" and made and was:
        lines = [line.strip() for line in model.line_of(made)]
        if lines != was:
            taken = text.replace("\n".join(f"        {line}" for line in was), "\n".join(f"        {x}" for x in lines))
            if taken == text:
                done.patches.append((name, f"instead of {was[-1]} write {lines[-1]}"))
            else:
                done.texts[name] = taken
    elif change.what == "values changed" and made:
        _edit_yaml(yaml_edit.ModelFile.set_values, made, each, choices, project, done)
    elif change.what == "key changed":
        listed = ", ".join(f"'{shortened(column)}'" for column in each.key or ("_key",))
        done.texts[name] = re.sub(r"carry\(key=\[[^\]]*\]", lambda _: f"carry(key=[{listed}]", text)
        names = [field.name for column in each.key if (field := each.field_of(column))]
        _edit_yaml(yaml_edit.ModelFile.set_key, names, each, choices, project, done)


def _now(name: str, project: Path, done: Edits) -> str | None:
    """The file as it will be after the edits so far; None where there is none."""
    if name in done.texts:
        return done.texts[name]
    return (project / name).read_text(encoding="utf-8") if (project / name).exists() else None


def _with(text: str, made: Field) -> str | None:
    """The model with the field's lines, at the end of its group; None where the model has another form."""
    lines = text.split("\n")
    ends = [number for number, line in enumerate(lines) if line.startswith("        {{ carry(")]
    if len(ends) != 1 or made.sql in text:
        return None
    heads = {group: n for n, line in enumerate(lines[: ends[0]]) for group in GROUPS if _is_head(line, group)}
    new = model.line_of(made)
    if made.group in heads:
        later = [n for n in heads.values() if n > heads[made.group]]
        at = min(later, default=ends[0])
    else:
        at = min((n for group, n in heads.items() if GROUPS.index(group) > GROUPS.index(made.group)), default=ends[0])
        new = [f"        -- {made.group}", *new]
    return "\n".join([*lines[:at], *new, *lines[at:]])


def _is_head(line: str, group: str) -> bool:
    return bool(re.fullmatch(rf"        -- {group}( \(.*\))?", line))


def _without(text: str, was: Sequence[str]) -> str | None:
    """The model without the generated lines; None where they do not stand there once."""
    lines = text.split("\n")
    stripped = [line.strip() for line in lines]
    at = [n for n in range(len(lines)) if stripped[n : n + len(was)] == list(was)]
    if len(at) != 1:
        return None
    lines[at[0] : at[0] + len(was)] = []
    for n in range(len(lines) - 1, -1, -1):  # the head of a group that is empty now
        follows = lines[n + 1] if n + 1 < len(lines) else ""
        is_end = any(_is_head(follows, group) for group in GROUPS) or follows.startswith("        {{ carry(")
        if any(_is_head(lines[n], group) for group in GROUPS) and is_end:
            del lines[n]
    return "\n".join(lines)


def _mentions(text: str, name: str) -> bool:
    """Whether a rule of the model still names the column."""
    _, _, rules = text.partition("\n)\n")
    return bool(re.search(rf"\b{re.escape(name)}\b", rules))


def _edit_yaml(act: Any, value: Any, each: Proposed, choices: Choices, project: Path, done: Edits) -> None:
    """Let the YAML beside the model follow."""
    name = f"{files.folder(choices.source)}/{each.model}.yml"
    text = _now(name, project, done)
    if text is not None:
        file = yaml_edit.ModelFile(text, each.model)
        act(file, value, each)
        if file.is_changed:
            done.texts[name] = file.text()
