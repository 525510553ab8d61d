"""A compare by digest finds what a whole compare finds, and reads the rows of changed buckets only."""

import pytest

from ingest.connectors.mysql import connector
from tests.servers.mariadb import shared
from tests.support.values.mysql import MATRIX

pytestmark = pytest.mark.slow

BOTH = """
    sources:
      - name: whole
        schema: raw_whole
        config: {meta: {connection: SHOP_URL, compare: whole}}
        tables: [{name: things, config: {meta: {key: [KEY]}}}]
      - name: digest
        schema: raw_digest
        config: {meta: {connection: SHOP_URL, compare: digest}}
        tables: [{name: things, config: {meta: {key: [KEY]}}}]
"""


@pytest.fixture
def shop(landing, monkeypatch):
    server = shared()
    monkeypatch.setenv("SHOP_URL", server.database("digests", "character set utf8mb4"))
    with server.connect("digests") as connection, connection.cursor() as cursor:
        cursor.execute("set sql_mode = 'allow_invalid_dates'")
        yield cursor


def both(landing, key="id"):
    """Lands both ways; what they landed is equal. Returns the event of the compare by digest."""
    results = landing.land()
    assert {result.state for result in results.values()} == {"landed"}, results
    whole, by_digest = (results[name].tables[0] for name in ("whole", "digest"))
    assert (by_digest.landed, by_digest.deleted) == (whole.landed, whole.deleted)
    live = [landing.live(f"raw_{name}.things", key, "to_jsonb(l) - '{_dlt_load_id,_seq}'::text[]") for name in results]
    assert live[0] == live[1]
    landing.balanced()
    return by_digest


def test_every_type_and_its_edges(landing, shop):
    landing.declare(BOTH.replace("KEY", "id"))
    types = [(type_, values) for type_, values, _ in MATRIX]
    columns = ", ".join(f"c{n} {type_} {'' if 'null' in type_ else 'null'}" for n, (type_, _) in enumerate(types))
    shop.execute(f"create table things (id int primary key, {columns})")
    shop.execute("insert into things (id) select seq from seq_1_to_3000")
    both(landing)
    cases = [(n, number) for n, (_, values) in enumerate(types) for number in range(len(values))]
    for step in range(3):  # NULL becomes a value, each value becomes the next, all become NULL
        for row, (n, number) in enumerate(cases, 1):
            values = types[n][1]
            value = "null" if step == 2 else values[(number + step) % len(values)]
            shop.execute(f"update things set c{n} = {value} where id = {row * 20}")
        event = both(landing)
        single = sum(len(types[n][1]) == 1 for n, _ in cases) if step == 1 else 0
        assert event.landed >= len(cases) - single - 2, "(0 and -0, 1 and true are equal)"
    landing.proven()


@pytest.mark.parametrize("key", [pytest.param("id", marks=pytest.mark.slow), "part, code, name"])
def test_changes_inserts_and_deletes_in_few_buckets(landing, shop, key):
    landing.declare(BOTH.replace("KEY", key))
    shop.execute("create table things (id int, code binary(2), part decimal(5,1), name varchar(50) not null, v text, "
                 f"primary key ({key}))")  # fmt: skip
    shop.execute("insert into things select seq, unhex(lpad(hex(seq), 4, '0')), seq / 2, concat('ü', seq), 'x' "
                 "from seq_1_to_20000")  # fmt: skip
    assert both(landing, key).how == "first load"
    event = both(landing, key)
    assert (event.how, event.extracted, event.bytes) == ("digest", 0, 0)
    shop.execute("update things set v = 'y' where id in (3, 4)")
    shop.execute("insert into things values (20001, 'zz', 1, 'zz', null)")
    event = both(landing, key)
    assert (event.how, event.landed, event.deleted) == ("digest", 3, 0) and event.extracted < 1000
    shop.execute("update things set v = 'x' where id = 3")
    shop.execute("delete from things where id in (5, 6)")
    event = both(landing, key)
    assert (event.how, event.landed, event.deleted) == ("digest", 3, 2) and event.extracted < 1000
    shop.execute("update things set v = concat(v, '!')")
    assert both(landing, key).how == "digest, all read"
    shop.execute("alter table things modify v longtext, add extra int default 7")
    assert both(landing, key).landed == 19999
    shop.execute("truncate table things")
    assert both(landing, key).deleted == 19999
    shop.execute("insert into things (id, code, part, name) values (1, 'a', 1, 'a')")
    assert both(landing, key).landed == 1
    landing.proven()


def test_rows_too_long_to_be_digested_are_always_read(landing, shop):
    landing.declare(BOTH.replace("KEY", "id"))
    shop.execute("create table things (id int primary key, a longblob, b longblob)")
    shop.execute("insert into things (id) select seq from seq_1_to_5000")
    both(landing)
    shop.execute("update things set a = repeat(0xFE, 5000000), b = repeat('b', 9000000) where id = 5")
    assert both(landing).landed == 1
    shop.execute("update things set b = repeat('c', 9000000) where id = 5")
    event = both(landing)
    assert (event.how, event.landed) == ("digest", 1) and event.extracted < 1000
    landing.proven()


def test_a_window_of_the_cursor_between_two_compares(landing, shop, monkeypatch):
    """What the window landed is compared again, also where it is undone at the source."""
    monkeypatch.setattr(connector, "SMALL", 10)
    landing.declare(BOTH.replace("KEY], ", "KEY]").replace("key: [KEY]", "key: [id], cursor: at"))
    shop.execute("create table things (id int primary key, v int, at timestamp(6) null default current_timestamp(6))")
    shop.execute("insert into things select seq, 0, '2020-01-01' from seq_1_to_5000")
    shop.execute("update things set at = '2024-01-01' where id = 1")
    both(landing)
    shop.execute("update things set v = 1, at = now(6) where id = 7")
    assert (both(landing).how, both(landing).how) == ("cursor", "cursor")
    shop.execute("update things set v = 0, at = '2020-01-01' where id = 7")
    assert both(landing).landed == 0, "no window sees it"
    for result in landing.land(full=True).values():
        assert result.tables[0].landed == 1
    assert landing.rows("select how from ops.landings where source = 'digest' order by landed_at desc")[0] == (
        "digest",
    )
    landing.proven()


def test_auto_takes_digests_where_reading_all_was_slow(landing, shop, monkeypatch):
    monkeypatch.setattr(connector, "SMALL", 10)
    landing.declare(BOTH.replace("KEY", "id").replace("compare: digest", "compare: auto"))
    shop.execute("create table things (id int primary key, v int)")
    shop.execute("insert into things select seq, 0 from seq_1_to_5000")
    monkeypatch.setattr("ingest.connectors.mysql.digest.LEAST", 0.0)
    monkeypatch.setattr("ingest.connectors.mysql.digest.DEAR", 10.0)
    assert [both(landing).how for _ in range(2)] == ["first load", "compare"]
    monkeypatch.setattr("ingest.connectors.mysql.digest.DEAR", 0.0)
    assert [both(landing).how for _ in range(2)] == ["digest, all read", "digest"]
    shop.execute("update things set v = 1 where id = 7")
    event = both(landing)
    assert (event.how, event.landed) == ("digest", 1)
