"""SQLite, described: keys and rules as declared, types by values, samples, and counts over all rows."""

import sqlite3
import time

import pytest

from ingest.connectors.registry import open_describer
from weir.core.errors import WeirError
from weir.project.scaffold.described import Check, Counted, ForeignKey
from weir.project.scaffold.described import Test as Asked

SHOP = """
    create table people (
        id integer primary key, name text not null unique, paid numeric(10, 2) check (paid >= 0), born date,
        active boolean, "Имя.""x" blob, code char(3) check (code glob '[A-Z]*'), other,
        constraint short check (length(name) < 50)
    );
    create table visits (person integer references people, n int, primary key (person, n));
    create table gone (a); create view seen as select * from people; create view broken as select * from gone;
    drop table gone;
    create unique index part on people (born) where born is not null;
    create unique index lowered on people (lower(name)); create unique index whole on people (code, paid);
    pragma ignore_check_constraints = 1;
"""


@pytest.fixture
def source(tmp_path):
    connection = sqlite3.connect(tmp_path / "shop.db", isolation_level=None)
    connection.executescript(SHOP)
    yield connection
    connection.close()


@pytest.fixture
def described(tmp_path):
    def run(*schemas, url=f"sqlite:///{tmp_path}/shop.db", do=lambda describer, tables: tables):
        with open_describer("SHOP_URL", url) as describer:
            return do(describer, {table.label: table for table in describer.tables(schemas)})

    return run


def test_what_the_file_declares(source, described):
    found = described()
    people = found["people"]
    columns = {column.name: column for column in people.columns}
    assert {column.landed for column in people.columns} == {"text"}
    assert {name: column.kind for name, column in columns.items() if column.kind != "text"} == {'Имя."x': "bytes"}
    assert columns["active"].flag and columns["born"].declared == "DATE" and not columns["name"].nullable
    assert people.primary_key == ("id",) and people.unique == [("name",), ("code", "paid")]
    assert found["visits"].primary_key == ("person", "n")
    assert found["visits"].foreign_keys == [ForeignKey(("person",), "", "people", ("id",), enforced=False)]
    assert people.checks == [Check("short", "LENGTH(name) < 50", False), Check("", "paid >= 0", False)]
    assert any("code glob '[A-Z]*'" in note for note in people.notes)
    assert found["seen"].kind == "view" and "can't be read" in found["broken"].left_out


def test_samples_and_counts(source, described):
    rows = [(i, f"n{i}", -i if i < 4 else i / 2, f"0{i % 9 + 1}/01/2024", "A" * (i % 3), i % 7) for i in range(1, 101)]
    source.executescript("drop index part; drop index whole")
    source.executemany("insert into people (id, name, paid, born, code, other) values (?, ?, ?, ?, ?, ?)", rows)
    source.execute("update people set other = ?, paid = 'n/a', born = '' where id = 50", [b"\xff\x00"])
    source.execute("update people set born = '12/31/9999' where id = 100")
    source.execute("insert into visits values (1, 1), (999, 1), (null, 3), (null, 3)")

    def look(describer, tables):
        people, visits = tables["people"], tables["visits"]
        us = {"kind": "date", "format": "MM/DD/YYYY"}
        tests = [Asked("negative", ("paid",), kind="numeric"), Asked("before", ("born",), "2024-02-01", **us),
                 Asked("missing", ("born",), **us), Asked("breaks", check=people.checks[1].sql),
                 Asked("repeated", ("code",)), Asked("breaks", check="no_such(id)"),
                 Asked("after", ("born",), "tomorrow", **us)]  # fmt: skip
        keys = [Asked("repeated", ("person", "n")), Asked("orphaned", ("person",), key=visits.foreign_keys[0])]
        return describer.sample(people, 10), describer.count(people, tests, 10), describer.count(visits, keys, 10)

    sample, people, visits = described(do=look)
    assert sample.values["id"] == [str(i) for i in [1, 2, 3, 4, 5, 96, 97, 98, 99, 100]] and not sample.is_whole
    assert sample.values["paid"][:5] == ["-1", "-2", "-3", "2", "2.5"]
    assert people == Counted(100, (3, 11, 1, 3, 97, None, 1))
    assert visits == Counted(4, (0, 1))
    assert described(do=lambda d, t: d.sample(t["people"], 100)).values["other"][49] == "\\xff00"


def test_counting_gives_up_and_goes_on(source, described):
    source.execute("create table t as with recursive n(i) as (select 1 union all select i + 1 from n where i < 500000) "
                   "select i from n")  # fmt: skip

    def count(describer, tables):
        start = time.monotonic()
        first = describer.count(tables["t"], [Asked("breaks", check="length(hex(randomblob(5000))) > 0")], 0.2)
        assert time.monotonic() - start < 3
        return first, describer.count(tables["t"], [Asked("repeated", ("i",))], 20)

    assert described(do=count) == (Counted(None, (None,)), Counted(500_000, (0,)))


def test_faults_in_one_line(source, described, tmp_path):
    with pytest.raises(WeirError, match="there is no schema 'nope' at the source; it has: main"):
        described("nope")
    with pytest.raises(WeirError, match=r"there is no file .*none.db: mend SHOP_URL"):
        described(url=f"sqlite:///{tmp_path}/none.db")
    (tmp_path / "junk.db").write_text("junk" * 999)
    with pytest.raises(WeirError, match="the file is no SQLite database: check SHOP_URL"):
        described(url=f"sqlite:///{tmp_path}/junk.db")
    with pytest.raises(WeirError, match=r"readonly|read-only"):
        described(do=lambda describer, tables: describer._run(_delete(), 5))


def _delete():
    import sqlalchemy as sa

    return sa.text("delete from people")


def test_an_empty_file_and_five_thousand_columns(source, described, tmp_path):
    sqlite3.connect(tmp_path / "empty.db").execute("vacuum")
    assert described(url=f"sqlite:///{tmp_path}/empty.db") == {}
    columns = ", ".join(f"c{n} int" for n in range(12))
    source.executescript(";".join(f"create table t{n} (id integer primary key, {columns})" for n in range(400)))
    begin = time.monotonic()
    assert sum(len(table.columns) for table in described().values()) > 5000
    assert time.monotonic() - begin < 30
