"""PostgreSQL, described: what the catalog says, what raw then holds, samples, and counts of rows that break a test."""

import os
import time

import asyncpg
import pytest

from ingest.connectors.registry import open_describer
from tests.ingest.postgres.test_real_databases import SETS, load
from tests.support.real_data import DATA, needs_data
from weir.core.errors import WeirError
from weir.project.scaffold.described import Check, Counted, ForeignKey
from weir.project.scaffold.described import Test as Asked

SHOP = """
    create type mood as enum ('sad', 'so "so"', 'happy');
    create domain year as integer check (value > 1900) not null;
    create domain words as text[];
    create domain coins as money;
    create domain late as year constraint "it's late" check (value > 2000 and 'VALUE' <> 'value');
    create function even(i int) returns bool language sql immutable as 'select i % 2 = 0';
    create table people (
        id bigint primary key, mail varchar(80) unique not null, nick text unique, feels mood default 'sad',
        born year, seen late, paid numeric(8, 3) check (paid >= 0), cash money, code char(3), at timestamp,
        zoned timestamptz(0), tags varchar(9)[], doc jsonb, said words, more coins, body bytea, ip inet,
        twice bigint generated always as (id * 2) stored,
        constraint ordered check (feels <> 'sad' or paid > 0), constraint odd check (even(id::int) or true)
    );
    comment on table people is 'All who came.';
    comment on column people.mail is E'Theirs; it''s\\nunique';
    create unique index part on people (paid) where paid > 5;
    create unique index lower_nick on people (lower(nick));
    create index by_born on people (born);
    create table visits (
        person bigint references people, n int, other bigint, note text,
        primary key (person, n), unique (n, other) deferrable, unique (other) include (note)
    );
    alter table visits add constraint late_fk foreign key (other) references people (id) not valid;
    alter table visits add constraint later check (n > 5) not valid;
"""


@pytest.fixture
def described(app):
    """A function that describes the source as an account."""

    def run(*schemas, url=None, do=lambda describer, tables: tables):
        with open_describer("APP_URL", url or os.environ["APP_URL"]) as describer:
            return do(describer, {table.label: table for table in describer.tables(schemas)})

    return run


def test_what_the_catalog_says(app, described):
    app.execute(SHOP)
    found = described()
    people, visits = found["public.people"], found["public.visits"]
    columns = {column.name: column for column in people.columns}
    kinds = {name: (column.kind, column.nullable, column.size, column.scale) for name, column in columns.items()}
    assert kinds == {
        "id": ("integer", False, None, None), "mail": ("text", False, 80, None), "nick": ("text", True, None, None),
        "feels": ("text", True, None, None), "born": ("integer", False, None, None),
        "seen": ("integer", False, None, None), "paid": ("numeric", True, 8, 3), "cash": ("numeric", True, None, None),
        "code": ("text", True, 3, None), "at": ("timestamp", True, None, None),
        "zoned": ("timestamptz", True, None, None), "tags": ("array", True, None, None),
        "doc": ("json", True, None, None), "said": ("array", True, None, None),
        "more": ("numeric", True, None, None), "body": ("bytes", True, None, None), "ip": ("other", True, None, None),
        "twice": ("integer", True, None, None),
    }  # fmt: skip
    assert columns["feels"].values == ("sad", 'so "so"', "happy")
    assert "computed" in columns["twice"].note
    assert people.comment == "All who came." and columns["mail"].comment == "Theirs; it's\nunique"
    assert people.primary_key == ("id",) and people.unique == [("mail",), ("nick",)]
    assert visits.primary_key == ("person", "n") and visits.unique == [("other",)]
    assert visits.foreign_keys == [
        ForeignKey(("other",), "public", "people", ("id",), enforced=False),
        ForeignKey(("person",), "public", "people", ("id",)),
    ]
    assert Check("people_paid_check", "(paid >= (0)::numeric)") in people.checks
    assert Check("ordered", "((feels <> 'sad'::text) OR (paid > (0)::numeric))") in people.checks
    assert (
        Check("seen: it's late", "(((\"seen\")::integer > 2000) AND ('VALUE'::text <> 'value'::text))") in people.checks
    )
    assert Check("seen: year_check", '("seen" > 1900)') in people.checks
    assert not visits.checks and "later is not valid" in " ".join(visits.notes)
    assert any("(n, other) is not taken as a key" in note for note in visits.notes)
    assert any("check odd calls even()" in note for note in people.notes)
    assert {"by_born", "lower_nick", "ordered", "people_mail_key"} <= set(people.parts.split())


