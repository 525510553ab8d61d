"""Stands for dbt's adapter where sqlfluff reads a model: puts a name in quotes."""


def quote(name: str) -> str:
    """The name of a column as it stands in SQL."""
    return f'"{name}"'
