"""Names and texts as SQL of Spark writes them."""


def quoted(name: str) -> str:
    """The name as SQL of Spark writes it."""
    return "`" + name.replace("`", "``") + "`"


def literal(text: str) -> str:
    """The text as a literal of Spark, where a backslash is an escape."""
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"
