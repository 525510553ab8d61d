"""The charts that marts declare: `config.meta.portal` in a mart's YAML, a list with one entry per chart.

In: dbt's manifest. Out: a Chart for each entry that can be shown, and a sentence for each that can't.
"""

import json
from dataclasses import dataclass, field
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
    words: dict[str, str] = field(default_factory=dict)  # column -> its description

    @property
    def is_share(self) -> bool:
        """Whether the values are shares of 1, shown as percent."""
        return self.unit == "%"


def declared(manifest: Path | None = None) -> tuple[list[Chart], list[str]]:
    """The charts of all marts, in their order, and what is wrong with the others.

    Both are empty where nothing was built yet.
    """
    try:
        nodes = json.loads((manifest or manifest_path()).read_text())["nodes"]
    except (OSError, ValueError, KeyError):
        return [], []
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


def check(manifest: Path | None = None) -> list[Chart]:
    """The charts of all marts. Raises WeirError with a sentence for the first that can't be shown."""
    charts, faults = declared(manifest)
    if faults:
        raise WeirError(faults[0])
    return charts


def _entries(node: dict[str, Any]) -> Any:
    return {**(node.get("meta") or {}), **(node["config"].get("meta") or {})}.get("portal")


def _chart(node: dict[str, Any], entry: Any, key: str) -> Chart:
    where = f"{(node.get('patch_path') or node['original_file_path']).split('://')[-1]}: {node['name']}, {key}"

    def refuse(what: str) -> WeirError:
        return WeirError(f"{where}: {what}; see docs/how-to/read-the-portal.md")

    if node["schema"] != NEXT:
        raise refuse("only marts have charts in the portal, for only marts are published")
    if not isinstance(entry, dict):
        raise refuse("a chart is a mapping with title and chart")
    kind = entry.get("chart")
    if kind not in KINDS:
        raise refuse(f"there is no chart {kind!r}, only {', '.join(KINDS)}")
    needed, more = KINDS[kind]
    for name in sorted(entry.keys() - _ALWAYS - _MAY - needed - more, key=str):
        raise refuse(f"a chart of kind {kind} has no {name!r}")
    for name in sorted((_ALWAYS | needed) - entry.keys()):
        raise refuse(f"{name} is missing")
    columns = [entry["x"]] if "x" in entry else []
    columns += [entry["by"]] if "by" in entry else []
    drawn = [entry["y"]] if isinstance(entry["y"], str) else entry["y"]
    if not isinstance(drawn, list) or not drawn:
        raise refuse("y must be a list of columns")
    if kind != "table" and "by" in entry and len(drawn) > 1:
        raise refuse("with by there is one column in y")
    order = [_order(text) for text in _list(entry.get("order"))]
    known, personal = node["columns"], marks_of(node)
    for name in [*columns, *drawn, *(name for name, _ in order)]:
        if name not in known:
            raise refuse(f"the mart has no column {name!r}")
        if name in personal and personal[name].is_personal:
            raise refuse(f"the column {name} is marked as personal, and the portal shows nothing personal")
    for name in ("last", "place"):
        if not isinstance(entry.get(name, 0), int) or isinstance(entry.get(name), bool) or entry.get(name, 0) < 0:
            raise refuse(f"{name} must be a whole number")
    for name in ("title", "unit", "note"):
        if not isinstance(entry.get(name, ""), str):
            raise refuse(f"{name} must be a text")
    return Chart(
        mart=node.get("alias") or node["name"],
        title=entry["title"],
        chart=kind,
        x=entry.get("x", ""),
        y=tuple(drawn),
        by=entry.get("by", ""),
        unit=entry.get("unit", ""),
        note=" ".join(entry.get("note", "").split()),
        last=entry.get("last", 0),
        place=entry.get("place", 100),
        order=tuple(order),
        words={name: known[name].get("description") or "" for name in drawn},
    )


def _list(value: Any) -> list[Any]:
    return [] if value is None else value if isinstance(value, list) else [value]


def _order(text: Any) -> tuple[str, bool]:
    name, _, direction = str(text).rpartition(" ")
    return (name, direction == "desc") if direction in {"asc", "desc"} and name else (str(text), False)
