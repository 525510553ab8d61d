"""What `weir add` has seen of a source: a file beside the source file, against which the next look is compared.

In: Proposed tables. Out: `_<source>__seen.json`: for each table its columns, types, key and enum values, and the lines
that were written for them. It holds names, never a value of a row. It belongs into version control like the models.
"""

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from weir.core.errors import WeirError
from weir.project.scaffold.model import line_of, lines_of_rule
from weir.project.scaffold.proposal import Proposed

Seen = dict[str, dict[str, Any]]  # by the label of the table


def of(found: Sequence[Proposed], files: Mapping[str, str] | None = None) -> Seen:
    """What is seen now; `files` are the texts that were written, by path."""
    texts = files or {}
    return {each.table.label: _of_table(each, texts) for each in found}


def _of_table(found: Proposed, texts: Mapping[str, str]) -> dict[str, Any]:
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
    written = {path: digest(text) for path, text in texts.items() if Path(path).stem in stems}
    if written:
        entry["files"] = written
    return entry


def digest(text: str) -> str:
    """The digest of a file as it was written."""
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def path_of(folder: str, source: str) -> str:
    """Where the file lies, below the project."""
    return f"{folder}/_{source}__seen.json"


def text_of(seen: Seen) -> str:
    """The file's text."""
    return json.dumps({"tables": seen}, indent=1, ensure_ascii=False, sort_keys=True) + "\n"


def read(path: Path) -> Seen:
    """The file's content; nothing where there is none. Raises WeirError when it can't be read."""
    if not path.exists():
        return {}
    try:
        tables = json.loads(path.read_text(encoding="utf-8"))["tables"]
        assert isinstance(tables, dict)
    except (OSError, ValueError, KeyError, AssertionError):
        raise WeirError(f"{path.name} can't be read: restore it from version control, or delete it; then every table "
                        "that is not declared counts as new") from None  # fmt: skip
    return tables
