"""What sqlfluff takes for dbt's own macros: names of types."""


def type_string() -> str:
    """The type of text."""
    return "text"


def type_timestamp() -> str:
    """The type of a moment."""
    return "timestamp"
