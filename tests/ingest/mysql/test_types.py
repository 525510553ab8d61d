"""The type matrix of MySQL and MariaDB: each type's edge values at the source against their text in the warehouse."""

import pytest

from ingest.raw.columns import quoted
from tests.servers.mariadb import shared
from tests.support.values.mysql import MATRIX, ONLY_MARIADB

pytestmark = pytest.mark.slow

MODES = ["", "NO_BACKSLASH_ESCAPES,ANSI_QUOTES,PIPES_AS_CONCAT,PAD_CHAR_TO_FULL_LENGTH,NO_ZERO_DATE,NO_ZERO_IN_DATE"]


@pytest.fixture(params=MODES, ids=["own modes", "hostile modes"])
def types(landing, monkeypatch, request):
    server = shared()
    monkeypatch.setenv("TYPES_URL", server.database("types", "character set utf8mb4").replace("mysql:", "mariadb:"))
    connection = server.connect("types")
    with connection.cursor() as cursor:
        cursor.execute("select @@sql_mode, @@time_zone, version() like '%mariadb%'")
        mode, zone, maria = cursor.fetchone()
        cursor.execute("set sql_mode = 'allow_invalid_dates', time_zone = '+00:00'")
        cursor.execute(f"set global sql_mode = '{request.param}', global time_zone = '-05:00'")
        try:
            yield cursor, MATRIX + (ONLY_MARIADB if maria else [])
        finally:
            cursor.execute(f"set global sql_mode = '{mode}', global time_zone = '{zone}'")
            connection.close()


def test_every_type_arrives_exactly(landing, types):
    cursor, matrix = types
    columns = ", ".join(f"t{number} {row[0]}" for number, row in enumerate(matrix))
    cursor.execute(f"create table matrix (id int primary key, `we``ird \"na'me` int default 7, {columns})")
    for number, (_, values, _) in enumerate(matrix):
        for id_, value in enumerate(values):
            cursor.execute(f"insert into matrix (id, t{number}) values ({id_}, {value}) "
                           f"on duplicate key update t{number} = {value}")  # fmt: skip
    landing.declare("""
    sources:
      - name: types
        schema: raw_types
        config: {meta: {connection: TYPES_URL}}
        tables: [{name: matrix, config: {meta: {key: [id]}}}]
    """)
    landing.one()
    wrong = []
    for number, (type_, _, expected) in enumerate(matrix):
        found = [row[0] for row in landing.rows(f"select t{number}::text from raw_types.matrix order by id")]
        if found != expected + [None] * (len(found) - len(expected)):
            wrong.append((type_, [str(value)[:80] for value in found], [value[:80] for value in expected]))
    assert not wrong, "\n".join(map(str, wrong))
    wild = quoted("""we`ird "na'me""")  # as raw holds it
    assert landing.rows(f"select distinct {wild} from raw_types.matrix") == [(7,)]
    assert landing.rows("select id from raw_types.matrix where _escaped") == [(5,)]  # the NULs of varchar(50)
    landing.balanced()
    landing.proven()
    assert landing.one().tables[0].landed == 0


def test_types_in_raw_are_postgresqls_where_these_are_exact(landing, types):
    cursor, _ = types
    cursor.execute("""create table t (a tinyint(1), b int unsigned, c bigint unsigned, d decimal(65,2), e double,
        f float, g bit(3), h year, i blob, j date, k timestamp null, l json, m enum('a'), n varchar(3))""")
    landing.declare("""
    sources:
      - name: types
        schema: raw_types
        config: {meta: {connection: TYPES_URL}}
        tables: [{name: t}]
    """)
    landing.one()
    found = landing.rows("""select string_agg(format_type(atttypid, null), ', ' order by attnum) from pg_attribute
        where attrelid = 'raw_types.t'::regclass and attnum between 1 and 14""")
    assert found == [("smallint, bigint, numeric, numeric, double precision, real, bit varying, smallint, bytea, "
                      "text, text, text, text, text",)]  # fmt: skip
