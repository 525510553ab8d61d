"""The marts of the project, by dbt's manifest.

In: the manifest of target prod. Out: a Mart for each, with its grain; and the sources and tables that marts depend on.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

from weir.core.errors import WeirError
from weir.core.settings import home
from weir.project.personal import Mark, marks_of

NEXT = "analytics_next"
PUBLISHED = "analytics"
PRIVATE = "analytics_private"  # the clear values of the columns that are masked in `analytics`


@dataclass(frozen=True)
class Mart:
    """A mart: its table's name, the columns that make a row unique (none: rows may repeat), its columns.

    `personal` holds the columns that are masked where the mart is published, with the mark of each. `rows_for` holds
    the roles that see a part of its rows, each with the predicate of that part. `schema` is where it is published.
    A batched mart has an `event_time` and a `batch_size`; `ops.batches` knows it by the name of its `model`, and
    `ops.batch_keys` names changed keys of the column `by`, where it has one.
    """

    name: str
    grain: tuple[str, ...] = ()
    columns: tuple[str, ...] = ()
    incremental: bool = False
    personal: Mapping[str, Mark] = field(default_factory=dict)
    rows_for: Mapping[str, str] = field(default_factory=dict)
    schema: str = PUBLISHED
    event_time: str = ""
    batch_size: str = ""
    by: str = ""
    model: str = ""

    @property
    def label(self) -> str:
        """The name by which `ops` and undo know the table: its schema stands before it in `analytics_private`."""
        return self.name if self.schema == PUBLISHED else f"{self.schema}.{self.name}"

    @property
    def place(self) -> str:
        """The table's schema and name, for a person."""
        return f"{self.schema}.{self.name}"


def labelled(label: str) -> Mart:
    """The table of a label, of which nothing else is known."""
    private = label.startswith(f"{PRIVATE}.")
    return Mart(label.removeprefix(f"{PRIVATE}."), schema=PRIVATE) if private else Mart(label)


def manifest_path() -> Path:
    """The file of dbt's manifest that builds of target prod write."""
    return home() / "target" / "prod" / "manifest.json"


def marts(manifest: Path | None = None) -> list[Mart]:
    """The marts of the project, sorted by name. Raises WeirError when there is no manifest yet."""
    path = manifest or manifest_path()
    try:
        nodes = _nodes(path)
    except FileNotFoundError:
        raise WeirError("nothing was built yet: type `weir build` first") from None
    except (ValueError, KeyError):
        raise WeirError(f"{path.name} of the last build can't be read: type `weir build` again") from None
    found = [
        _mart(node)
        for node in nodes.values()
        if node["resource_type"] == "model" and node["schema"] == NEXT and _materialized(node) != "ephemeral"
    ]
    return sorted(found, key=lambda mart: mart.name)


def tracked(model: str) -> Mart | None:
    """The model of this name as a table with batches, where it has an event time; None where it has none."""
    nodes = _nodes(manifest_path()) if manifest_path().exists() else {}
    for node in nodes.values():
        if node["name"] == model and node["resource_type"] == "model" and node["config"].get("event_time"):
            config = node["config"]
            size = str(config.get("batch_size") or "day")
            return Mart(model, event_time=str(config["event_time"]), batch_size=size, model=model)
    return None


def marts_or_parse(parse: Callable[[], object]) -> list[Mart]:
    """The marts; if dbt's manifest is missing or damaged (by a full disk, say), `parse` makes it first.

    Returns an empty list where the project has no marts.
    """
    try:
        return marts()
    except WeirError:
        parse()
    try:
        return marts()
    except WeirError:
        return []


def depended(names: list[str]) -> list[str]:
    """The names among these ("source" or "source.table") that a mart depends on, by dbt's manifest."""
    manifest: dict[str, Any] = json.loads(manifest_path().read_text())
    found = []
    for name in names:
        nodes = [
            key for key, node in manifest["sources"].items()
            if name in {node["source_name"], f"{node['source_name']}.{node['name']}"}
        ]  # fmt: skip
        seen = set(nodes)
        for key in nodes:  # grows
            below = [child for child in manifest["child_map"].get(key, []) if child not in seen]
            seen.update(below)
            nodes += below
        models = [manifest["nodes"][key] for key in nodes if key.startswith("model.")]
        if any(node["schema"] == NEXT and _materialized(node) != "ephemeral" for node in models):
            found.append(name)
    return found


def _nodes(path: Path) -> dict[str, Any]:
    """The nodes of the manifest, which is read once while its file stays as it is."""
    state = path.stat()
    return _read(path, state.st_mtime_ns, state.st_size)


@lru_cache(maxsize=1)
def _read(path: Path, *_state: int) -> dict[str, Any]:
    nodes: dict[str, Any] = json.loads(path.read_text())["nodes"]
    return nodes


def _mart(node: dict[str, Any]) -> Mart:
    meta = {**(node.get("meta") or {}), **(node["config"].get("meta") or {})}
    grain = meta.get("grain") or []
    config = node["config"] if _materialized(node) == "batched" else {}
    return Mart(
        name=node.get("alias") or node["name"],
        grain=tuple([grain] if isinstance(grain, str) else grain),
        columns=tuple(node.get("columns") or ()),
        incremental=_materialized(node) == "incremental",
        personal={name: mark for name, mark in marks_of(node).items() if mark.is_personal},
        rows_for={str(role): str(rows) for role, rows in (meta.get("rows_for") or {}).items()},
        event_time=str(config.get("event_time") or ""),
        batch_size=str(config.get("batch_size") or ""),
        by=str(config.get("by") or ""),
        model=node["name"] if config else "",
    )


def _materialized(node: dict[str, Any]) -> str:
    return str(node["config"].get("materialized"))
