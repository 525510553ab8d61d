"""Every type of PostgreSQL, with its edges, lands so that its text is the source's text."""

import os

import psycopg
import pytest

from tests.support.landing import digests
from tests.support.values.postgres import VALUES


@pytest.mark.parametrize("way", ["first load", "compare"])
def test_text_is_equal(landing, app, way):
    app.execute("create type mood as enum ('sad', 'ok'); create domain positive as int check (value > 0)")
    app.execute("create type pair as (a int, b text)")
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
