"""MySQL and MariaDB, described: what the catalog says, what raw then holds, samples, and counts over all rows."""

import time

import pytest

from ingest.connectors.registry import open_describer
from tests.ingest.mysql.test_real_databases import SETS, _load
from tests.servers.mariadb import shared
from tests.support.real_data import DATA, needs_data
from weir.core.errors import WeirError
from weir.project.scaffold.described import Check, Counted, ForeignKey
from weir.project.scaffold.described import Test as Asked

pytestmark = pytest.mark.slow
SHOP = """
    create table people (
        id int unsigned primary key, mail varchar(80) not null unique comment 'Theirs; it''s', nick text,
        feels enum('sad', 'so ''so''') default 'sad', tags set('a', 'b'), born year,
        paid decimal(8, 3) check (paid >= 0),
        code char(3), at datetime, zoned timestamp null, day date, spent time, doc json, body blob, active tinyint(1),
        big bigint unsigned, ratio double, twice int generated always as (id * 2) stored,
        constraint fits check (char_length(code) = 3 or feels in ('sad', 'x')), constraint odd check (nick regexp 'a'),
        unique prefixed (nick(5)), unique late (day, at)
    ) comment 'All who came.';
    create table visits (person int unsigned, n int, parent int unsigned, parent_n int, primary key (person, n),
        foreign key (person) references people (id),
        constraint up foreign key (parent, parent_n) references visits (person, n));
    create view seen as select * from people;
    create table `Заказы ``x"" .y` (`select` int primary key, `Имя.с точкой` text);
"""  # fmt: skip


@pytest.fixture
def source(monkeypatch):
    """A connection to the database `described`, of which SHOP makes the tables; APP_URL names it."""
    monkeypatch.setenv("APP_URL", shared().database("described", "character set utf8mb4"))
    connection = shared().connect("described")
    with connection.cursor() as cursor:
        cursor.execute("set sql_mode = ''")
        for statement in SHOP.split(";\n"):
            if statement.strip():
                cursor.execute(statement)
        yield cursor
    connection.close()


def described(*schemas, url=None, do=lambda describer, tables: tables):
    with open_describer("APP_URL", url or f"{shared().url}/described") as describer:
        return do(describer, {table.label: table for table in describer.tables(schemas)})


def test_what_the_catalog_says(source):
    found = described()
    people, visits = found["people"], found["visits"]
    columns = {column.name: column for column in people.columns}
    kinds = {name: (column.kind, column.nullable, column.size, column.scale) for name, column in columns.items()}
    assert kinds == {
        "id": ("integer", False, None, None), "mail": ("text", False, 80, None), "nick": ("text", True, None, None),
        "feels": ("text", True, None, None), "tags": ("text", True, None, None), "born": ("integer", True, None, None),
        "paid": ("numeric", True, 8, 3), "code": ("text", True, 3, None), "at": ("timestamp", True, None, None),
        "zoned": ("timestamptz", True, None, None), "day": ("date", True, None, None),
        "spent": ("time", True, None, None), "doc": ("json", True, None, None), "body": ("bytes", True, None, None),
        "active": ("integer", True, None, None), "big": ("integer", True, None, None),
        "ratio": ("double", True, None, None), "twice": ("integer", True, None, None),
    }  # fmt: skip
    assert [name for name, column in columns.items() if column.flag] == ["active"]
    assert columns["feels"].values == ("sad", "so 'so'") and "computed" in columns["twice"].note
    assert people.comment == "All who came." and columns["mail"].comment == "Theirs; it's"
    assert people.primary_key == ("id",) and sorted(people.unique) == [("day", "at"), ("mail",)]
    assert {key.columns: key for key in visits.foreign_keys} == {
        ("person",): ForeignKey(("person",), "", "people", ("id",)),
        ("parent", "parent_n"): ForeignKey(("parent", "parent_n"), "", "visits", ("person", "n")),
    }
    assert sorted(check.sql for check in people.checks) == [
        '"paid" >= 0', "LENGTH(\"code\") = 3 OR \"feels\" IN ('sad', 'x')",
    ]  # fmt: skip
    assert Check("fits", "LENGTH(\"code\") = 3 OR \"feels\" IN ('sad', 'x')", is_exact=False) in people.checks
    assert any("check odd can't be said" in note for note in people.notes)
    assert {"fits", "late", "prefixed"} <= set(people.parts.split())
    assert found["seen"].kind == "view" and 'Заказы `x"" .y' in found


def test_landed_is_what_raw_holds(source, landing):
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
    assert {column.name: column.landed for column in described()["people"].columns} == raw


