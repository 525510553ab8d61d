"""Personal data: which columns hold them, by the marks `meta: {pii: …}` of dbt's YAML.

In: the YAML of a model or source, as dbt's manifest has it. Out: a Mark for each marked column. A mark names a kind:

    - {name: email, config: {meta: {pii: email}}}
    - {name: email, config: {meta: {pii: email, keep: domain, because: marts join by the company's domain}}}
    - {name: subject_length, config: {meta: {pii: none, because: a length tells nothing of a person}}}
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from weir.core.errors import WeirError

NONE = "none"
KINDS = {
    "email": "an e-mail address",
    "name": "the name of a person",
    "phone": "a phone number",
    "address": "a postal address, or a part of one",
    "ip": "an IP address",
    "person": "the id of a person",
    "account": "an IBAN, or another number that leads to a person's money",
    "birth_date": "a date of birth",
    "free_text": "text that a person wrote, or a document: anything may stand in it",
}
_KEEP = {"email": "domain"}


@dataclass(frozen=True)
class Mark:
    """What a column holds of a person. Kind `none` says that it holds nothing, though it derives from what does."""

    kind: str
    keep: str = ""
    because: str = ""

    @property
    def is_personal(self) -> bool:
        """Whether the column holds personal data."""
        return self.kind != NONE


def marks_of(node: Mapping[str, Any]) -> dict[str, Mark]:
    """The marks of the columns of a model or source, by the column's name, `none` included.

    `node` is an entry of dbt's manifest. Raises WeirError for a mark that means nothing.
    """
    found = {}
    for name, column in (node.get("columns") or {}).items():
        meta = {**(column.get("meta") or {}), **((column.get("config") or {}).get("meta") or {})}
        if "pii" in meta:
            found[name] = _mark(f"{node.get('name')}.{name}", meta)
    return found


def _mark(where: str, meta: Mapping[str, Any]) -> Mark:
    # YAML reads a bare `none` as text, and `null` or nothing as None.
    kind, keep, because = (str(meta.get(name) or "").strip() for name in ("pii", "keep", "because"))
    if kind not in {*KINDS, NONE}:
        kinds = ", ".join(KINDS)
        raise WeirError(f"{where}: pii: {kind or 'nothing'} is no kind of personal data; write one of {kinds}")
    if keep and _KEEP.get(kind) != keep:
        raise WeirError(f"{where}: keep: {keep} means nothing for pii: {kind}; only the domain of an email can be kept")
    if (keep or kind == NONE) and not because:
        what = f"keep: {keep}" if keep else "pii: none"
        raise WeirError(f"{where}: {what} needs a reason; write because: … beside it")
    return Mark(kind, keep, because)
