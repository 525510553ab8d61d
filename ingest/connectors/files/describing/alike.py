"""Files and tables that are alike: which files stand together, how they are written, how tables are told apart.

In: looks at files; tables. Out: clusters of files, the `format` of one cluster, names that stand once.
"""

import os
from collections import Counter, defaultdict
from typing import Any

from ingest.connectors.files.describing.grouping import qualified
from ingest.connectors.files.describing.looks import Look
from weir.project.scaffold.described import Table

ALIKE = 0.5  # the share of columns that files of one table have in common
TOLD = 20  # from so many files on that are left out for one reason, they are told by folder


def spread(names: list[str], most: int) -> list[str]:
    """At most so many of the names, evenly over all, the first and the last among them."""
    if len(names) <= most:
        return names
    return [names[n * (len(names) - 1) // (most - 1)] for n in range(most)]


def clusters(seen: dict[str, list[Look]]) -> list[list[str]]:
    """The files by how they are written and by their columns: those that have half of them in common stand together."""
    found: list[tuple[set[str], Look, list[str]]] = []
    for name, those in seen.items():
        keys = set().union(*(each.keys for each in those))
        for n, (known, first, names) in enumerate(found):
            common = len(known & keys) >= ALIKE * min(len(known | keys), len(keys) * 2 or 1)
            if common and _written_alike(first, those[0]):
                known |= keys
                names.append(name)
                found[n] = (known, those[0] if first.ascii else first, names)
                break
        else:
            found.append((keys, those[0], [name]))
    return [names for _, _, names in found]


def _written_alike(one: Look, other: Look) -> bool:
    alike = all(one.settings.get(name) == other.settings.get(name) for name in ("delimiter", "skip", "type"))
    encoded = one.ascii or other.ascii or one.settings.get("encoding") == other.settings.get("encoding")
    return one.documents == other.documents and alike and encoded


def format_of(those: list[Look]) -> dict[str, Any]:
    """The `format` of the source file, where the files' names do not say it."""
    settings: dict[str, Any] = {}
    for each in those:
        settings |= each.settings
    if len({each.settings.get("footer") for each in those}) > 1:
        settings.pop("footer")  # what only some of the files have would cost the others their last row
    if not settings:
        return {}
    return {"format": settings["type"] if len(settings) == 1 else settings}


def name_apart(tables: list[Table]) -> None:
    """Give tables of one name the names of their folders too, then of their formats, then numbers."""
    for further in (
        lambda table: qualified(str(table.meta["path"]), table.name),
        lambda table: f"{table.name}_{os.path.splitext(str(table.meta['path']).removesuffix('.gz'))[1].strip('.')}",
    ):
        counts = Counter(table.name for table in tables)
        for table in tables:
            if counts[table.name] > 1:
                table.name = further(table)
    seen: Counter[str] = Counter()
    for table in tables:
        seen[table.name] += 1
        if seen[table.name] > 1:
            table.name = f"{table.name}_{seen[table.name]}"


def left_out(why: dict[str, str]) -> list[Table]:
    """A line for each file that is no table; one for many of a folder with the same reason."""
    alike: dict[tuple[str, str], list[str]] = defaultdict(list)
    for name, reason in why.items():
        if reason:
            alike[os.path.dirname(name), reason].append(name)
    found = []
    for (folder, reason), names in alike.items():
        if len(names) > TOLD:
            names = [f"{folder or '.'}: {len(names):,} files"]
        found += [Table(name, kind="files", left_out=reason) for name in names]
    return found
