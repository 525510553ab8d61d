"""Schema drift: how the columns that a table landed with differ from those it landed with before.

In: the columns of two receipts, name → type in raw. Out: one line for a person, empty where nothing differs.
docs/reference/schema-drift.md says what Weir does in each case.
"""

from collections.abc import Mapping


def describe(before: Mapping[str, str], now: Mapping[str, str]) -> str:
    """Describe in one line which columns are new, gone and of another type."""
    came = [f"{name} ({kind})" for name, kind in now.items() if name not in before]
    went = [name for name in before if name not in now]
    turned = [f"{name} is {kind}, was {before[name]}" for name, kind in now.items() if before.get(name, kind) != kind]
    parts = [f"new: {', '.join(came)}"] if came else []
    parts += [f"gone, NULL from now on: {', '.join(went)}"] if went else []
    return "; ".join([*parts, *turned])
