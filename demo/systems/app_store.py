"""Writes the application's database: makes its tables, fills them with COPY, updates changed rows.

The database is `weir_app` on the warehouse's server, unless APP_URL names another; it has no foreign keys.
"""

from collections.abc import Iterable
from typing import Any

import psycopg
from psycopg import sql

from demo.company.clock import Ints
from weir.core.errors import WeirError
from weir.core.secrets import redact
from weir.core.settings import env_url

TABLES = {
    "plans": """plan_id int primary key, code text, name text, monthly_price numeric(10,2), seat_price numeric(10,2),
        is_active boolean, updated_at timestamptz""",
    "accounts": """account_id bigint primary key, name text, domain text, billing_ref text, country text,
        industry text, created_at timestamptz, updated_at timestamptz, deleted_at timestamptz""",
    "users": """user_id bigint primary key, account_id bigint, email text, full_name text, role text, locale text,
        created_at timestamptz, updated_at timestamptz, last_login_at timestamptz, deleted_at timestamptz""",
    "subscriptions": """subscription_id bigint primary key, account_id bigint, plan_id int, seats int,
        mrr numeric(12,2), started_at timestamptz, ended_at timestamptz, end_reason text, updated_at timestamptz""",
    "account_settings": """account_id bigint, name text, value text, updated_at timestamptz,
        primary key (account_id, name)""",
    "user_preferences": "user_id bigint primary key, preferences jsonb, updated_at timestamptz",
}
# The columns that a later state of a row may change, and how they are merged with the row.
_CHANGES = {
    "plans": "updated_at = excluded.updated_at",
    "accounts": "deleted_at = excluded.deleted_at, updated_at = excluded.updated_at",
    "users": """last_login_at = greatest(t.last_login_at, excluded.last_login_at), deleted_at = excluded.deleted_at,
        updated_at = greatest(t.updated_at, excluded.updated_at)""",
    "subscriptions": "ended_at = excluded.ended_at, end_reason = excluded.end_reason, updated_at = excluded.updated_at",
    "account_settings": "value = excluded.value, updated_at = excluded.updated_at",
    "user_preferences": "preferences = excluded.preferences, updated_at = excluded.updated_at",
}


def connect() -> psycopg.Connection:
    """A connection to the application's database. Raises WeirError when it can't be reached."""
    try:
        return psycopg.connect(env_url("APP_URL"), options="-c TimeZone=UTC -c client_min_messages=warning")
    except psycopg.Error as fault:
        cause = " ".join(redact(fault).split())[-200:]
        raise WeirError(
            f"the demo's application database can't be reached: {cause}; check APP_URL, or type `weir up`"
        ) from None


def create(connection: psycopg.Connection) -> None:
    """Make the tables anew. Raises WeirError rather than drop tables that the demo did not make."""
    ours = connection.execute("select to_regclass('weir_demo') is not null").fetchone() == (True,)
    for table in TABLES:
        if not ours and connection.execute("select to_regclass(%s)", [table]).fetchone() != (None,):
            raise WeirError(
                f"APP_URL names a database with a table {table!r} that the demo did not make: "
                "give the demo an empty database, or unset APP_URL"
            )
    connection.execute("create table if not exists weir_demo (note text)")
    connection.execute("set synchronous_commit = off")
    for table, columns in TABLES.items():
        connection.execute(f"drop table if exists {table}")
        connection.execute(f"create table {table} ({columns})")
    connection.execute("create index on users (account_id)")
    connection.execute("create index on subscriptions (account_id)")


def fill(connection: psycopg.Connection, table: str, rows: Iterable[tuple[Any, ...]]) -> int:
    """Insert rows into an empty table; returns how many."""
    count = 0
    with connection.cursor() as cursor, cursor.copy(f"copy {table} from stdin") as copy:
        for row in rows:
            copy.write_row(row)
            count += 1
    return count


def update(connection: psycopg.Connection, table: str, rows: Iterable[tuple[Any, ...]]) -> tuple[int, int]:
    """Insert or update rows; returns how many are new, and how many changed."""
    columns = [column for column in column_names(connection, table) if column != "timezone"]
    names = sql.SQL(", ").join(map(sql.Identifier, columns))
    target = sql.Identifier(table)
    connection.execute("drop table if exists fresh")
    connection.execute(sql.SQL("create temp table fresh as select {} from {} limit 0").format(names, target))
    fill(connection, "fresh", rows)
    connection.execute("analyze fresh")
    counts = connection.execute(
        sql.SQL("""with put as (
            insert into {target} as t ({names}) select {names} from fresh
            on conflict {key} do update set {changes} returning xmax = 0 as is_new
        ) select count(*) filter (where is_new), count(*) filter (where not is_new) from put""").format(
            target=target, names=names, changes=sql.SQL(_CHANGES[table]),
            key=sql.SQL("(account_id, name)") if table == "account_settings" else sql.SQL("({})").format(
                sql.Identifier(columns[0])
            ),
        )
    ).fetchone()  # fmt: skip
    return counts or (0, 0)


def delete(connection: psycopg.Connection, table: str, key: str, values: Ints | list[int], extra: str = "true") -> int:
    """Hard-delete rows by key; returns how many."""
    query = sql.SQL("delete from {} where {} = any(%s) and {}")
    found = connection.execute(
        query.format(sql.Identifier(table), sql.Identifier(key), sql.SQL(extra)), [[int(value) for value in values]]
    )
    return found.rowcount


def column_names(connection: psycopg.Connection, table: str) -> list[str]:
    """The table's columns in order; the first tick changes them."""
    rows = connection.execute(
        "select attname from pg_attribute where attrelid = %s::regclass and attnum > 0 and not attisdropped "
        "order by attnum",
        [table],
    )
    return [row[0] for row in rows]


def evolve(connection: psycopg.Connection) -> bool:
    """Add the column `timezone` to users and rename `locale` to `language`; returns False if that was done before."""
    if "timezone" in column_names(connection, "users"):
        return False
    connection.execute("alter table users add column timezone text")
    connection.execute("alter table users rename column locale to language")
    return True