def test_landed_is_what_raw_holds(app, described, landing):
    app.execute(SHOP)
    landing.declare("""
        sources:
          - name: app
            schema: raw_app
            config: {meta: {connection: APP_URL}}
            tables: [{name: people, config: {meta: {key: [id]}}}]
    """)
    landing.one()
    raw = dict(
        landing.rows("""select attname, format_type(atttypid, null) from pg_attribute
        where attrelid = 'raw_app.people'::regclass and attnum > 0 and not attname ~ '^_'""")
    )
    raw = {name: {"character": "bpchar"}.get(type_, type_) for name, type_ in raw.items()}
    assert {column.name: column.landed for column in described()["public.people"].columns} == raw


def test_counts_over_all_rows(app, described):
    app.execute(SHOP)
    app.execute("""
        insert into people (id, mail, feels, born, seen, paid, at)
            select i, 'm' || i, case when i % 2 = 0 then 'happy' end::mood, 1990, 2024, i, date '2024-01-01' + i
            from generate_series(1, 100) i;
        update people set at = date '0990-01-01' where id = 5;
        alter table people drop constraint people_paid_check, drop constraint ordered;
        update people set paid = -paid, feels = 'sad' where id <= 3;
        alter table people add constraint people_paid_check check (paid >= 0) not valid,
            add constraint ordered check (feels <> 'sad' or paid > 0) not valid;
        create table texts (id int, day text, other text, amount text, person bigint);
        insert into texts values (1, '12/31/1899', '01/01/2024', '-5', 1), (2, '01/02/2024', '01/01/2024', '7', 999),
            (3, 'never', '', '-x', null), (3, null, null, null, 998), (null, null, '  ', '-0', 999),
            (null, '', null, '', 2);
    """)
    app.execute("update pg_constraint set convalidated = true where conname in ('people_paid_check', 'ordered')")
    key = ForeignKey(("person",), "public", "people", ("id",))
    us = {"kind": "date", "format": "MM/DD/YYYY"}

    def count(describer, tables):
        people, texts = tables["public.people"], tables["public.texts"]
        checks = [Asked("breaks", check=check.sql) for check in people.checks]
        tests = [Asked("missing", ("feels",)), Asked("negative", ("paid",)), Asked("before", ("at",), "1900-01-01"),
                 Asked("after", ("at",), "2024-04-01"), Asked("breaks", check="no_such(paid)"), *checks]  # fmt: skip
        return describer.count(people, tests, 10), describer.count(texts, [
            Asked("repeated", ("id",)), Asked("orphaned", ("person",), key=key),
            Asked("before", ("day",), "1900-01-01", **us),
            Asked("reversed", ("day", "other"), **us), Asked("negative", ("amount",), kind="numeric"),
            Asked("missing", ("day",), kind="date"),
            Asked("before", ("day",), "2000-01-01", kind="date", format="Mon DD"),
        ], 10)  # fmt: skip

    people, texts = described(do=count)
    assert (people.rows, people.broken[:5]) == (100, (48, 3, 1, 9, None))
    assert sorted(people.broken[5:]) == [0, 0, 0, 3, 3]  # of the checks, two were broken
    assert texts == Counted(6, (1, 3, 1, 1, 1, 3, None))


def test_counting_gives_up_and_goes_on(app, described):
    app.execute("create table t (id int); insert into t select generate_series(1, 200000); analyze t")
    slow = Asked("breaks", check="length(repeat(md5(id::text), 1000)) > 0")

    def count(describer, tables):
        table = tables["public.t"]
        start = time.monotonic()
        first = describer.count(table, [slow, Asked("repeated", ("id",))], 0.2)
        assert time.monotonic() - start < 3
        return first, describer.count(table, [Asked("repeated", ("id",))], 20)

    assert described(do=count) == (Counted(200_000, (None, None)), Counted(200_000, (0,)))


def test_a_sample_is_spread_over_the_table_and_the_same_each_time(app, described):
    app.execute("""create table t (id int, code char(4), body bytea);
        insert into t select i, 'a', decode(repeat('ff', 200), 'hex') from generate_series(1, 50000) i; analyze t;
        create table few (id int, at timestamptz); insert into few values (1, '2024-01-01 02:00+02'), (2, null)""")

    def sample(describer, tables):
        return [describer.sample(tables[f"public.{name}"], 500) for name in ("t", "few", "t")]

    some, few, again = described(do=sample)
    ids = [int(value) for value in some.values["id"]]
    assert some == again and some.rows == len(ids) == 500 and not some.is_whole
    assert min(ids) < 10_000 and max(ids) > 40_000
    assert set(some.values["code"]) == {"a   "} and some.values["body"][0] == "\\x" + "ff" * 64
    assert few.values == {"id": ["1", "2"], "at": ["2024-01-01 00:00:00+00", None]} and few.is_whole


