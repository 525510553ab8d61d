"""The differences between what was seen of a source and what is there now.

In: what was seen then (seen.py), the proposals of now. Out: Changes. What is guessed from samples is no difference.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from weir.project.scaffold import seen
from weir.project.scaffold.proposal import Proposed
from weir.project.scaffold.seen import Seen


@dataclass(frozen=True)
class Change:
    """One difference: of a table, or of its column; `was` and `now` in the source's words."""

    table: str
    what: str
    column: str = ""
    was: str = ""
    now: str = ""


def changes(before: Seen, found: Sequence[Proposed]) -> list[Change]:
    """The differences between what was seen and what is there now."""
    now = seen.of(found)
    kinds = {each.table.label: each.table.kind for each in found}
    listed: list[Change] = []
    for label in sorted({*before, *now}):
        old, new = before.get(label), now.get(label)
        if new is None:
            if old and old["is_landed"]:
                listed.append(Change(label, "table went"))
        elif old is None or (new["is_landed"] and not old["is_landed"]):
            if new["is_landed"]:
                listed.append(Change(label, "table came"))
        elif old["is_landed"] and new["is_landed"]:
            listed += _of_table(label, old, new, is_sampled=kinds[label] in {"files", "collection", "listing"})
    return listed


def _of_table(label: str, old: dict[str, Any], new: dict[str, Any], is_sampled: bool) -> list[Change]:
    """The differences of one table. Types and keys that are guessed from samples are no differences."""
    listed = []
    if "why_not" in old and "why_not" not in new:
        listed.append(Change(label, "rows came"))
    was, now = old["columns"], new["columns"]
    listed += [Change(label, "column came", name, now=now[name]["type"]) for name in now if name not in was]
    listed += [Change(label, "column went", name, was=was[name]["type"]) for name in was if name not in now]
    for name in was.keys() & now.keys():
        if was[name]["type"] != now[name]["type"] and not is_sampled:
            listed.append(Change(label, "type changed", name, was[name]["type"], now[name]["type"]))
        old_values, new_values = was[name].get("values", []), now[name].get("values", [])
        if old_values != new_values:
            came = [value for value in new_values if value not in old_values]
            went = [value for value in old_values if value not in new_values]
            listed.append(Change(label, "values changed", name, ", ".join(went), ", ".join(came)))
    if old["key"] != new["key"] and not is_sampled:
        listed.append(Change(label, "key changed", was=", ".join(old["key"]), now=", ".join(new["key"])))
    return sorted(listed, key=lambda each: (each.what, each.column))
