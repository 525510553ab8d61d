"""What sqlfluff takes for dbt's adapter: a name in its quotes."""


def quote(name: str) -> str:
    """The name of a column as it stands in SQL."""
    return f'"{name}"'
