"""Every type of PostgreSQL, with its edges, lands so that its text is the source's text."""

import os

import psycopg
import pytest
from test_real import digests

VALUES = {
    "smallint": ["-32768"], "bigint": ["9223372036854775807"], "numeric": ["NaN", "Infinity", "1.10", "1e-200"],
    "numeric(10,2)": ["1.00"], "real": ["1e-38", "NaN", "-0"], "double precision": ["1e-300", "Infinity", "0.1"],
    "boolean": ["t"], "text": ["", "\t\\N\r\n", "é😀"], "varchar(5)": ["a  "], "char(5)": ["a"], '"char"': ["x"],
    "date": ["0044-03-15 BC", "infinity", "5874897-12-31"], "timestamp": ["0001-01-01 BC", "-infinity"],
    "timestamptz": ["2024-01-01 00:00:00.000001+14", "infinity"], "time": ["24:00:00"], "timetz": ["12:00:00+15:59"],
    "interval": ["1 day", "24:00:00", "-178000000 years"], "uuid": ["a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"],
    "bytea": ["\\x00ff", ""], "json": ['{"a": 1, "a":  2}', "null"], "jsonb": ["1.10", '"x"', "null"],
    "money": ["-92233720368547758.08"], "inet": ["::1/64"], "cidr": ["10.0.0.0/8"], "macaddr": ["08:00:2b:01:02:03"],
    "bit(3)": ["101"], "varbit": ["1", ""], "oid": ["4294967295"], "point": ["(1,2)"], "polygon": ["((0,0),(1,1))"],
    "int4range": ["[1,5)", "empty"], "tsvector": ["a:1 b:2"], "tsquery": ["a & b"], "pg_lsn": ["16/B374D848"],
    "int[]": ["{}", "{{1,2},{3,NULL}}", "[2:3]={1,2}"], "text[]": ['{"",NULL,"a,b"}'], "numeric(5,1)[]": ["{1.0}"],
    "varchar(3)[]": ["{ab}"], "mood": ["ok"], "mood[]": ["{ok,sad}"], "positive": ["5"], "pair": ["(1,x)"],
    "money[]": ["{1}"],
}  # fmt: skip


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
