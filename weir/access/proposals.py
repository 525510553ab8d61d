"""Columns of raw that look like personal data and have no mark: by samples of their values, and by their names.

In: raw, the lineage of the last build. Out: Proposals, each with how sure it is and the line to write. Values are read
and counted in memory; none is kept or printed. Alone: `weir pii --propose`.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import psycopg
from psycopg import sql

from weir.access.carried import Lineage
from weir.access.findings import OWN, UNREADABLE
from weir.access.lineage import Origin, Relation
from weir.project.patterns import kind_of_name, kind_of_value
from weir.warehouse.catalog import exists

SAMPLE = 1_000  # rows of a table that are looked at, the newest
_LEAST = 0.05  # the share of values that must look like a kind
_DEEPEST = 5  # levels of a document


@dataclass(frozen=True)
class Proposal:
    """A column of raw that looks personal: the kind, the values sampled, and those among them that look like it."""

    relation: Relation
    column: str
    path: tuple[str, ...]
    kind: str
    values: int
    alike: int
    file: str
    line: str

    @property
    def place(self) -> str:
        """The table and column, and where it is a document the path of the field."""
        return ".".join([self.relation[0].removeprefix("raw_"), self.relation[1], self.column, *self.path])

    @property
    def sure(self) -> str:
        """How sure the proposal is, in words."""
        if not self.alike:
            return "by its name alone"
        return f"{self.alike / self.values:.0%} of {self.values:,} values"


def propose(connection: psycopg.Connection, lineage: Lineage, source: str | None = None) -> list[Proposal]:
    """The columns and fields of raw that look personal and have no mark, of one source or of all."""
    found = []
    for relation, node in lineage.nodes.items():
        is_raw = node["resource_type"] == "source" and relation[0].startswith("raw_")
        if is_raw and source in {None, node["source_name"]}:
            for (column, path), seen in _sampled(connection, relation).items():
                kind, alike = _kind(path[-1] if path else column, seen)
                if kind and not _is_marked(lineage, relation, column, path):
                    file, line = _where(lineage, relation, column, path, kind)
                    found.append(Proposal(relation, column, path, kind, seen.total(), alike, file, line))
    return sorted(found, key=lambda each: (-each.alike, each.place))


def _sampled(connection: psycopg.Connection, relation: Relation) -> dict[tuple[str, tuple[str, ...]], Counter[str]]:
    """The kinds of the values of each column, and of each field of its documents."""
    seen: dict[tuple[str, tuple[str, ...]], Counter[str]] = {}
    if not exists(connection, *relation):
        return seen
    newest = sql.SQL("select to_jsonb(t) from {} as t where _op <> 'delete' order by _seq desc limit {}")
    for (row,) in connection.execute(newest.format(sql.Identifier(*relation), sql.Literal(SAMPLE))):
        for column, value in row.items():
            if column not in OWN and column != UNREADABLE:
                for path, text in _leaves(value):
                    seen.setdefault((column, path), Counter())[kind_of_value(text)] += 1
    return seen


def _leaves(value: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], str]]:
    """The texts and numbers of a value, each with the path to it; elements of a list share one."""
    if isinstance(value, dict) and len(path) < _DEEPEST:
        for name, inner in value.items():
            yield from _leaves(inner, (*path, name))
    elif isinstance(value, list) and len(path) < _DEEPEST:
        for inner in value:
            yield from _leaves(inner, path)
    elif isinstance(value, str) and value:
        yield path, value
    elif value is not None and not isinstance(value, bool | str):
        yield path, str(value)


def _kind(name: str, seen: Counter[str]) -> tuple[str, int]:
    """The kind that most values look like, with their number; else the one that the name suggests."""
    alike = Counter({kind: number for kind, number in seen.items() if kind})
    for kind, number in alike.most_common(1):
        if number >= _LEAST * seen.total():
            return kind, number
    return kind_of_name(name), 0


def _is_marked(lineage: Lineage, relation: Relation, column: str, path: tuple[str, ...]) -> bool:
    if column in lineage.marks.get(relation, {}):
        return True
    return any(each.meets(column, path) for each in lineage.fields.get(relation, ())) or any(
        name in lineage.marks[model] for model, name in _takers(lineage, relation, column, path)
    )


def _takers(lineage: Lineage, relation: Relation, column: str, path: tuple[str, ...]) -> Iterator[tuple[Relation, str]]:
    """The columns of staging models that are made of this column or field."""
    for model, made in lineage.columns.items():
        if lineage.nodes[model]["config"]["materialized"] == "staged":
            for name, read in made.known.items():
                if name not in {"_key", "_load_id"} and Origin(relation, column, path) in {
                    Origin(each.relation, each.column, each.path) for each in read
                }:
                    yield model, name


def _where(lineage: Lineage, relation: Relation, column: str, path: tuple[str, ...], kind: str) -> tuple[str, str]:
    """The file to write in, and the line to write there."""
    for model, name in _takers(lineage, relation, column, path):
        return f"{_file(lineage, model)}, {model[1]}", f"- {{name: {name}, config: {{meta: {{pii: {kind}}}}}}}"
    name = ".".join([column, *path])
    return f"{_file(lineage, relation)}, {relation[1]}", f"- {{name: {name}, config: {{meta: {{pii: {kind}}}}}}}"


def _file(lineage: Lineage, relation: Relation) -> str:
    node = lineage.nodes[relation]
    return str(node.get("patch_path") or node["original_file_path"]).split("://")[-1]
