"""Reads the files of a dbt project whose SQL runs on both engines, and says what only one of them knows.

In: models but those in models/ops (they are PostgreSQL's alone), tests/dbt, and the predicates in YAML beside models
and seeds. Out: one line for each find: file, line, what it is, what to write instead.
"""

from collections.abc import Iterator
from pathlib import Path

import jinja2
import yaml

from tests.support.portable.bans import finds
from tests.support.portable.templates import Templates

# Keys of YAML that hold a condition.
_CONDITIONS = ("predicate", "where")


def faults(root: Path, macros: Path | None = None) -> list[str]:
    """One line for each find in the project at `root`; `macros` is the folder of its macros, where it is not there."""
    templates = Templates([macros or root / "macros"])
    found = []
    for path in _files(root, "models", "tests/dbt", ends=".sql"):
        found += _of_text(templates, path.relative_to(root), path.read_text(encoding="utf-8"), 1, "{}")
    for path in _files(root, "models", "seeds", ends=".yml"):
        for line, condition in _conditions(yaml.compose(path.read_text(encoding="utf-8"))):
            found += _of_text(templates, path.relative_to(root), condition, line, "select * from a_model where {}")
    return found


def _files(root: Path, *folders: str, ends: str) -> list[Path]:
    paths = [path for folder in folders for path in sorted((root / folder).rglob(f"*{ends}"))]
    return [path for path in paths if not path.is_relative_to(root / "models" / "ops")]


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
