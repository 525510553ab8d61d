"""Names from outside that mean something in SQL land in a form that means nothing; tame ones land as they are."""

import datetime
import json
import sqlite3

import psycopg
import pytest
from psycopg.rows import dict_row

from expectations.limits.arrivals import measure
from weir import warehouse
from weir.project.names import shortened, tame
from weir.project.sources import read_plan

EVIL = 'x"; drop table raw_app.plans; --'
NAMES = [EVIL, "a\nb", "{{ 1/0 }}", "back\\slash", "$$", "tick`", "/* c */", "\u202egnp", "nul\x01", "y" * 80]
KEPT = ["Customer ID", "größe", "a-b", "Amount (€)", "50 %", "don't {x}", "a.b", "日付", "名前 ", "_x", "1st", "y" * 63]


def test_tame_names_stay_and_others_get_one_name_each() -> None:
    assert [shortened(name) for name in KEPT] == KEPT
    found = [shortened(name) for name in NAMES]
    assert len(set(found)) == len(NAMES)
    for name in found:
        assert tame(name) and shortened(name) == name and len(name.encode()) <= 63
        assert not set('"`;\\$\n\x01\u202e') & set(name) and not {"--", "/*", "{{"} & {
            name[n : n + 2] for n in range(len(name))
        }
    assert shortened(EVIL).startswith("x__ drop table raw_app.plans_ __")
    assert shortened("a;b") != shortened("a$b")


def test_columns_of_postgresql(landing, app):
    app.execute(f"""create table users ("id;" int primary key, "{EVIL.replace('"', '""')}" text, "secret$" text,
        "at`" timestamptz default '2026-06-01')""")
    app.execute("insert into users select n, 'v' || n, 's' from generate_series(1, 5) n")
    landing.declare("""
        sources:
          - name: app
            schema: raw_app
            config: {meta: {connection: APP_URL}}
            tables:
              - {name: users, config: {meta: {key: ['id;'], cursor: 'at`', exclude: ['secret$']}}}
              - {name: log, config: {meta: {from: users, key: ['id;'], cursor: 'at`', append_only: true}}}
    """)
    landing.one()
    app.execute('delete from users where "id;" = 1')
    app.execute(f"""update users set "{EVIL.replace('"', '""')}" = 'w' where "id;" = 2""")
    landing.one()
    key = shortened("id;")
    assert landing.live("raw_app.users", f'"{key}"', f'"{key}", "{shortened(EVIL)}"')[:2] == [(2, "w"), (3, "v3")]
    columns = {name for (name,) in landing.rows(
        "select attname from pg_attribute where attrelid = 'raw_app.users'::regclass and attnum > 0")}  # fmt: skip
    assert columns == {key, shortened(EVIL), shortened("at`"), "_dlt_load_id", "_op", "_seq"}
    landing.balanced()
    landing.one(full=True)
    landing.proven()


def test_columns_that_landed_before_are_renamed(landing, app):
    app.execute('create table users (id int primary key, "a;" text)')
    app.execute("insert into users values (1, 'x'), (2, 'y')")
    landing.declare("""
        sources:
          - name: app
            schema: raw_app
            config: {meta: {connection: APP_URL}}
            tables: [{name: users, config: {meta: {key: [id]}}}]
    """)
    landing.one()
    name = shortened("a;")
    with psycopg.connect(landing.warehouse) as connection:
        connection.execute(f'alter table raw_app.users rename "{name}" to "a;"')
    app.execute("insert into users values (3, 'z')")
    landing.one()
    assert landing.live("raw_app.users", "id", f'"{name}"') == [("x",), ("y",), ("z",)]
    landing.proven()


def test_columns_of_sqlite(landing, tmp_path, monkeypatch):
    with sqlite3.connect(tmp_path / "b.db") as lite:
        lite.execute(f"""create table t ("id;" integer primary key, "{EVIL.replace('"', '""')}" text, "no$" text)""")
        lite.execute("insert into t values (1, 'v', 's')")
    monkeypatch.setenv("BILLING_URL", f"sqlite:///{tmp_path}/b.db")
    landing.declare("""
        sources:
          - name: billing
            schema: raw_billing
            config: {meta: {connection: BILLING_URL}}
            tables: [{name: t, config: {meta: {key: ['id;'], exclude: ['no$']}}}]
    """)
    landing.one()
    landing.one()
    found = landing.rows(f'select "{shortened("id;")}", "{shortened(EVIL)}" from raw_billing.t')
    assert found == [("1", "v")]
    landing.proven()


