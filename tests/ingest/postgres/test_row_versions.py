"""PostgreSQL lands by row version: exact, deletes included, nothing lost and nothing twice."""

import threading
import time

import psycopg

from tests.support.users import live, source


def test_first_load_then_nothing_then_changes_and_deletes(landing, users):
    event = landing.one().tables[0]
    assert (event.extracted, event.landed, event.how) == (1000, 1000, "first load")
    event = landing.one().tables[0]
    assert (event.extracted, event.landed, event.how) == (0, 0, "row versions")
    users.execute("update users set name = 'new' where id <= 3")
    users.execute("delete from users where id between 10 and 14")
    users.execute("insert into users values (5000, null, 'x'), (5001, '', 'x')")
    event = landing.one().tables[0]
    assert (event.extracted, event.landed, event.deleted) == (5, 10, 5)
    assert live(landing) == source(users)
    assert landing.rows("select * from information_schema.columns where column_name = 'secret'") == []
    landing.balanced()
    landing.proven()


def test_the_load_and_the_order_are_on_every_row(landing, users):
    landing.one()
    users.execute("update users set name = 'new' where id <= 3")
    landing.one()
    (first, last), (rows,) = (
        landing.rows("select _dlt_load_id, min(_seq), max(_seq), min(_op) from raw_app.users group by 1 order by 1"),
        landing.rows("select count(distinct _seq) from raw_app.users"),
    )
    assert first[2] < last[1] and first[3] == last[3] == "upsert" and rows == (1003,)
    left = landing.rows("""select attname from pg_attribute where attrelid = 'raw_app.users'::regclass
        and atthasdef and attidentity = ''""")
    assert left == []  # what the first load took for a default is none for the next


def test_key_deleted_and_inserted_again(landing, users):
    landing.one()
    users.execute("delete from users where id = 7")
    landing.one()
    users.execute("insert into users values (7, 'again', 'x')")
    landing.one()
    with users.transaction():
        users.execute("delete from users where id = 7")
        users.execute("insert into users values (7, 'in one', 'x')")
        users.execute("delete from users where id = 8")
        users.execute("insert into users values (2000, 'as many as before', 'x')")
    landing.one()
    assert live(landing) == source(users)


def test_late_commits_savepoints_and_open_transactions(landing, users):
    landing.one()
    with psycopg.connect(users.info.dsn, password=users.info.password) as late:
        late.execute("insert into users values (6000, 'late', 'x')")
        late.execute("savepoint s")
        late.execute("update users set name = 'under a savepoint' where id = 1")
        users.execute("update users set name = 'soon' where id = 2")
        assert landing.one().tables[0].landed == 1
        assert landing.one().tables[0].landed == 0
        late.commit()
    assert landing.one().tables[0].landed == 2
    assert live(landing) == source(users)
    landing.balanced()


def test_a_transaction_open_for_very_long_keeps_no_list_of_all_since(landing, users, monkeypatch):
    from ingest.connectors.postgres import connector

    monkeypatch.setattr(connector, "SPAN", 3)
    landing.one()
    with psycopg.connect(users.info.dsn, password=users.info.password) as late:
        late.execute("update users set name = 'late' where id = 1")
        for number in range(2, 8):
            users.execute("update users set name = 'soon' where id = %s", [number])
        assert landing.one().tables[0].landed == 6
        users.execute("delete from users where id = 9; insert into users values (9, 'again', 'x'), (6000, 'new', 'x')")
        users.execute("delete from users where id = 10")
        event = landing.one().tables[0]
        assert (event.how, event.landed, event.deleted) == ("row versions", 3, 1)
        assert landing.one().tables[0].landed == 0
        late.commit()
    event = landing.one().tables[0]
    assert (event.how, event.landed) == ("row versions", 1)
    assert landing.rows("select state->'xids' from ops.landings order by landed_at desc limit 1") == [([],)]
    assert live(landing) == source(users)
    landing.balanced()
    landing.proven()


def test_truncate_and_rewrite(landing, users):
    landing.one()
    users.execute("vacuum full users")
    assert landing.one().tables[0].landed == 0
    users.execute("truncate users")
    assert landing.one().tables[0].deleted == 1000
    assert live(landing) == []
    users.execute("insert into users values (1, 'a', 'x')")
    landing.one()
    assert live(landing) == [(1, "a")]


