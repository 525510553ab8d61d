"""Which columns of a table land, and which fields of a document: `exclude`, by names and patterns, and `only_columns`.

In: a declared table, and the columns that its source has, or a document. Out: the names that do not land, or the
document without them. Key and cursor land always. A pattern such as `*_hash` holds for fields of documents at any
depth; a list adds nothing to the path of what it holds.
"""

from collections.abc import Iterable, Sequence
from fnmatch import fnmatchcase
from typing import Any

from weir.core.causes import Cause
from weir.core.errors import WeirError
from weir.project.names import shortened
from weir.project.plan import Table


def is_pattern(name: str) -> bool:
    """Whether a name of `exclude` stands for many."""
    return any(sign in name for sign in "*?[")


def left_out(table: Table, found: Iterable[str]) -> set[str]:
    """The columns of those at the source that do not land."""
    names = list(found)
    patterns = [name for name in table.exclude if is_pattern(name) and name not in names]
    exact = _as_landed(name for name in table.exclude if name not in patterns)
    out = {name for name in names if shortened(name) in exact or _matches(name, patterns)}
    if table.only_columns:
        wanted = _as_landed([*table.columns, *table.key, table.cursor or ""])
        out |= {name for name in names if shortened(name) not in wanted}
    return out


def _as_landed(names: Iterable[str]) -> set[str]:
    return {shortened(name) for name in names}


def _matches(name: str, patterns: Iterable[str]) -> bool:
    return any(fnmatchcase(name, pattern) for pattern in patterns)


class Fields:
    """The fields of a table's documents that land. `names` are those of `exclude` that are to be looked for here."""

    def __init__(self, table: Table, cursor: str | None = None, names: Sequence[str] | None = None) -> None:
        names = table.exclude if names is None else names
        self.exact = {name for name in names if not is_pattern(name)}
        self.patterns = [name for name in names if is_pattern(name)]
        self.kept = [*table.key, *([cursor] if cursor else [])]
        for name in self.kept:
            if name in self.exact or _matches(name, self.patterns):
                raise WeirError(
                    f"exclude names {name!r}, which is the key or the cursor: mend it", cause=Cause.KEY_UNFIT
                )
        self.wanted: list[str] | None = None
        if table.only_columns and "document" not in table.columns:
            self.wanted = [*self.kept, *(name[9:] for name in table.columns if name.startswith("document."))]

    @property
    def trims(self) -> bool:
        """Whether any field is left out."""
        return bool(self.exact or self.patterns or self.wanted is not None)

    def trim(self, value: Any, path: str = "") -> Any:
        """The document, or a part of it, without the fields that do not land."""
        if isinstance(value, list):
            return [self.trim(each, path) for each in value]
        if not isinstance(value, dict):
            return value
        kept = {}
        for name, inner in value.items():
            at = f"{path}.{name}" if path else str(name)
            if str(name).startswith("$") or self._lands(at, inner):  # MongoDB's own, as in {"$date": …}
                kept[name] = self.trim(inner, at)
        return kept

    def _lands(self, path: str, value: Any) -> bool:
        if any(each == path or each.startswith(path + ".") for each in self.kept):
            return True
        if path in self.exact or _matches(path, self.patterns):
            return False
        return self.wanted is None or any(
            each == path
            or path.startswith(each + ".")
            or (isinstance(value, dict | list) and each.startswith(path + "."))
            for each in self.wanted
        )
