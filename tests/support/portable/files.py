"""Reads the files of a dbt project whose SQL runs on both engines, and says what only one of them knows.

In: models, tests/dbt, and the predicates in YAML beside models and seeds; but no model that is enabled on PostgreSQL
alone, by dbt_project.yml or its own config. Out: one line for each find: file, line, what it is, what to write instead.
"""

import re
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import jinja2
import yaml

from tests.support.portable.bans import finds
from tests.support.portable.templates import Templates

# Keys of YAML that hold a condition.
_CONDITIONS = ("predicate", "where")
# How a model, or a folder of them, says that it is for PostgreSQL alone.
_ALONE = re.compile(r"target\.type\s*==\s*['\"]postgres['\"]")
_ENABLED = re.compile(r"\benabled\s*=\s*" + _ALONE.pattern)


def faults(root: Path, macros: Path | None = None) -> list[str]:
    """One line for each find in the project at `root`; `macros` is the folder of its macros, where it is not there."""
    templates = _templates(macros or root / "macros")
    left_out = list(_of_postgresql(root))
    found = []
    for path in _files(root, left_out, "models", "tests/dbt", ends=".sql"):
        text = path.read_text(encoding="utf-8")
        if _ENABLED.search(text):
            left_out.append(path.with_suffix(".yml"))
        else:
            found += _of_text(templates, path.relative_to(root), text, 1, "{}")
    for path in _files(root, left_out, "models", "seeds", ends=".yml"):
        for line, condition in _conditions(yaml.compose(path.read_text(encoding="utf-8"))):
            found += _of_text(templates, path.relative_to(root), condition, line, "select * from a_model where {}")
    return found


@cache
def _templates(macros: Path) -> Templates:
    """The templates with these macros, read once for many projects."""
    return Templates(macros)


def _files(root: Path, left_out: list[Path], *folders: str, ends: str) -> list[Path]:
    paths = [path for folder in folders for path in sorted((root / folder).rglob(f"*{ends}"))]
    return [path for path in paths if not any(path.is_relative_to(each) for each in left_out)]


def _of_postgresql(root: Path) -> Iterator[Path]:
    """The folders of models that dbt_project.yml enables on PostgreSQL alone."""
    project = root / "dbt_project.yml"
    declared = yaml.safe_load(project.read_text(encoding="utf-8")) if project.exists() else {}

    def below(folder: Path, config: Mapping[str, Any]) -> Iterator[Path]:
        if _ALONE.search(str(config.get("+enabled", ""))):
            yield folder
        for name, inner in config.items():
            if isinstance(inner, Mapping) and not name.startswith("+"):
                yield from below(folder / name, inner)

    yield from below(root / "models", declared.get("models", {}).get(declared.get("name"), {}))


def _conditions(node: yaml.Node | None) -> Iterator[tuple[int, str]]:
    """The line and text of each condition below a node of YAML."""
    if isinstance(node, yaml.SequenceNode):
        for each in node.value:
            yield from _conditions(each)
    elif isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            if key.value in _CONDITIONS and isinstance(value, yaml.ScalarNode):
                # a block of text begins a line below its mark
                yield value.start_mark.line + 1 + (value.style in ("|", ">")), value.value
            else:
                yield from _conditions(value)


def _of_text(templates: Templates, path: Path, text: str, line: int, frame: str) -> list[str]:
    """The finds in one piece of SQL, each as a line."""
    try:
        rendered = templates.render(frame.format(text) if frame != "{}" else text, line)
    except (jinja2.TemplateError, TypeError, ValueError) as fault:
        return [f"{path}:{line + (getattr(fault, 'lineno', None) or 1) - 1}: Jinja that can't be read: {fault}"]
    found = [(rendered.line(find.offset), find) for find in finds(rendered.sql)]
    # one message for `a::text`, which sqlglot reads as a cast
    short = {place for place, find in found if find.what == "`::`"}
    lines = [(at, find) for at, find in found if at not in short or not find.what.startswith("cast(")]
    return list(dict.fromkeys(f"{path}:{at}: {find.what}: {find.instead}" for at, find in lines))