def test_writers_while_landing(landing, users):
    stop = threading.Event()

    def write(seed: int) -> None:
        with psycopg.connect(users.info.dsn, password=users.info.password, autocommit=True) as connection:
            step = 0
            while not stop.is_set():
                step += 1
                row = (seed * 7919 + step * 31) % 1500
                with connection.transaction():
                    connection.execute("delete from users where id = %s", [row + 1])
                    connection.execute(
                        "insert into users values (%s, %s, 'x') on conflict (id) do update set name = excluded.name",
                        [row, f"{seed}-{step}"],
                    )
                    if step % 20 == 0:
                        time.sleep(0.2)
                time.sleep(0.002)

    writers = [threading.Thread(target=write, args=[seed]) for seed in range(3)]
    [writer.start() for writer in writers]
    try:
        for _ in range(6):
            landing.one()
            time.sleep(0.1)
    finally:
        stop.set()
        [writer.join() for writer in writers]
    landing.one()
    assert live(landing) == source(users)
    landing.balanced()
    twice = landing.rows("select id, name, count(*) from raw_app.users where _op = 'upsert' and name like '%-%'"
                         " group by id, name having count(*) > 1")  # fmt: skip
    assert twice == []


def test_column_added_with_a_default_is_seen(landing, users):
    landing.one()
    users.execute("alter table users add column plan text default 'free'")
    event = landing.one().tables[0]
    assert (event.how, event.landed) == ("compare", 1000)
    assert landing.rows("select distinct plan from raw_app.users where _seq > 1000") == [("free",)]
    landing.proven()


def test_column_dropped_retyped_and_widened(landing, users):
    users.execute("alter table users add column a smallint default 1, add column b int default 2")
    landing.one()
    users.execute("alter table users alter a type bigint, alter b type text")
    landing.one()
    users.execute("alter table users drop column name")
    landing.one()
    types = landing.rows("select column_name, data_type from information_schema.columns "
                         "where table_name = 'users' and column_name in ('a', 'b', 'name') order by 1")  # fmt: skip
    assert types == [("a", "bigint"), ("b", "text"), ("name", "text")]
    landing.proven()


def test_full_compares_and_lands_only_differences(landing, users):
    landing.one()
    users.execute("update users set name = 'x' where id = 1; delete from users where id = 2")
    event = landing.one(full=True).tables[0]
    assert (event.how, event.extracted, event.landed, event.deleted) == ("compare", 999, 2, 1)


def test_keyless_tables_and_views_are_compared(landing, app):
    app.execute("create table log (a int, b text)")
    app.execute("insert into log values (1, 'x'), (1, 'x'), (2, null), (2, '')")
    app.execute("create view seen as select a, count(*) as n from log group by a")
    landing.declare("""
        sources:
          - name: app
            schema: raw_app
            config: {meta: {connection: APP_URL}}
            tables:
              - name: log
              - name: seen
                config: {meta: {key: a}}
    """)
    landing.one()
    app.execute("delete from log where ctid = (select min(ctid) from log)")
    app.execute("insert into log values (3, 'y')")
    landing.one()
    assert landing.live("raw_app.log", "_key", "a, b") and sorted(
        landing.live("raw_app.log", "_key", "a, coalesce(b, '-')")
    ) == [(1, "x"), (2, ""), (2, "-"), (3, "y")]
    assert landing.live("raw_app.seen", "a", "a, n") == [(1, 1), (2, 2), (3, 1)]
    assert landing.one().tables[0].landed == 0
    landing.balanced()
    landing.proven()


def test_partitioned_and_inherited_tables(landing, app):
    app.execute("create table part (id int, at date, primary key (id, at)) partition by range (at)")
    app.execute("create table part_1 partition of part for values from ('2024-01-01') to ('2025-01-01')")
    app.execute("create table parent (id int primary key); create table child () inherits (parent)")
    app.execute(
        "insert into part values (1, '2024-05-05'); insert into parent values (1); insert into child values (2)"
    )
    landing.declare("""
        sources:
          - name: app
            schema: raw_app
            config: {meta: {connection: APP_URL}}
            tables:
              - {name: part, config: {meta: {key: [id, at]}}}
              - {name: parent, config: {meta: {key: [id]}}}
    """)
    landing.one()
    app.execute("create table part_2 partition of part for values from ('2025-01-01') to ('2026-01-01')")
    app.execute("insert into part values (1, '2025-05-05'); delete from child")
    landing.one()
    assert landing.live("raw_app.part", "id, at", "id, at::text") == [(1, "2024-05-05"), (1, "2025-05-05")]
    assert landing.live("raw_app.parent", "id", "id") == [(1,)]


def test_awkward_names(landing, app):
    long = "x" * 60
    app.execute(f'create table "Größe von ""allem"" {long[:20]}" ("Order" int primary key, "a b" text, "{long}" int)')
    app.execute(f'insert into "Größe von ""allem"" {long[:20]}" values (1, \'tab\t\\n\', 2)')
    landing.declare(f"""
        sources:
          - name: app
            schema: raw_app
            config: {{meta: {{connection: APP_URL}}}}
            tables:
              - name: Größe von allem {long[:20]}
                config: {{meta: {{key: [Order], from: 'Größe von "allem" {long[:20]}'}}}}
    """)
    landing.one()
    found = landing.rows(f'select "Order", "a b", "{long}" from raw_app."Größe von allem {long[:20]}"')
    assert found == [(1, "tab\t\\n", 2)]
