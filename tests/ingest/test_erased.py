"""A person who was forgotten and lands again is held back, whatever the kind of key, and nothing else changes."""

import uuid

import psycopg
import pytest

from tests.support.landing import forget
from weir.project import erasure

DECLARED = """
    sources:
      - name: app
        schema: raw_app
        config: {{meta: {{connection: APP_URL}}}}
        tables:
          - {{name: people, config: {{meta: {{key: [{key}]}}}}}}
          - {{name: notes, config: {{meta: {{key: [id]}}}}}}
"""
ANN = uuid.uuid5(uuid.NAMESPACE_DNS, "ann")
KEYS = {
    "bigint": ("k", "k bigint primary key", "7", "7"),
    "text": ("k", "k text primary key", "'Ann@x.io'", "Ann@x.io"),
    "uuid": ("k", "k uuid primary key", f"'{ANN}'", str(ANN)),
    "two columns": ('k, "Of \'1"', 'k int, "Of \'1" varchar(40), primary key (k, "Of \'1")', "7, 'a|b'", "7|a~1b"),
    "without a constraint": ("k", "k text", "'ann'", "ann"),
}


def clear(landing, *texts):
    """What raw holds in the clear, as text."""
    found = []
    for table in ("raw_app.people", "raw_app.notes"):
        found += [row[0] for row in landing.rows(f"select t::text from {table} as t")]
    return [text for text in texts if any(text.lower() in row.lower() for row in found)]


@pytest.mark.parametrize("kind", KEYS)
def test_a_person_is_held_back(app, landing, kind):
    names, body, value, key = KEYS[kind]
    landing.declare(DECLARED.format(key=names.replace('"Of \'1"', '"Of \'1"')))
    app.execute(f"create table people ({body}, mail text, extra jsonb)")
    app.execute("create table notes (id int primary key, note text)")
    other = {"bigint": "1", "uuid": f"'{uuid.uuid4()}'", "two columns": "1, 'x'"}.get(kind, "'bob'")
    app.execute(f"insert into people values ({value}, 'ann@x.io', '{{\"a\": 1}}'), ({other}, 'bob@x.io', null)")
    app.execute("insert into notes values (1, 'from ANN@x.io, and from bob@x.io'), (2, 'nothing')")
    landing.one()
    forget(landing, "app.people", key, mail="email")
    assert clear(landing, "ann@x.io", '"a"') == []
    assert landing.rows("select note from raw_app.notes where id = 1") == [("from [erased], and from bob@x.io",)]
    landing.proven()
    assert landing.one().tables[0].landed == 0

    app.execute("update people set extra = '{\"b\": \"ann@x.io\"}' where mail = 'ann@x.io'")
    app.execute("update notes set note = note || ' again' where id = 1")
    found = {event.table: event.landed for event in landing.one().tables}
    assert found == {"people": 1, "notes": 1}
    assert clear(landing, "ann@x.io", '"b"') == []
    landing.proven()
    landing.balanced()
    assert landing.rows(
        "select erased from ops.landings where table_name = 'people' order by landed_at desc limit 1"
    ) == [(1,)]
    assert {event.landed for event in landing.one(full=True).tables} == {0}, "a compare finds nothing new"

    app.execute("delete from people where mail = 'ann@x.io'")
    assert landing.one().tables[0].deleted == 1
    landing.proven()
    assert landing.rows(
        "select erased from ops.landings where table_name = 'people' order by landed_at desc limit 1"
    ) == [(0,)]
    app.execute(f"insert into people values ({value}, 'ann@x.io', null)")
    landing.one()
    landing.one(full=True)
    assert clear(landing, "ann@x.io") == []
    landing.proven()
    landing.balanced()


def test_a_large_table_whose_keys_are_kept_as_bits(app, landing):
    landing.declare(DECLARED.format(key="k"))
    app.execute("create table people (k bigint primary key, mail text)")
    app.execute("insert into people select i, i || '@x.io' from generate_series(1, 100001) i")
    app.execute("create table notes (id int primary key, note text)")
    landing.one()
    forget(landing, "app.people", "777", mail="email")
    for change in ("update people set mail = '777@y.io' where k = 777", "delete from people where k = 778",
                   "delete from people where k = 777", "insert into people values (777, '777@x.io')"):  # fmt: skip
        app.execute(change)
        landing.one()
    landing.proven()
    landing.balanced()
    assert clear(landing, "777@y.io") == []
    assert landing.rows("select _op, mail from raw_app.people where k = 777 order by _seq") == [
        ("erase", None), ("erase", None), ("delete", None), ("erase", None)
    ]  # fmt: skip