def test_samples_and_counts(source):
    source.execute("set check_constraint_checks = 0, foreign_key_checks = 0")
    source.executemany(
        "insert into people (id, mail, nick, code, paid, day, at, body) values (%s, %s, %s, 'abc', %s, %s, %s, %s)",
        [(i, f"m{i}", f"{i}a", -i if i < 4 else i, "2024-03-01" if i > 2 else "0000-00-00",
          "1024-02-28 00:00:00" if i == 5 else f"2024-02-01 05:{i // 60:02d}:{i % 60:02d}", b"\xff" * 200)
         for i in range(1, 101)],
    )  # fmt: skip
    source.execute("insert into visits values (1, 1, null, null), (999, 1, 1, 1), (998, 2, 5, 5)")

    def look(describer, tables):
        people, visits = tables["people"], tables["visits"]
        checks = [Asked("breaks", check=check.sql) for check in people.checks]
        tests = [Asked("before", ("day",), "1900-01-01"), Asked("reversed", ("day", "at")),
                 Asked("negative", ("paid",)),
                 Asked("missing", ("feels",)), Asked("breaks", check="no_such(paid)"), *checks]  # fmt: skip
        keys = [Asked("orphaned", key.columns, key=key) for key in visits.foreign_keys]
        return describer.sample(people, 10), describer.count(people, tests, 10), describer.count(visits, [
            Asked("repeated", ("n",)), *keys], 10)  # fmt: skip

    sample, people, visits = described(do=look)
    assert sample.values["id"] == [str(i) for i in [1, 2, 3, 4, 5, 96, 97, 98, 99, 100]] and not sample.is_whole
    assert sample.values["day"][:3] == ["0000-00-00", "0000-00-00", "2024-03-01"]
    assert sample.values["body"][0] == "\\x" + "ff" * 64 and set(sample.values["doc"]) == {None}
    assert people.rows == 100 and people.broken[:5] == (0, 98, 3, 0, None) and sorted(people.broken[5:]) == [0, 3]
    assert visits.rows == 3 and visits.broken[0] == 1 and sorted(visits.broken[1:]) == [1, 2]


def test_counting_gives_up_and_goes_on(source):
    source.execute("create table t (id int)")
    source.execute("insert into t select seq from seq_1_to_300000")

    def count(describer, tables):
        start = time.monotonic()
        slow = Asked("breaks", check="length(repeat(sha2(id, 512), 3000)) > 0")
        first = describer.count(tables["t"], [slow], 0.2)
        assert time.monotonic() - start < 3
        return first, describer.count(tables["t"], [Asked("repeated", ("id",))], 20)

    first, then = described(do=count)
    assert first.broken == (None,) and first.rows == described()["t"].rows
    assert then == Counted(300_000, (0,))


def test_databases_by_name_and_accounts_without_rights(source):
    shared().database("described_other")
    source.execute("create table described_other.people (id int)")
    assert {"described_other.people", "people"} <= set(described("described", "described_other"))
    with pytest.raises(WeirError, match="there is no database 'nope' that the account sees; it sees: "):
        described("nope")
    source.execute("create or replace user reader identified by 'pa/ss@word'")
    source.execute("grant select on described.people to reader")
    host = shared().url.rpartition("@")[2]
    assert set(described(url=f"mysql://reader:pa%2Fss%40word@{host}/described")) == {"people"}
    with pytest.raises(WeirError) as fault:
        described(url=f"mysql://reader:pa%2Fss%40wor@{host}/described")
    assert "wrong user or password" in str(fault.value) and "wor@" not in str(fault.value)


def test_nothing_is_written(source):
    with pytest.raises(WeirError, match=r"READ ONLY|read only"):
        described(do=lambda describer, tables: describer.wire.run("insert into people (id, mail) values (1, 'a')"))


def test_four_hundred_tables_of_five_thousand_columns(source):
    for n in range(400):
        source.execute(f"create table t{n} (id int primary key, {', '.join(f'c{i} int' for i in range(12))})")
    begin = time.monotonic()
    assert sum(len(table.columns) for table in described().values()) > 5000
    assert time.monotonic() - begin < 30


@needs_data
@pytest.mark.parametrize("name", SETS)
def test_databases_of_others(name):
    shared().database(name)
    for file in SETS[name][0]:
        _load(shared(), DATA / file)

    def look(describer, tables):
        for table in [table for table in tables.values() if table.kind == "table"]:
            tests = [Asked("repeated", key) for key in [table.primary_key, *table.unique] if key]
            tests += [Asked("orphaned", key.columns, key=key) for key in table.foreign_keys]
            counted = describer.count(table, tests, 10)
            assert set(counted.broken) <= {0} and counted.rows is not None, table.label
            sample = describer.sample(table, 50)
            assert sample.rows == min(50, counted.rows) and sample.is_whole == (counted.rows <= 50)
        return tables

    found = described(url=f"{shared().url}/{name.capitalize() if name == 'chinook' else name}", do=look)
    tables = [table for table in found.values() if table.kind == "table"]
    assert len(tables) == SETS[name][1] and all(table.primary_key for table in tables)