def rows_of(kind, path, header, row):
    """A file of the kind with one row."""
    if kind == "csv":
        import csv

        with path.open("w", newline="") as file:
            csv.writer(file).writerows([header, row])
    elif kind == "xlsx":
        import openpyxl

        book = openpyxl.Workbook()
        book.active.title = EVIL[:20].replace("/", "")
        book.active.append([name.replace("\x01", "") for name in header])
        book.active.append(row)
        book.save(path)
    elif kind == "parquet":
        import pyarrow
        import pyarrow.parquet

        pyarrow.parquet.write_table(pyarrow.table({name: [cell] for name, cell in zip(header, row, strict=True)}), path)
    else:
        path.write_text(json.dumps(dict(zip(header, row, strict=True))) + "\n")


@pytest.mark.parametrize("kind", ["csv", "xlsx", "parquet", "jsonl"])
def test_headers_of_files(landing, folder, kind):
    header = ["id;", EVIL, "y" * 80, "no$"]
    exclude = "" if kind == "jsonl" else ", exclude: ['no$']"
    landing.declare(f"""
        sources:
          - name: drops
            schema: raw_drops
            config: {{meta: {{connection: DROPS_URL}}}}
            tables: [{{name: t, config: {{meta: {{key: ['id;'], path: '*.{kind}'{exclude}}}}}}}]
    """)
    landing.one()
    rows_of(kind, folder / f"a.{kind}", header, ["1", "v", "w", "s"])
    landing.one()
    rows_of(kind, folder / f"a.{kind}", header, ["1", "v2", "w", "s"])
    rows_of(kind, folder / f"b.{kind}", header, ["2", "v", "w", "s"])
    landing.one()
    key = shortened("id;")
    wanted = f'"{shortened(EVIL)}"' if kind != "jsonl" else f"document ->> '{EVIL}'"
    assert landing.live("raw_drops.t", f'"{key}"', wanted) == [("v2",), ("v",)]
    there = {
        name for (name,) in landing.rows("select attname from pg_attribute where attrelid = 'raw_drops.t'::regclass")
    }
    assert not any(name.startswith("no") for name in there)
    landing.balanced()
    landing.proven()


def test_the_gate_looks_at_the_columns_as_they_landed(landing, app):
    app.execute('create table users ("id;" int primary key, "at`" timestamptz default \'2026-06-01\')')
    app.execute("insert into users values (1)")
    landing.declare("""
        sources:
          - name: app
            schema: raw_app
            config: {meta: {connection: APP_URL}}
            tables: [{name: users, config: {meta: {key: ['id;'], cursor: 'at`'}}}]
    """)
    landing.one()
    (source,) = read_plan(landing.folder).sources
    with warehouse.connect(row_factory=dict_row) as connection:
        connection.execute("create temporary table staged (source text, table_name text, load_id text)")
        (row,) = measure(connection, source, "test", datetime.datetime(2026, 7, 1, tzinfo=datetime.UTC))["tables"]
    assert (row["missing_columns"], row["null_keys"]) == (None, 0)
    assert str(row["newest"]).startswith(str(datetime.date(2026, 6, 1)))


def test_tables_with_dots_in_their_names(landing, app, tmp_path, monkeypatch):
    app.execute("""create table "a.b" (id int); create schema "x.y"; create table "x.y"."c.d" (id int);
        create schema a; create table a.b (id int); insert into a.b values (2);
        insert into "a.b" values (1); insert into "x.y"."c.d" values (3)""")
    connection = sqlite3.connect(tmp_path / "lite.db")
    connection.executescript('create table "a.b" (id int); insert into "a.b" values (4)')
    monkeypatch.setenv("LITE_URL", f"sqlite:///{tmp_path}/lite.db")
    landing.declare("""
        sources:
          - name: app
            schema: raw_app
            config: {meta: {connection: APP_URL}}
            tables:
              - {name: one, config: {meta: {from: public.a.b}}}
              - {name: two, config: {meta: {from: a.b}}}
              - {name: three, config: {meta: {from: x.y.c.d}}}
          - name: lite
            schema: raw_lite
            config: {meta: {connection: LITE_URL}}
            tables: [{name: four, config: {meta: {from: a.b}}}]
    """)
    assert {result.state for result in landing.land().values()} == {"landed"}
    found = [landing.rows(f"select id::text from {name}") for name in
             ("raw_app.one", "raw_app.two", "raw_app.three", "raw_lite.four")]  # fmt: skip
    assert found == [[("1",)], [("2",)], [("3",)], [("4",)]]
