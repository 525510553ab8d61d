"""The veil over rows as received: which of their fields a terminal may show, and what stands in place of the others.

In: a staging model's lineage, a row as landing received it. Out: the row, each personal value as its kind and length.
Of a model with marks a value is shown only where a column of staging that is not personal is made of it: what no
column takes may hold anything. Of a model without marks everything is shown.
"""

from collections.abc import Mapping
from typing import Any

from weir.access.carried import Lineage, relation_of
from weir.access.findings import OWN, UNREADABLE, Field
from weir.access.lineage import WHOLE
from weir.core.errors import WeirError

_SHOWN = OWN - {UNREADABLE}
UNKNOWN = "not modelled"


class Veil:
    """What may be shown of the rows of one staging model."""

    def __init__(self, lineage: Lineage | None, model: str) -> None:
        self.personal: list[Field] = []
        self.taken: list[Field] = []  # what columns of staging are made of
        self.key_kind = ""  # what the key holds of a person, or nothing
        self.hides_all = True  # of a model that is no longer declared, or can't be read
        if lineage is None:
            return  # nothing was built, so nothing is known of fields; keys are shown
        relation = next((each for each, node in lineage.nodes.items() if _is_staged(node, model)), None)
        if relation is None:
            self.key_kind = UNKNOWN
            return
        sources = [each for each in lineage.nodes if each in _read_by(lineage, relation)]
        for source in sources:
            marks = {name: mark.kind for name, mark in lineage.marks[source].items() if mark.is_personal}
            self.personal += lineage.fields.get(source, [])
            self.personal += [Field(name, (), kind, name) for name, kind in marks.items() if "." not in name]
            self.taken += [Field(name, (), "", name) for name in _declared(lineage.nodes[source])]
        if self.personal:
            self.personal.append(Field(UNREADABLE, (), "free_text", UNREADABLE))
        made = lineage.columns[relation]
        for name, read in made.known.items():
            self.taken += [Field(each.column, each.path, "", name) for each in read]
        marked = [mark.kind for mark in lineage.marks[relation].values() if mark.is_personal]
        self.hides_all = relation in lineage.unread and bool(marked or self.personal)
        self.key_kind = ", ".join(sorted(lineage.held(relation, "_key"))) or (marked[0] if self.hides_all else "")

    def row(self, row: Mapping[str, Any]) -> dict[str, Any]:
        """The row with what may be shown of it."""
        if not self.covers:
            return dict(row)
        return {name: value if name in _SHOWN else self._shown(name, (), value) for name, value in row.items()}

    def value(self, column: str, path: tuple[str, ...], value: Any) -> Any:
        """The value of a column of the row, or of a field in it, as far as it may be shown."""
        if column in _SHOWN or not self.covers:
            return value
        return self._shown(column, path, value)

    def cover(self, column: str) -> str:
        """What a column of the row holds that may not be shown: its kind, or nothing where it may be."""
        if column in _SHOWN or not self.covers:
            return ""
        kind = next((each.kind for each in self.personal if each.meets(column, ())), "")
        is_taken = not self.hides_all and any(each.meets(column, ()) for each in self.taken)
        return kind or ("" if is_taken else UNKNOWN)

    @property
    def covers(self) -> bool:
        """Whether anything of the model's rows is covered."""
        return self.hides_all or bool(self.personal)

    def key(self, key: str, seq: int | None = None) -> str:
        """The key; one that is personal by its kind and length, and the row's order of arrival to find it by."""
        if not self.key_kind:
            return key
        return f"{veiled(self.key_kind, key)}{'' if seq is None else f' = row {seq}'}"

    def _shown(self, column: str, path: tuple[str, ...], value: Any) -> Any:
        if isinstance(value, dict):
            return {name: self._shown(column, (*path, name), inner) for name, inner in value.items()}
        if isinstance(value, list):
            return [self._shown(column, (*path, str(place)), inner) for place, inner in enumerate(value)]
        if value is None or isinstance(value, bool):
            return value
        kind = next((each.kind for each in self.personal if each.meets(column, path)), "")
        if not kind and not self.hides_all and any(each.meets(column, path) for each in self.taken):
            return value
        return veiled(kind or UNKNOWN, value)


def has_personal_key(lineage: Lineage, source: str, table: str) -> bool:
    """Whether the key by which a row of the source's table is named holds personal data; without a key, any column."""
    for relation, node in lineage.nodes.items():
        if node["resource_type"] == "source" and (node["source_name"], node["name"]) == (source, table):
            key = _key(node)
            return any(lineage.held(relation, name) for name in key) if key else bool(lineage.held(relation, WHOLE))
    return False


def veiled(kind: str, value: object) -> str:
    """What stands in place of a personal value: its kind and length."""
    length = len(str(value))
    return f"‹{kind.replace('_', ' ')}, {length} character{'' if length == 1 else 's'}›"


def refuse_without_reason(with_pii: bool, because: str | None) -> None:
    """Raise WeirError unless --with-pii comes with --because, and a reason that says something."""
    if with_pii and not (because or "").strip():
        raise WeirError('--with-pii needs a reason, which is written down: add --because "why you must see it"')
    if because is not None and not with_pii:
        raise WeirError("--because is the reason for --with-pii: add --with-pii, or leave it out")


def _is_staged(node: Mapping[str, Any], model: str) -> bool:
    return node["name"] == model and node["config"].get("materialized") == "staged"


def _declared(source: Mapping[str, Any]) -> list[str]:
    """The columns that landing itself works with: the source's key and cursor."""
    cursor = _meta(source).get("cursor")
    return [*_key(source), *([cursor] if cursor else [])]


def _key(source: Mapping[str, Any]) -> list[str]:
    key = _meta(source).get("key") or []
    return [key] if isinstance(key, str) else list(key)


def _meta(source: Mapping[str, Any]) -> dict[str, Any]:
    return {**(source.get("meta") or {}), **((source.get("config") or {}).get("meta") or {})}


def _read_by(lineage: Lineage, relation: tuple[str, str]) -> set[tuple[str, str]]:
    """The sources that a model reads."""
    above = set(lineage.nodes[relation]["depends_on"]["nodes"])
    return {relation_of(node) for node in lineage.nodes.values() if node.get("unique_id") in above}
