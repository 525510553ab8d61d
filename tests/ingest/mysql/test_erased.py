"""A person who was forgotten is held back by compares of MySQL, whole and by digest, and by windows."""

import pytest

from ingest.connectors.mysql import connector
from tests.servers.mariadb import shared
from tests.support.landing import forget

pytestmark = pytest.mark.slow

SHOP = """
    sources:
      - name: shop
        schema: raw_shop
        config: {{meta: {{connection: SHOP_URL, compare: {compare}}}}}
        tables: [{{name: people, config: {{meta: {{key: [mail]{cursor}}}}}}}]
"""


@pytest.mark.parametrize(("compare", "cursor"), [("whole", ""), ("digest", ""), ("whole", ", cursor: at")])
def test_a_person_is_held_back(landing, monkeypatch, compare, cursor):
    monkeypatch.setattr(connector, "SMALL", 10)
    server = shared()
    monkeypatch.setenv("SHOP_URL", server.database("erased", "character set utf8mb4"))
    landing.declare(SHOP.format(compare=compare, cursor=cursor))
    with server.connect("erased") as connection, connection.cursor() as source:
        source.execute("create table people (mail varchar(80) primary key, name text, "
                       "at timestamp(6) default current_timestamp(6) on update current_timestamp(6))")  # fmt: skip
        source.execute("insert into people (mail, name) select concat('p', seq, '@x.io'), 'P' from seq_1_to_400")
        source.execute("insert into people (mail, name) values ('ann@x.io', 'Ann Lee-Fox')")
        landing.one()
        landing.one()
        forget(landing, "shop.people", "ann@x.io", mail="email", name="name")
        for change in ("update people set name = 'Ann Lee-Fox again' where mail = 'ann@x.io'",
                       "update people set name = 'Q' where mail = 'p7@x.io'",
                       "delete from people where mail = 'p8@x.io'",
                       "delete from people where mail = 'ann@x.io'",
                       "insert into people (mail, name) values ('ann@x.io', 'Ann Lee-Fox')"):  # fmt: skip
            source.execute(change)
            assert ("digest" in landing.one().tables[0].how) == (compare == "digest")
            landing.proven()
            landing.balanced()
        assert landing.rows("select count(*) from raw_shop.people as t where t::text ~* 'ann'") == [(0,)]
        rows = landing.rows("select _op, name from raw_shop.people where mail ~ '^erased' order by _seq")
        assert rows[-1] == ("erase", None)
        assert landing.one(full=True).tables[0].landed == 0
