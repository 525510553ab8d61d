"""Predicates of other databases in PostgreSQL's dialect, by sqlglot."""

_KNOWN = {"char_length", "length", "upper", "lower", "trim", "abs", "coalesce", "substr", "substring", "mod", "round"}
_TYPES = {"TEXT", "VARCHAR", "CHAR", "INT", "BIGINT", "DECIMAL", "DATE", "TIMESTAMP", "DOUBLE PRECISION"}


def in_postgresql(predicate: str, dialect: str) -> str:
    """The predicate in PostgreSQL's dialect; empty where it can't be told."""
    import sqlglot
    from sqlglot import exp
    from sqlglot.errors import ErrorLevel, SqlglotError

    try:
        parsed = sqlglot.parse_one(predicate, dialect=dialect)
        functions = [f for f in parsed.find_all(exp.Func) if not isinstance(f, exp.Connector | exp.Case | exp.If)]
        if any(not _is_known(function) for function in functions) or parsed.find(exp.Subquery, exp.Select, exp.Glob):
            return ""
        return parsed.sql(dialect="postgres", unsupported_level=ErrorLevel.RAISE)
    except SqlglotError:
        return ""


def _is_known(function: object) -> bool:
    from sqlglot import exp

    if isinstance(function, exp.Cast):
        return function.to.sql("postgres").split("(")[0] in _TYPES
    name = function.name if isinstance(function, exp.Anonymous) else getattr(function, "sql_name", lambda: "")()
    return name.lower() in _KNOWN
