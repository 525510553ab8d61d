"""The queries of quarantine and of held-back rows."""

from typing import Any

import psycopg

from weir.core.settings import project_dir

GONE = "(no longer declared)"
COUNTS = """
select model, array_to_string(reasons, '; '), count(*), min(first_seen), max(first_seen)
from quarantine where resolved_at is null and (%(model)s::text is null or model = %(model)s)
group by 1, 2 order by 1, 3 desc, 2"""
HISTORY = """
select model, coalesce(how, 'open'), array_to_string(reasons, '; '), count(*), min(first_seen), max(resolved_at)
from quarantine where %(model)s::text is null or model = %(model)s
group by 1, 2, 3 order by 1, 2, 4 desc"""
KEYS = """
select key, reasons, first_seen, seq, row from quarantine
where resolved_at is null and model = %(model)s order by first_seen desc, key limit 20"""
HELD_BACK = """
select model, reason, count(*), min(key) from held_back
where %(model)s::text is null or model = %(model)s group by 1, 2 order by 1, 3 desc, 2"""
HELD_BACK_KEY = """
select model, reason, parent_key from held_back
where key = %(key)s and (%(model)s::text is null or model = %(model)s) order by 1, 2"""
TYPES = """
select attname::text, format_type(atttypid, atttypmod) from pg_attribute
where attrelid = to_regclass(%s) and attnum > 0 and not attisdropped"""
ROW = """
select model, key, reasons, row, load_id, first_seen, resolved_at, how, seq from quarantine
where (
        key = %(key)s or 'row ' || seq = %(key)s
        or row ? '_error' and exists (select from jsonb_each_text(row) where value = %(key)s)
    )
    and (%(model)s::text is null or model = %(model)s) and (%(all)s or resolved_at is null)
order by model, seq"""


def waiting(connection: psycopg.Connection) -> list[tuple[Any, ...]]:
    """(model, reasons, rows) of what waits in the quarantine of production; models that are gone are marked."""
    connection.execute("set local search_path to quality, pg_temp")
    return marked([row[:3] for row in connection.execute(COUNTS, {"model": None}).fetchall()])


def marked(rows: list[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
    """Mark the rows (model first) of models that the project no longer has: those rows can no longer leave."""
    there = {path.stem for path in (project_dir() / "models").rglob("*.sql")}
    return [(row[0] if row[0] in there else f"{row[0]} {GONE}", *row[1:]) for row in rows]