def test_what_is_left_out_and_what_is_a_part(app, described):
    app.execute("""
        create table "Заказы ""x"" .y" ("select" int primary key, "Имя.с точкой" text, "Ümläut" int unique);
        create schema "other"; create table other.people (id int);
        create table people (id int); create table old (primary key (id)) inherits (people);
        create table parted (at date, n int, primary key (at)) partition by range (at);
        create table parted_1 partition of parted for values from ('2024-01-01') to ('2025-01-01');
        insert into parted values ('2024-05-05', 1); analyze;
        create view seen as select * from people; create materialized view kept as select 1 as one;
        create table none ();
    """)
    app.execute("create table " + '"' + "ж" * 31 + '" (id int)')

    def look(describer, tables):
        return tables, [describer.sample(t, 5) for t in tables.values()], [
            describer.count(t, [Asked("missing", (c.name,)) for c in t.columns], 5) for t in tables.values()
        ]  # fmt: skip

    tables, samples, counts = described(do=look)
    wild = tables['public.Заказы "x" .y']
    assert wild.primary_key == ("select",) and wild.unique == [("Ümläut",)]
    assert {"other.people", "public.people", "public.none", "public." + "ж" * 31} <= tables.keys()
    assert "public.parted_1" not in tables and tables["public.parted"].primary_key == ("at",)
    assert [t.kind for t in (tables["public.parted"], tables["public.seen"], tables["public.kept"])] == [
        "table", "view", "view",
    ]  # fmt: skip
    assert "part of public.people" in tables["public.old"].left_out
    by_name = dict(zip(tables, zip(samples, counts, strict=True), strict=True))
    assert by_name["public.parted"][0].values == {"at": ["2024-05-05"], "n": ["1"]}
    assert by_name['public.Заказы "x" .y'][1] == Counted(0, (0, 0, 0))
    assert set(described("other")) == {"other.people"}
    with pytest.raises(WeirError, match="there is no schema 'oter' at the source; it has: other, public"):
        described("oter")


def test_an_account_without_rights(app, described):
    app.execute("""create table open (id int); create table shut (id int); create schema closed;
        create table closed.t (id int)""")
    name = app.info.dbname
    app.execute(f"create role {name}_reader login password 'pa/ss@word'; grant select on open to {name}_reader")
    host = os.environ["APP_URL"].rpartition("@")[2]
    tables = described(url=f"postgresql://{name}_reader:pa%2Fss%40word@{host}")
    assert {label: table.left_out.partition(":")[2].strip() for label, table in tables.items()} == {
        "public.open": "", "public.shut": "grant it select on the table",
        "closed.t": "grant it usage on the schema closed",
    }  # fmt: skip
    with pytest.raises(WeirError) as fault:
        described(url=f"postgresql://{name}_reader:pa%2Fss%40wor@{host}")
    assert "wrong user or password: mend APP_URL" in str(fault.value) and "wor@" not in str(fault.value)


def test_nothing_is_written_and_an_empty_database_is_described(app, described):
    assert described() == {}

    def write(describer, tables):
        describer.wire.execute("create table t ()")

    with pytest.raises(asyncpg.ReadOnlySQLTransactionError):
        described(do=write)


def test_four_hundred_tables_of_five_thousand_columns(app, described):
    columns = ", ".join(f"c{n} int" for n in range(12))
    for start in range(0, 400, 100):
        app.execute("; ".join(f"create table t{n} (id int primary key, {columns})" for n in range(start, start + 100)))
    begin = time.monotonic()
    assert sum(len(table.columns) for table in described().values()) == 5200
    assert time.monotonic() - begin < 30


@needs_data
@pytest.mark.parametrize("name", SETS)
def test_databases_of_others(app, described, name):
    load(os.environ["APP_URL"], [DATA / file for file in SETS[name]])

    def look(describer, tables):
        for table in tables.values():
            checks = [Asked("breaks", check=check.sql) for check in table.checks]
            keys = [Asked("repeated", key) for key in [table.primary_key, *table.unique] if key]
            keys += [Asked("orphaned", key.columns, key=key) for key in table.foreign_keys]
            counted = describer.count(table, [*checks, *keys], 10)
            assert set(counted.broken) <= {0} and counted.rows is not None, table.label
            if table.kind == "table":
                sample = describer.sample(table, 50)
                assert sample.rows == min(50, counted.rows) and sample.is_whole == (counted.rows <= 50)
        return tables

    tables = described(do=look)
    keyless = {label for label, table in tables.items() if table.kind == "table" and not table.primary_key}
    assert len(tables) >= 11 and all(tables[label].left_out for label in keyless)
