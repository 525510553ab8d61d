"""Schema drift: how the columns that a table landed with differ from those it landed with before.

In: two receipts' columns, name → type in raw. Out: one line for a person, empty where nothing differs. What is done
about each case stands in docs/reference/schema-drift.md.
"""

from collections.abc import Mapping


def told(before: Mapping[str, str], now: Mapping[str, str]) -> str:
    """What came, went and changed its type, in one line."""
    came = [f"{name} ({kind})" for name, kind in now.items() if name not in before]
    went = [name for name in before if name not in now]
    turned = [f"{name} is {kind}, was {before[name]}" for name, kind in now.items() if before.get(name, kind) != kind]
    parts = [f"new: {', '.join(came)}"] if came else []
    parts += [f"gone, NULL from now on: {', '.join(went)}"] if went else []
    return "; ".join([*parts, *turned])
