"""What is read: one select, made of a mart's name or of a file with a question, and a filter.

In: a name or a path, `--where`, `--columns`. Out: the text of one select that can only read. PostgreSQL sees to that
too: the transaction is read-only, and its role reads the published marts alone.
"""

import difflib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql

from weir.core.errors import WeirError
from weir.project.marts import PUBLISHED
from weir.warehouse.catalog import columns_of

SUFFIX = ".sql"
_TABLES = """
select relname from pg_class where relnamespace = to_regnamespace(%s) and relkind in ('r', 'p', 'v', 'm', 'f')
order by relname"""
_REFUSED = (
    "set_config", "pg_", "lo_", "dblink", "ts_stat", "ts_rewrite",
    "query_to_xml", "cursor_to_xml", "table_to_xml", "database_to_xml", "schema_to_xml",
)  # fmt: skip
_HARMLESS = {"pg_typeof", "pg_column_size"}


def is_file(what: str) -> bool:
    """Whether the name is that of a file with a question."""
    return what.lower().endswith(SUFFIX)


def read_file(path: Path) -> str:
    """The select of the file, without a semicolon at its end. Raises WeirError when it holds something else."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except OSError as fault:
        raise WeirError(f"{path} can't be read: {fault.strerror}") from None
    except UnicodeDecodeError:
        raise WeirError(f"{path} can't be read: it must be a text file in UTF-8") from None
    return one_select(text, str(path))


def one_select(text: str, where: str) -> str:
    """The text without a semicolon at its end. Raises WeirError unless it is one select that only reads."""
    import sqlglot
    from sqlglot import exp

    try:
        statements = [each for each in sqlglot.parse(text, dialect="postgres") if each and each.key != "semicolon"]
    except sqlglot.errors.SqlglotError as fault:
        detail: dict[str, Any] = next(iter(getattr(fault, "errors", [])), {})
        line = f", line {detail['line']}" if detail.get("line") else ""
        raise WeirError(f"{where}{line} can't be read as SQL: write one select") from None
    if len(statements) != 1 or not isinstance(statements[0], (exp.Query, exp.Values)):
        raise WeirError(f"{where} must hold one select, and nothing else")
    for node in statements[0].walk():
        if isinstance(node, (exp.DML, exp.DDL, exp.Command, exp.Into, exp.Lock, exp.Set)):
            raise WeirError(f"{where} must only read: it holds {node.key.upper()}")
        name = node.name.lower() if isinstance(node, exp.Anonymous) else ""
        if name and name not in _HARMLESS and (name.startswith(_REFUSED) or not name.isidentifier()):
            raise WeirError(f"{where} calls {name}, which an export may not: it reads and filters, nothing else")
    return _without_end(text)


def _without_end(text: str) -> str:
    """The text of one statement without the semicolon at its end, and without what stands behind it."""
    from sqlglot import TokenType
    from sqlglot.dialects import Postgres

    ends = [token.start for token in Postgres().tokenize(text) if token.token_type == TokenType.SEMICOLON]
    return text[: ends[0]] if ends else text


def filtered(select: str, where: str, name: str) -> str:
    """The select with the filter around it; `name` is the name by which the filter may call its rows."""
    if not where.strip():
        return select
    one_select(f"select 1 where (\n{where}\n)", "--where")
    alias = sql.Identifier(name).as_string()
    return f"select * from (\n{select}\n) as {alias} where (\n{where}\n)"


def picked(select: str, columns: Sequence[str], found: Sequence[str]) -> str:
    """The select of these columns alone, in this order. Raises WeirError for a column that is not there."""
    for name in columns:
        if name not in found:
            close = difflib.get_close_matches(name, found, 1)
            hint = f"did you mean {close[0]}?" if close else f"there are {', '.join(found)}"
            raise WeirError(f"there is no column {name}: {hint}")
    listed = ", ".join(sql.Identifier(name).as_string() for name in columns)
    return f"select {listed} from (\n{select}\n) as picked"


def published(connection: psycopg.Connection, name: str) -> tuple[str, list[str]]:
    """The mart's name and columns. Raises WeirError when nothing of that name is published."""
    bare = name.removeprefix(f"{PUBLISHED}.")
    columns = list(columns_of(connection, PUBLISHED, bare))
    if columns:
        return bare, columns
    known = [found for (found,) in connection.execute(_TABLES, [PUBLISHED])]
    if not known:
        raise WeirError("nothing is published yet: type `weir run` first")
    near = difflib.get_close_matches(bare, known, 3, 0.4)
    hint = f"did you mean {' or '.join(near)}?" if near else f"there are {', '.join(known)}"
    raise WeirError(f"there is no mart {bare}: {hint}")
