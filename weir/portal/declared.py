"""The charts that marts declare: `config.meta.portal` in a mart's YAML, a list with one entry per chart.

In: dbt's manifest. Out: a Chart for each entry that can be shown, and a sentence for each that can't.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from weir.core.errors import WeirError
from weir.project.marts import NEXT, manifest_path
from weir.project.personal import marks_of

# What each kind of chart must say beside its title, and what it may say.
KINDS: dict[str, tuple[set[str], set[str]]] = {
    "line": ({"x", "y"}, {"by"}),
    "bars": ({"x", "y"}, {"by"}),
    "stacked": ({"x", "y"}, {"by"}),
    "cohorts": ({"x", "y", "by"}, set()),
    "table": ({"y"}, {"order"}),
}
_ALWAYS = {"title", "chart"}
_MAY = {"unit", "note", "last", "place"}


@dataclass(frozen=True)
class Chart:
    """One chart of a mart. `y` are the columns that are drawn or listed, `by` parts the rows into series or cohorts.

    `last` is how many of the newest values of x are shown; of a table the rows, of cohorts the cohorts.
    """

    mart: str
    title: str
    chart: str
    x: str = ""
    y: tuple[str, ...] = ()
    by: str = ""
    unit: str = ""
    note: str = ""
    last: int = 0
    place: int = 100  # where it stands: the lowest come first
    order: tuple[tuple[str, bool], ...] = ()  # column, and whether the highest comes first


def declared(manifest: Path | None = None) -> tuple[list[Chart], list[str]]:
    """The charts of all marts, in their order, and what is wrong with the others.

    Both are empty where nothing was built yet.
    """
    nodes = _nodes(manifest)
    charts: list[Chart] = []
    faults: list[str] = []
    models = [node for node in nodes.values() if node["resource_type"] == "model" and _entries(node) is not None]
    for node in sorted(models, key=lambda node: (node.get("patch_path") or "", node["name"])):
        entries = _entries(node)
        for number, entry in enumerate(entries if isinstance(entries, list) else [entries], start=1):
            try:
                charts.append(_chart(node, entry, f"config.meta.portal[{number}]"))
            except WeirError as fault:
                faults.append(str(fault))
    return sorted(charts, key=lambda chart: chart.place), faults


def declares(model: str, manifest: Path | None = None) -> bool:
    """Whether the project has a model of that name, as dbt read it last."""
    return any(node["resource_type"] == "model" and node["name"] == model for node in _nodes(manifest).values())


def _nodes(manifest: Path | None) -> dict[str, Any]:
    path = manifest or manifest_path()
    try:
        return _read(path, path.stat().st_mtime_ns)
    except (OSError, ValueError, KeyError):
        return {}


@lru_cache(maxsize=1)  # a page asks several times, and a manifest is several MB
def _read(path: Path, stamp: int) -> dict[str, Any]:
    nodes: dict[str, Any] = json.loads(path.read_text())["nodes"]
    return nodes


def _entries(node: dict[str, Any]) -> Any:
    return {**(node.get("meta") or {}), **(node["config"].get("meta") or {})}.get("portal")


def _chart(node: dict[str, Any], entry: Any, key: str) -> Chart:
    """The chart of an entry. Raises WeirError with file, mart and key where it can't be shown."""
    mistake = next(_mistakes(node, entry), "")
    if mistake:
        where = (node.get("patch_path") or node["original_file_path"]).split("://")[-1]
        raise WeirError(f"{where}: {node['name']}, {key}: {mistake}; see docs/how-to/read-the-portal.md")
    drawn = _list(entry["y"])
    return Chart(
        mart=node.get("alias") or node["name"],
        title=entry["title"],
        chart=entry["chart"],
        x=entry.get("x", ""),
        y=tuple(drawn),
        by=entry.get("by", ""),
        unit=entry.get("unit", ""),
        note=" ".join(entry.get("note", "").split()),
        last=entry.get("last", 0),
        place=entry.get("place", 100),
        order=tuple(_order(text) for text in _list(entry.get("order"))),
    )


def _mistakes(node: dict[str, Any], entry: Any) -> Iterator[str]:
    if node["schema"] != NEXT:
        yield "only marts have charts in the portal, for only marts are published"
    if not isinstance(entry, dict):
        yield "a chart is a mapping with title and chart"
        return
    kind = entry.get("chart")
    if not isinstance(kind, str) or kind not in KINDS:
        yield f"there is no chart {kind!r}, only {', '.join(KINDS)}"
        return
    needed, more = KINDS[kind]
    for name in sorted(entry.keys() - _ALWAYS - _MAY - needed - more, key=str):
        yield f"a chart of kind {kind} has no {name!r}"
    for name in sorted((_ALWAYS | needed) - entry.keys()):
        yield f"{name} is missing"
    for name in ("title", "unit", "note"):
        if not isinstance(entry.get(name, ""), str):
            yield f"{name} must be a text"
    for name in ("last", "place"):
        if not isinstance(entry.get(name, 0), int) or isinstance(entry.get(name), bool) or entry.get(name, 0) < 0:
            yield f"{name} must be a whole number"
    for name in ("x", "by"):
        if not isinstance(entry.get(name, ""), str):
            yield f"{name} must be the name of a column"
    drawn = _list(entry.get("y"))
    if not drawn or not all(isinstance(name, str) for name in drawn):
        yield "y must be a list of columns"
    if kind != "table" and "by" in entry and len(drawn) > 1:
        yield "with by there is one column in y"
    known, marks = node["columns"], marks_of(node)
    ordered = [_order(text)[0] for text in _list(entry.get("order"))]
    for name in [*filter(None, (entry.get("x"), entry.get("by"))), *drawn, *ordered]:
        if name not in known:
            yield f"the mart has no column {name!r}"
        if name in marks and marks[name].is_personal:
            yield f"the column {name} is marked as personal, and the portal shows nothing personal"


def _list(value: Any) -> list[Any]:
    return [] if value is None else value if isinstance(value, list) else [value]


def _order(text: Any) -> tuple[str, bool]:
    name, _, direction = str(text).rpartition(" ")
    return (name, direction == "desc") if direction in {"asc", "desc"} and name else (str(text), False)
