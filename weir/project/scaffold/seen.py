"""What `weir add` has seen of a source: a file beside the source file, against which the next look is compared.

In: Proposed tables. Out: `_<source>__seen.json`: for each table its columns, types, key and enum values, and the lines
that were written for them. It holds names, never a value of a row. It belongs into version control like the models.
"""

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from weir.core.errors import WeirError
from weir.project.scaffold.model import line_of, lines_of_rule
from weir.project.scaffold.proposal import Choices, Proposed

Seen = dict[str, dict[str, Any]]  # by the label of the table


def of(found: Sequence[Proposed], files: Mapping[str, str] | None = None) -> Seen:
    """What is seen now; `files` are the texts that were written, by path."""
    texts: dict[str, list[tuple[str, str]]] = {}
    for path, text in (files or {}).items():
        texts.setdefault(Path(path).stem, []).append((path, text))
    return {each.table.label: _of_table(each, texts) for each in found}


def _of_table(found: Proposed, texts: Mapping[str, Sequence[tuple[str, str]]]) -> dict[str, Any]:
    entry: dict[str, Any] = {"name": found.name, "is_landed": found.is_landed}
    if found.why_not:
        entry["why_not"] = found.why_not
    entry["key"] = list(found.key)
    entry["columns"] = {}
    for column in found.table.columns:
        made = found.field_of(column.name)
        facts: dict[str, Any] = {"type": column.declared or column.kind}
        if column.values:
            facts["values"] = list(column.values)
        if made and found.model:
            own = [rule for rule in found.rules if re.search(rf"\b{re.escape(made.name)}\b", rule.predicate)]
            facts |= {"as": made.name, "lines": [line.strip() for line in line_of(made)]}
            if own:
                facts["rules"] = [[line.strip() for line in lines_of_rule(rule)] for rule in own]
        entry["columns"][column.name] = facts
    stems = {found.model, f"{found.model.removeprefix('stg_').replace('__', '_')}"} if found.model else set()
    written = {path: digest(text) for stem in sorted(stems) for path, text in texts.get(stem, [])}
    if written:
        entry["files"] = written
    return entry


def digest(text: str) -> str:
    """The digest of a file as it was written."""
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def path_of(folder: str, source: str) -> str:
    """Where the file lies, below the project."""
    return f"{folder}/_{source}__seen.json"


def text_of(seen: Seen, choices: Choices) -> str:
    """The file's text."""
    chosen = {"tables": choices.pattern, "schemas": list(choices.schemas), "zone": choices.zone}
    return json.dumps({"chosen": chosen, "tables": seen}, indent=1, ensure_ascii=False, sort_keys=True) + "\n"


def with_chosen(choices: Choices, path: Path) -> Choices:
    """The choices, as they were made last time where nothing else is said now."""
    chosen = _content(path).get("chosen", {})
    zone = choices.zone if choices.zone != "UTC" else chosen.get("zone", "UTC")
    return replace(choices, pattern=choices.pattern or chosen.get("tables", ""), zone=zone,
                   schemas=choices.schemas or tuple(chosen.get("schemas", ())))  # fmt: skip


def read(path: Path) -> Seen:
    """The tables of the file; nothing where there is none. Raises WeirError when it can't be read."""
    tables: Seen = _content(path).get("tables", {})
    return tables


def _content(path: Path) -> dict[str, Any]:
    if not path.exists():
        return {}
    try:
        content: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        assert isinstance(content["tables"], dict)
    except (OSError, ValueError, KeyError, TypeError, AssertionError):
        raise WeirError(f"{path.name} can't be read: restore it from version control, or delete it; then every table "
                        "that is not declared counts as new") from None  # fmt: skip
    return content
