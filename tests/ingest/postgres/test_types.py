"""Every type of PostgreSQL, with its edges, lands so that its text is the source's text."""

import os

import psycopg
import pytest

from tests.support.landing import APP, digests
from tests.support.values.postgres import TYPES, VALUES


@pytest.mark.parametrize("way", ["first load", "compare"])
def test_text_is_equal(landing, app, way):
    app.execute(TYPES)
    columns = [f"c{n}" for n in range(len(VALUES))]
    types = ", ".join(f"{c} {t}" for c, t in zip(columns, VALUES, strict=True))
    app.execute(f"create table t (id int primary key, {types})")
    if way == "compare":
        app.execute("insert into t (id) values (0)")
    landing.declare("""
        sources:
          - name: app
            schema: raw_app
            config: {meta: {connection: APP_URL}}
            tables:
              - {name: t, config: {meta: {key: [id]}}}
    """)
    if way == "compare":
        landing.one()
    app.execute("insert into t (id) values (1)")
    for row in range(5):
        for column, values in zip(columns, VALUES.values(), strict=True):
            if row < len(values):
                app.execute(
                    f"insert into t (id, {column}) values (%s, %s) on conflict (id) do update set "
                    f"{column} = excluded.{column}", [row + 2, values[row]],
                )  # fmt: skip
    landing.one(full=way == "compare")
    money = ("money", "money[]")  # its text depends on a locale: it lands as a number
    same = [c for c, t in zip(columns, VALUES, strict=True) if t not in money]
    for column in same:
        here, there = (digests(url, relation, ["id", column]) for url, relation in
                       ((landing.warehouse, "raw_app.t"), (os.environ["APP_URL"], "t")))  # fmt: skip
        assert here == there, list(VALUES)[int(column[1:])]
    with psycopg.connect(landing.warehouse) as connection:
        column = columns[list(VALUES).index("money")]
        found = connection.execute(f"select {column}::text from raw_app.t where {column} is not null").fetchall()
    assert found == [("-92233720368547758.08",)]
    assert landing.one(full=True).tables[0].landed == 0
    landing.balanced()
    landing.proven()


def test_a_domain_lands_as_the_type_it_stands_on(landing, app):
    app.execute(TYPES)
    app.execute("create domain stamp as timestamptz")
    app.execute("create table users (id positive primary key, f flag, p posted, s stamp)")
    app.execute("insert into users values (1, true, 1.5, '2024-01-01 00:00:00+00'), (2, null, null, null)")
    landing.declare("""
        sources:
          - name: app
            schema: raw_app
            config: {meta: {connection: APP_URL}}
            tables:
              - {name: users, config: {meta: {key: [id], cursor: s, append_only: true, sweep: 1 day}}}
    """)
    landing.one()
    query = "select attname::text, format_type(atttypid, null) from pg_attribute where attnum between 1 and 4"
    found = dict(landing.rows(f"{query} and attrelid = 'raw_app.users'::regclass"))
    assert found == {"id": "integer", "f": "boolean", "p": "numeric", "s": "timestamp with time zone"}
    app.execute("insert into users values (3, false, 2.50, now())")
    landing.one()  # a window of the cursor
    assert landing.one(full=True).tables[0].landed == 1
    landing.proven()


def test_a_domain_that_landed_as_text_stays_text(landing, app):
    """Raw of an earlier version holds text; nothing lands again, and what changes lands as text beside it."""
    app.execute(TYPES)
    app.execute("create table users (id int primary key, f flag, p posted, c cash)")
    app.execute("insert into users values (1, true, 1.50, '$1'), (2, false, 2.5, '$2')")
    landing.declare(APP)
    landing.one()
    with psycopg.connect(landing.warehouse) as connection:
        connection.execute("alter table raw_app.users alter f type text, alter p type text")
        connection.execute('update ops.landings set columns = columns || \'{"f": "text", "p": "text"}\'')
    assert landing.one(full=True).tables[0].landed == 0
    app.execute("update users set f = true, p = 3 where id = 2")
    result = landing.one().tables[0]
    assert (result.landed, result.drift) == (1, "")
    assert landing.live("raw_app.users", "id", "f, p, c") == [("true", "1.50", "$1.00"), ("true", "3.00", "$2.00")]
    landing.proven()
