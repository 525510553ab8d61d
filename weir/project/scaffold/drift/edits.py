"""The edits of the project that follow from changes at a source.

In: Changes, what was seen then, the proposals of now, the project's files. Out: texts by path, and patches for a
person. A model is touched only where the generated line still stands; a file that a person has written is never
deleted.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from weir.project.scaffold import files, model, seen, yaml_text
from weir.project.scaffold.drift import sql_edit, yaml_edit
from weir.project.scaffold.drift.changes import Change
from weir.project.scaffold.proposal import Choices, Proposed
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
            _edit_mart(change, each, old, choices, project, done)
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


def _edit_mart(
    change: Change, each: Proposed, old: dict[str, Any], choices: Choices, project: Path, done: Edits
) -> None:
    """Let the mart of the table, where there is one, have a column more, a column less, or one of another type."""
    name = f"models/marts/{choices.source}/{model.mart_name(each, choices)}"
    text = _now(f"{name}.sql", project, done)
    made = each.field_of(change.column) if change.column else None
    known = old["columns"].get(change.column, {}).get("as", "")
    if text is None:
        return
    made_text: str | None = text
    if change.what == "column came" and made:
        shown = model.shown_in_mart(made.name, made.type, dict(model.mart_columns(each))[made.name])
        made_text = sql_edit.with_shown(text, shown, each.model)
    elif change.what == "column went" and known:
        made_text = sql_edit.without_shown(text, known)
    elif change.what != "type changed" or not made:
        return
    if made_text is None:
        done.patches.append(
            (f"{name}.sql", f"{change.what}, {change.column}: somebody has changed the mart, so edit it")
        )
        return
    done.texts[f"{name}.sql"] = made_text
    yaml = _now(f"{name}.yml", project, done)
    if yaml is not None:
        file = yaml_edit.ModelFile(yaml, model.mart_name(each, choices))
        if change.what == "column went":
            file.remove_column(known, each)
        elif made:
            (file.add_to_contract if change.what == "column came" else file.set_type)(made, each)
        if file.is_changed:
            done.texts[f"{name}.yml"] = file.text()


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
        made_text = sql_edit.with_field(text, made)
        if made_text is None:
            done.patches.append((name, f"add: {made.sql},"))
        else:
            done.texts[name] = made_text
            _edit_yaml(yaml_edit.ModelFile.add_column, made, each, choices, project, done)
    elif change.what == "column went" and was:
        taken = sql_edit.without_lines(text, was)
        for lines in known.get("rules", []):  # a rule of a column that is no more
            taken = (sql_edit.without_lines(taken, lines) or taken) if taken else None
        if taken is None or sql_edit.mentions(taken, known["as"]):
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
        beside = f"{files.folder(choices.source)}/{each.model}.yml"
        file = yaml_edit.ModelFile(_now(beside, project, done) or "", each.model)
        if file.has_values(made.name, known.get("values", [])) and yaml_text.is_testable(made.values):
            _edit_yaml(yaml_edit.ModelFile.set_values, made, each, choices, project, done)
        else:
            came, went = change.now or "none", change.was or "none"
            done.patches.append((beside, f"accepted_values of {made.name}: {came} came, {went} went"))
    elif change.what == "key changed":
        # raw, quarantine and readers know the rows by the old key: what follows is a person's to decide
        keys = f"its key was ({change.was}) and is ({change.now or 'none'}) at the source"
        done.patches.append((name, f"{keys}: where that is meant, land the table under another name"))


def _now(name: str, project: Path, done: Edits) -> str | None:
    """The file as it will be after the edits so far; None where there is none."""
    if name in done.texts:
        return done.texts[name]
    return (project / name).read_text(encoding="utf-8") if (project / name).exists() else None


def _edit_yaml(act: Any, value: Any, each: Proposed, choices: Choices, project: Path, done: Edits) -> None:
    """Let the YAML beside the model follow."""
    name = f"{files.folder(choices.source)}/{each.model}.yml"
    text = _now(name, project, done)
    if text is not None:
        file = yaml_edit.ModelFile(text, each.model)
        act(file, value, each)
        if file.is_changed:
            done.texts[name] = file.text()