def test_files_that_are_read_again(folder, landing):
    landing.declare("""
        sources:
          - name: app
            schema: raw_app
            config: {meta: {connection: DROPS_URL}}
            tables:
              - {name: people, config: {meta: {key: [mail], path: 'p*.csv'}}}
              - {name: notes, config: {meta: {path: 'n*.csv'}}}
    """)
    (folder / "p1.csv").write_text('mail,name\nAnn@x.io,Ann Lee-Fox\nbob@x.io,Bob\n"ann@x.io,broken\n')
    (folder / "p2.csv").write_text("mail,name\nAnn@x.io,Ann Lee-Fox\nAnn@x.io,Anna Fox\n")
    (folder / "n1.csv").write_text("who,what\nann@x.io,came\nbob@x.io,went\n")
    landing.one()
    forget(landing, "app.people", "Ann@x.io", mail="email", name="name")
    assert clear(landing, "ann@x.io", "lee-fox", "anna fox") == []
    landing.proven()
    assert landing.one().tables[0].landed == 0
    (folder / "p1.csv").write_text('mail,name\nAnn@x.io,Ann L.\nbob@x.io,Bobby\n"ann@x.io,broken\n')
    (folder / "n1.csv").write_text("who,what\nann@x.io,came\nbob@x.io,went away\n")
    (folder / "p3.csv").write_text("mail,name\nAnn@x.io,Ann Lee-Fox\n")
    landing.one()
    assert clear(landing, "ann@x.io", "ann l.", "lee-fox", "anna") == []
    landing.proven()
    landing.balanced()
    (folder / "p1.csv").unlink()
    landing.one(full=True)
    (folder / "p3.csv").unlink()
    landing.one()
    assert clear(landing, "ann@x.io", "ann l.", "lee-fox", "anna") == []
    landing.proven()
    landing.balanced()


def test_after_a_restore_everybody_is_erased_again(app, landing, monkeypatch, capsys):
    from cli.access import forget as command

    landing.declare(DECLARED.format(key="k, l"))
    app.execute("create table people (k text, l int, mail text, primary key (k, l))")
    app.execute("create table notes (id int primary key, note text)")
    app.execute("insert into people values ('a|n~n', 1, 'ann@x.io'), ('bob', 2, 'bob@x.io')")
    landing.one()
    with psycopg.connect(landing.warehouse, autocommit=True) as connection:
        connection.execute("create table before as select * from raw_app.people")
        forget(landing, "app.people", "a~1n~0n|1", mail="email")
        # as a restore of an older dump would
        connection.execute("truncate raw_app.people, ops.erased, ops.erased_values")
        connection.execute("insert into raw_app.people overriding system value select * from before")
        connection.execute("drop table before")
    assert clear(landing, "ann@x.io", "a|n") == ["ann@x.io", "a|n"]
    monkeypatch.setattr(command, "load_project", lambda: landing.folder)
    monkeypatch.setattr(command, "project_dir", lambda: landing.folder)
    again = []
    monkeypatch.setattr(command, "_erase", lambda table, key, because, dry: again.append((table, key, because)))
    assert command.forget_again() == 0 and again == [("app.people", "a~1n~0n|1", "asked")]
    assert "erased again" in capsys.readouterr().out
    forget(landing, *again[0][:2], mail="email")
    assert clear(landing, "ann@x.io", "a|n") == []
    again.clear()
    command.forget_again()
    assert again == [] and "still erased" in capsys.readouterr().out
    landing.proven()


def test_without_the_secret_nothing_lands_in_the_clear(app, landing, monkeypatch):
    landing.declare(DECLARED.format(key="k"))
    app.execute("create table people (k text primary key, mail text)")
    app.execute("create table notes (id int primary key, note text)")
    app.execute("insert into people values ('ann', 'ann@x.io')")
    landing.one()
    forget(landing, "app.people", "ann", mail="email")
    app.execute("update people set mail = 'ann@y.io'")
    for value, says in (("other", "is not the one with which people were erased"), ("", "is not set")):
        monkeypatch.setenv(erasure.NAME, value)
        (result,) = landing.land().values()
        assert says in result.message and result.message.startswith("app.people: "), result.message
    assert clear(landing, "ann@y.io", "ann@x.io") == []
