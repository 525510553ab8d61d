"""The marks of personal data, carried along the lineage of the project's columns.

In: dbt's manifest and the compiled SQL of its models. Out: what each column holds of a person, and from which marked
column it derives; the columns of marts that would be published without a mark. A column's own mark counts before what
it derives from, so `pii: none` ends the way. A mark in staging holds for the fields of raw that the column is made of.
Alone: `weir pii`.
"""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from weir.access.findings import OWN, Field, Held, Unmarked
from weir.access.lineage import WHOLE, Columns, Origin, Relation, Unread, origins
from weir.core.errors import WeirError
from weir.core.settings import home
from weir.project.marts import NEXT
from weir.project.personal import Mark, marks_of

Node = Mapping[str, Any]
_STAGED = {"_op", "_seq", "_as_of", "_carried", "_reasons", "_unreadable", "_place"}
_EPHEMERAL = "__dbt__cte__"


class Lineage:
    """What each column of the project holds of a person."""

    def __init__(self, manifest: Node, code: Callable[[Node], str | None]) -> None:
        self.nodes: dict[Relation, Node] = {}
        self.marks: dict[Relation, dict[str, Mark]] = {}
        self.columns: dict[Relation, Columns] = {}
        self.unread: dict[Relation, str] = {}  # why a model can't be read
        self.staged: dict[Relation, str] = {}  # the compiled code of staging models
        self.fields: dict[Relation, list[Field]] = {}  # what staging's marks say of raw
        self._held: dict[Origin, Held] = {}
        nodes = {**manifest["nodes"], **manifest["sources"]}
        for node in _parents_first(nodes):
            relation = relation_of(node)
            self.nodes[relation], self.marks[relation] = node, marks_of(node)
            if node["resource_type"] == "source":
                self._mark_fields(relation)
            elif node["resource_type"] in {"model", "snapshot"}:
                parents = [relation_of(nodes[name]) for name in node["depends_on"]["nodes"] if name in nodes]
                self.columns[relation] = self._read(relation, node, code(node), parents)

    def _read(self, relation: Relation, node: Node, code: str | None, parents: list[Relation]) -> Columns:
        try:
            if code is None or node.get("language") != "sql":
                raise Unread("it was not compiled" if node.get("language") == "sql" else "it is not SQL")
            made = origins(code, self.columns)
        except Unread as fault:
            self.unread[relation] = str(fault)
            return Columns({WHOLE: frozenset(Origin(parent, WHOLE) for parent in parents)})
        if node["config"]["materialized"] == "staged":
            self.staged[relation] = code
            kept = {name: read for name, read in made.known.items() if not _is_carried(name)}
            made = Columns({**kept, "_known_from": frozenset()}, made.rest)
            self._mark_raw(relation, made)
        return made

    def _mark_fields(self, relation: Relation) -> None:
        """Note the fields of documents that a source marks by name and path: `document.person.email`."""
        for name, mark in self.marks[relation].items():
            column, *path = name.split(".")
            if path and mark.is_personal:
                field = Field(column, tuple(path), mark.kind, f"{relation[1]}.{name}")
                self.fields.setdefault(relation, []).append(field)

    def _mark_raw(self, relation: Relation, made: Columns) -> None:
        """Note the fields of raw that a staging model's marked columns are made of: they hold the same."""
        for name, mark in self.marks[relation].items():
            for origin in made.of(name) or () if mark.is_personal else ():
                if origin.column not in OWN:
                    field = Field(origin.column, origin.path, mark.kind, f"{relation[1]}.{name}")
                    self.fields.setdefault(origin.relation, []).append(field)

    def held(self, relation: Relation, column: str) -> Held:
        """What the column holds of a person: kinds, each with the marked columns it comes from."""
        return self._of(Origin(relation, column))

    def _of(self, origin: Origin) -> Held:
        if origin not in self._held:
            self._held[origin] = {}  # a model that reads itself brings nothing new
            self._held[origin] = self._find(origin)
        return self._held[origin]

    def _find(self, origin: Origin) -> Held:
        relation, column = origin.relation, origin.column
        mark = self.marks.get(relation, {}).get(column)
        if mark is not None:
            return {mark.kind: frozenset([f"{relation[1]}.{column}"])} if mark.is_personal else {}
        if column == WHOLE:
            names = dict.fromkeys([*self.names(relation), *(each.column for each in self.fields.get(relation, ()))])
            return _together(self.held(relation, name) for name in names)
        if relation in self.fields:
            return _together(each.held for each in self.fields[relation] if each.meets(column, origin.path))
        return self.derived(relation, column)

    def derived(self, relation: Relation, column: str) -> Held:
        """What the column would hold by what it derives from, whatever its own mark says."""
        read = self.columns[relation].of(column) if relation in self.columns else None
        return _together(map(self._of, read or ()))

    def names(self, relation: Relation) -> list[str]:
        """The names of the relation's columns, as far as YAML and SQL tell them."""
        made = self.columns.get(relation, Columns())
        found = dict.fromkeys([*self.nodes.get(relation, {}).get("columns", {}), *made.known])
        for other in made.rest:
            found.update(dict.fromkeys(self.names(other)))
        if len(found) > 1:
            found.pop(WHOLE, None)
        return list(found)

    def unmarked(self) -> list[Unmarked]:
        """The columns of marts that derive from a marked column and have no mark, sorted."""
        found = []
        for relation in marts_of(self.nodes.values()):
            for column in self.names(relation):
                if column in self.marks[relation]:
                    continue
                for kind, places in sorted(self.held(relation, column).items())[:1]:
                    node = self.nodes[relation]
                    file = str(node.get("patch_path") or node["original_file_path"]).split("://")[-1]
                    unread = self._unread_above(relation, column)
                    found.append(Unmarked(relation[1], column, file, kind, min(places), unread))
        return sorted(found, key=lambda each: (each.mart, each.column))

    def _unread_above(self, relation: Relation, column: str) -> str:
        """A model on the column's way that can't be read, or nothing."""
        seen: set[tuple[Relation, str]] = set()
        way = [(relation, column)]
        for step, name in way:  # grows
            if step in self.unread:
                return step[1]
            read = self.columns[step].of(name) if step in self.columns else None
            further = {(each.relation, each.column) for each in read or ()} - seen
            seen |= further
            way += sorted(further)
        return ""


