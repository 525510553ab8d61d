"""Columns of raw: names, types, and how they are compared."""

from dataclasses import dataclass

from weir.project.names import shortened

# Types whose equality is coarser than their text (1.0 = 1.00), or that have none.
_BY_TEXT = {"numeric", "jsonb", "json", "real", "double precision", "bpchar", "interval", "time with time zone",
            "point", "line", "lseg", "box", "path", "polygon", "circle"}  # fmt: skip


@dataclass(frozen=True)
class Column:
    """A column of raw: its name there, its type there, and the expression that reads it at the source."""

    name: str
    type: str = "text"
    expr: str = ""

    def __post_init__(self) -> None:
        """See that the name is one that raw can hold."""
        object.__setattr__(self, "name", shortened(self.name))


def quoted(*names: str) -> str:
    """The names as one quoted SQL identifier of the warehouse, dots between, each as raw holds it."""
    return as_named(*map(shortened, names))


def as_named(*names: str) -> str:
    """The names as one quoted SQL identifier of the source, which has them as they are."""
    return ".".join('"' + name.replace('"', '""') + '"' for name in names)


def listed(names: list[str], prefix: str = "") -> str:
    """The names as a quoted list."""
    return ", ".join(prefix + quoted(name) for name in names)


def comparable(column: Column) -> str:
    """The column for a comparison as fine as its text, under its own name."""
    name, value = quoted(column.name), compared(column)
    return name if value == name else f"{value} as {name}"


def compared(column: Column) -> str:
    """The column's value for a comparison as fine as its text."""
    plain = column.type not in _BY_TEXT and not column.type.endswith("[]")
    return quoted(column.name) if plain else f"{quoted(column.name)}::text"
