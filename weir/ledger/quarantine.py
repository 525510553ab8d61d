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

# Those that hold, the newest first. `how` is what their entry of quarantine says.
ACCEPTED = """
select a.model, a.key, a.seq, array_to_string(a.reasons, '; '), a.os_user, a.because, a.accepted_at,
    q.how is not distinct from 'accepted'
from quality.accepted as a left join quality.quarantine as q using (model, key, load_id, seq)
where a.undone_at is null and (%(model)s::text is null or a.model = %(model)s)
order by a.accepted_at desc limit 20"""
# As macro staged_acceptances finds it: accepted, or taken back, since the row was staged.
_ACCEPTED_WAITING = """
with given as (select * from quality.accepted where undone_at is null),
waiting as (
    select q.model, q.seq from given as a
    inner join quality.quarantine as q
        on (a.model, a.key, a.load_id, a.seq) = (q.model, q.key, q.load_id, q.seq)
    where q.how is distinct from 'accepted' and q.reasons <@ a.reasons
    union
    select q.model, q.seq from quality.quarantine as q
    where q.how = 'accepted'
        and not exists (select from given as a where (a.model, a.seq) = (q.model, q.seq) and q.reasons <@ a.reasons)
)
select source, table_name, count(*) from waiting
cross join lateral (select source, table_name from ops.ledger as l where l.model = waiting.model limit 1) as of
group by 1, 2"""


def accepted_waiting(connection: psycopg.Connection) -> dict[tuple[str, str], int]:
    """The rows that a person has accepted, or taken back, and no build has followed: how many, by (source, table)."""
    return {(row[0], row[1]): int(row[2]) for row in connection.execute(_ACCEPTED_WAITING).fetchall()}


def waiting(connection: psycopg.Connection) -> list[tuple[Any, ...]]:
    """(model, reasons, rows) of what waits in the quarantine of production; models that are gone are marked."""
    connection.execute("set local search_path to quality, pg_temp")
    return marked([row[:3] for row in connection.execute(COUNTS, {"model": None}).fetchall()])


def marked(rows: list[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
    """Mark the rows (model first) of models that the project no longer has: those rows can no longer leave."""
    there = {path.stem for path in (project_dir() / "models").rglob("*.sql")}
    return [(row[0] if row[0] in there else f"{row[0]} {GONE}", *row[1:]) for row in rows]
