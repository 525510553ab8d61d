"""Columns of raw: their names and types, and the expressions that compare them."""

from dataclasses import dataclass

from weir.project.names import shortened

# Types whose values can be equal and yet differ as text (1.0 and 1.00), or that have no equality.
_BY_TEXT = {"numeric", "jsonb", "json", "real", "double precision", "bpchar", "interval", "time with time zone",
            "point", "line", "lseg", "box", "path", "polygon", "circle"}  # fmt: skip


@dataclass(frozen=True)
class Column:
    """A column of raw: its name and type in raw, and the expression that reads it at the source."""

    name: str
    type: str = "text"
    expr: str = ""

    def __post_init__(self) -> None:
        """Bring the name into the form that raw can hold."""
        object.__setattr__(self, "name", shortened(self.name))


def quoted(*names: str) -> str:
    """One quoted SQL identifier of raw: the names in the form that raw holds them, with dots between."""
    return as_named(*map(shortened, names))


def as_named(*names: str) -> str:
    """One quoted SQL identifier of the source: the names unchanged, with dots between."""
    return ".".join('"' + name.replace('"', '""') + '"' for name in names)


def listed(names: list[str], prefix: str = "") -> str:
    """The names, each quoted, with commas between."""
    return ", ".join(prefix + quoted(name) for name in names)


def comparable(column: Column) -> str:
    """The expression that compares a column by its text where that is finer, under the column's name."""
    name, value = quoted(column.name), compared(column)
    return name if value == name else f"{value} as {name}"


def compared(column: Column) -> str:
    """The expression that compares a column by its text where that is finer."""
    plain = column.type not in _BY_TEXT and not column.type.endswith("[]")
    return quoted(column.name) if plain else f"{quoted(column.name)}::text"
