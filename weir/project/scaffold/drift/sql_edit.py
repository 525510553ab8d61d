"""Edits of SQL in place: a line of a staging model or a mart is added or taken out; all others stay.

In: the text of a model. Out: the text with the change; None where the generated lines do not stand there once.
"""

import re
from collections.abc import Sequence

from weir.project.scaffold import model
from weir.project.scaffold.proposal import GROUPS, Field


def with_field(text: str, made: Field) -> str | None:
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


def without_lines(text: str, was: Sequence[str]) -> str | None:
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


def mentions(text: str, name: str) -> bool:
    """Whether a rule of the model still names the column."""
    _, _, rules = text.partition("\n)\n")
    return bool(re.search(rf"\b{re.escape(name)}\b", rules))


def with_shown(text: str, shown: str, staged: str) -> str | None:
    """The mart with one more column at the end of its select; None where it has another form."""
    lines = text.split("\n")
    ends = [number for number, line in enumerate(lines) if line == f"from {{{{ ref('{staged}') }}}}"]
    if len(ends) != 1 or not re.fullmatch(r"    [\w\" ()]+", lines[ends[0] - 1]):
        return None
    last = ends[0] - 1
    return "\n".join([*lines[:last], f"{lines[last]},", f"    {shown}", *lines[last + 1 :]])


def without_shown(text: str, name: str) -> str | None:
    """The mart without the line of the column; None where it does not stand there once."""
    lines = text.split("\n")
    at = [
        n for n, line in enumerate(lines) if re.fullmatch(rf"    ({name}|cast\({name} as [\w ]+\) as {name}),?", line)
    ]
    if len(at) != 1:
        return None
    if not lines[at[0]].endswith(",") and lines[at[0] - 1].endswith(","):
        lines[at[0] - 1] = lines[at[0] - 1].removesuffix(",")
    del lines[at[0]]
    return "\n".join(lines)
