"""What depends on a place of dbt's graph: marts and exposures, by the manifest of the last build or parse.

In: names of sources, tables ("source.table"), models or marts, or ids of nodes. Out: a Downstream, sorted by name.
"""

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from weir.project.marts import NEXT, manifest_path

EVERYTHING = "*"  # the name that stands for every mart


@dataclass(frozen=True)
class Downstream:
    """The marts and exposures that depend on something; `of` is how many marts there are."""

    marts: tuple[str, ...] = ()
    exposures: tuple[str, ...] = ()
    of: int = 0


def downstream(names: tuple[str, ...], path: Path | None = None) -> Downstream:
    """The marts and exposures that depend on any of the names; EVERYTHING stands for every mart.

    Gives nothing where no manifest was made yet, and for names that the project does not have.
    """
    graph = _graph(path or manifest_path())
    if graph is None:
        return Downstream()
    seen = _below(graph, names)
    marts = sorted(graph.marts[key] for key in seen if key in graph.marts)
    exposures = sorted(graph.exposures[key] for key in seen if key in graph.exposures)
    return Downstream(tuple(marts), tuple(exposures), len(graph.marts))


def reaches(names: tuple[str, ...], name: str, path: Path | None = None) -> bool:
    """Whether the node of that name depends on any of the names."""
    graph = _graph(path or manifest_path())
    return graph is not None and any(name in graph.names.get(key, ()) for key in _below(graph, names))


def _below(graph: "_Graph", names: tuple[str, ...]) -> set[str]:
    """The nodes of these names, and all that depend on them."""
    begin = [key for key, called in graph.names.items() if EVERYTHING in names or called & set(names)]
    seen = set(begin)
    for key in begin:  # grows
        below = [child for child in graph.children.get(key, []) if child not in seen]
        seen.update(below)
        begin += below
    return seen


@dataclass(frozen=True)
class _Graph:
    names: dict[str, set[str]]  # by which names each node is called
    children: dict[str, list[str]]
    marts: dict[str, str]
    exposures: dict[str, str]


def _graph(path: Path) -> _Graph | None:
    try:
        stamp = path.stat().st_mtime_ns
        return _read(path, stamp)
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None


@cache
def _read(path: Path, stamp: int) -> _Graph:
    manifest: dict[str, Any] = json.loads(path.read_text())
    names: dict[str, set[str]] = {}
    for key, node in manifest["sources"].items():
        names[key] = {key, node["source_name"], f"{node['source_name']}.{node['name']}"}
    marts = {}
    for key, node in manifest["nodes"].items():
        names[key] = {key, node["name"], str(node.get("alias") or node["name"])}
        materialized = node["config"].get("materialized")
        if node["resource_type"] == "model" and node["schema"] == NEXT and materialized != "ephemeral":
            marts[key] = str(node.get("alias") or node["name"])
    exposures = {key: str(node.get("label") or node["name"]) for key, node in manifest["exposures"].items()}
    return _Graph(names, manifest["child_map"], marts, exposures)