def read_lineage(target: str = "prod") -> Lineage:
    """The lineage of the project as the last build compiled it. Raises WeirError when nothing was built yet."""
    folder = home() / "target" / target
    try:
        manifest = json.loads((folder / "manifest.json").read_text())
    except FileNotFoundError:
        raise WeirError("nothing was built yet: type `weir build` first") from None
    except ValueError:
        raise WeirError("the manifest of the last build can't be read: type `weir build` again") from None
    return Lineage(manifest, lambda node: _compiled(node, folder / "compiled"))


def _compiled(node: Node, folder: Path) -> str | None:
    """The node's SQL: of the last build, or of the last one that built this node."""
    if node.get("compiled_code"):
        return str(node["compiled_code"])
    path = folder / node["package_name"] / node["original_file_path"]
    return path.read_text(encoding="utf-8") if path.is_file() else None


def marts_of(nodes: Iterable[Node]) -> list[Relation]:
    """The relations of the marts among the nodes of the manifest."""
    return [
        relation_of(node) for node in nodes
        if node["resource_type"] == "model" and node["schema"] == NEXT and node["config"]["materialized"] != "ephemeral"
    ]  # fmt: skip


def relation_of(node: Node) -> Relation:
    """Schema and name of the node's table or view; of an ephemeral model the CTE that dbt makes of it."""
    if node["resource_type"] == "source":
        return node["schema"], node["identifier"]
    if node["config"].get("materialized") == "ephemeral":
        return "", f"{_EPHEMERAL}{node['name']}"
    return node["schema"], node.get("alias") or node["name"]


def _is_carried(name: str) -> bool:
    return name in _STAGED or name.startswith(("_given_", "_raw_key_"))


def _together(parts: Iterable[Held]) -> Held:
    found: Held = {}
    for part in parts:
        for kind, places in part.items():
            found[kind] = found.get(kind, frozenset()) | places
    return found


def _parents_first(nodes: Mapping[str, Node]) -> Iterator[Node]:
    """Sources, seeds, snapshots and models, each after those that it reads."""
    done: set[str] = set()
    way = [name for name in nodes if name.startswith(("model.", "seed.", "snapshot.", "source."))]
    way.reverse()
    while way:
        name = way[-1]
        above = [each for each in (nodes[name].get("depends_on") or {}).get("nodes", []) if each in nodes]
        waiting = [each for each in above if each not in done] if name not in done else []
        if waiting:
            way += waiting
            continue
        way.pop()
        if name not in done:
            done.add(name)
            yield nodes[name]
