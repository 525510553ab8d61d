"""What the lineage finds: fields of raw that hold personal data, and columns of marts that lack a mark.

In: places and kinds. Out: whether a field lies in another; the sentence about a missing mark.
"""

from dataclasses import dataclass

Held = dict[str, frozenset[str]]  # kinds, each with the marked columns that it comes from
# Weir's columns of raw
OWN = frozenset({"_dlt_load_id", "_dlt_id", "_op", "_seq", "_escaped", "_file", "_line", "_error"})
UNREADABLE = "_text"  # Weir's column with the text of a line that can't be read: anything may stand in it


@dataclass(frozen=True)
class Unmarked:
    """A column of a mart that derives from a marked one, and has no mark; `unread` is a model that can't be read."""

    mart: str
    column: str
    file: str
    kind: str
    origin: str
    unread: str = ""

    @property
    def sentence(self) -> str:
        """What is wrong, and what to write, in one line."""
        how = f"may derive from {self.origin}, for {self.unread} can't be read" if self.unread else (
            f"derives from {self.origin}")  # fmt: skip
        return (
            f"mart {self.mart}.{self.column} ({self.file}): it {how}, which is marked {self.kind}: write "
            f"`config: {{meta: {{pii: {self.kind}}}}}` at the column, or `{{pii: none, because: …}}`"
        )


@dataclass(frozen=True)
class Field:
    """A column of raw, or a field of its document, that a staging model's marked column is made of."""

    column: str
    path: tuple[str, ...]
    kind: str
    origin: str

    def meets(self, column: str, path: tuple[str, ...]) -> bool:
        """Whether the field is in what lies at this path of this column, or the other way round.

        Places in a list don't count: what one element holds, the others hold.
        """
        mine, theirs = ([name for name in each if not name.isdigit()] for each in (self.path, path))
        return column == self.column and all(a == b for a, b in zip(mine, theirs, strict=False))

    @property
    def held(self) -> Held:
        """What the field holds of a person."""
        return {self.kind: frozenset([self.origin])}
