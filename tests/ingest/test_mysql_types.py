"""The type matrix of MySQL and MariaDB: each type's edge values at the source against their text in the warehouse."""

import pytest

from ingest.raw.columns import quoted
from tests.servers.mariadb import shared

pytestmark = pytest.mark.slow

# type, values as SQL, their text in raw (NULL is None); every type also holds NULL
MATRIX = [
    ("tinyint", ["-128", "127", "0"], ["-128", "127", "0"]),
    ("tinyint(1)", ["0", "1", "2", "-1"], ["0", "1", "2", "-1"]),
    ("tinyint unsigned", ["255"], ["255"]),
    ("boolean", ["true", "false"], ["1", "0"]),
    ("smallint", ["-32768", "32767"], ["-32768", "32767"]),
    ("smallint unsigned", ["65535"], ["65535"]),
    ("mediumint", ["-8388608", "8388607"], ["-8388608", "8388607"]),
    ("mediumint unsigned", ["16777215"], ["16777215"]),
    ("int", ["-2147483648", "2147483647"], ["-2147483648", "2147483647"]),
    ("int unsigned", ["4294967295"], ["4294967295"]),
    ("int(6) unsigned zerofill", ["42"], ["42"]),
    ("bigint", ["-9223372036854775808", "9223372036854775807"], ["-9223372036854775808", "9223372036854775807"]),
    ("bigint unsigned", ["18446744073709551615"], ["18446744073709551615"]),
    ("decimal(65,30)", [f"-{'9' * 35}.{'9' * 30}", "0"], [f"-{'9' * 35}.{'9' * 30}", "0." + "0" * 30]),
    ("decimal(65,0)", ["9" * 65], ["9" * 65]),
    ("decimal(10,2)", ["1.5", "-0.005"], ["1.50", "-0.01"]),
    ("double", ["1e-300", "0.1", "1.7976931348623157e308", "-2.2250738585072014e-308", "5e-324", "123456789.123456789",
                "1e0 / 3", "-0e0", "9007199254740993e0", "1e15", "1e16"],
     ["1e-300", "0.1", "1.7976931348623157e+308", "-2.2250738585072014e-308", "5e-324", "123456789.12345679",
      "0.3333333333333333", "0", "9.007199254740992e+15", "1e+15", "1e+16"]),
    ("double(10,2)", ["1.23", "99999999.99"], ["1.23", "99999999.99"]),
    ("float", ["0.1", "16777215", "3.4028234e38", "1e-45", "-1.17549435e-38"],
     ["0.1", "1.6777215e+07", "3.4028235e+38", "1e-45", "-1.1754944e-38"]),
    ("float(7,3)", ["1234.567"], ["1234.567"]),
    ("bit(1)", ["b'0'", "b'1'"], ["0", "1"]),
    ("bit(10)", ["b'0000000101'"], ["0000000101"]),
    ("bit(64)", ["b'" + "1" * 64 + "'", "0"], ["1" * 64, "0" * 64]),
    ("year", ["0", "1901", "2155"], ["0", "1901", "2155"]),
    ("date", ["'0000-00-00'", "'2024-00-00'", "'2024-02-00'", "'1000-01-01'", "'9999-12-31'", "'0001-01-01'"],
     ["0000-00-00", "2024-00-00", "2024-02-00", "1000-01-01", "9999-12-31", "0001-01-01"]),
    ("datetime", ["'0000-00-00 00:00:00'", "'9999-12-31 23:59:59'"], ["0000-00-00 00:00:00", "9999-12-31 23:59:59"]),
    ("datetime(6)", ["'2024-02-29 23:59:59.999999'", "'2024-00-00 01:02:03'"],
     ["2024-02-29 23:59:59.999999", "2024-00-00 01:02:03.000000"]),
    ("timestamp null", ["'1970-01-01 00:00:01'", "'2038-01-19 03:14:07'", "0"],
     ["1970-01-01 00:00:01", "2038-01-19 03:14:07", "0000-00-00 00:00:00"]),
    ("timestamp(3) null", ["'2024-03-31 02:30:00.123'"], ["2024-03-31 02:30:00.123"]),
    ("time", ["'838:59:59'", "'-838:59:59'", "'00:00:00'"], ["838:59:59", "-838:59:59", "00:00:00"]),
    ("time(6)", ["'838:59:58.999999'", "'-00:00:00.000001'"], ["838:59:58.999999", "-00:00:00.000001"]),
    ("char(5)", ["'a  '", "''", "'äöü'"], ["a", "", "äöü"]),
    ("varchar(50)", ["''", "' x '", "'NULL'", "'\\\\N'", "'a\\tb\\nc\\rd\\\\'", "0x61006200", "'🎈 é'"],
     ["", " x ", "NULL", "\\N", "a\tb\nc\rd\\", "a\\x00b\\x00", "🎈 é"]),
    ("varchar(50) character set latin1", ["'é€ü'", "0xE9", "0x80", "0x81"], ["é€ü", "é", "€", "\x81"]),
    ("varchar(50) character set utf16", ["'🎈'"], ["🎈"]),
    ("varchar(50) character set sjis", ["'日本'", "'表'"], ["日本", "表"]),
    ("varchar(50) character set cp1251", ["'Привет'"], ["Привет"]),
    ("text", ["repeat('x', 65535)"], ["x" * 65535]),
    ("longtext", ["repeat('é\\\\', 400000)"], ["é\\" * 400000]),
    ("binary(4)", ["0x00FF", "''"], ["\\x00ff0000", "\\x00000000"]),
    ("varbinary(9)", ["x''", "0x005C0A09FF"], ["\\x", "\\x005c0a09ff"]),
    ("blob", ["0x00", "'\\\\x41'"], ["\\x00", "\\x5c783431"]),
    ("longblob", ["repeat(0xFE, 300000)"], ["\\x" + "fe" * 300000]),
    ("enum('a','b','','ü\\n')", ["'a'", "''", "'ü\\n'"], ["a", "", "ü\n"]),
    ("set('x','y','z')", ["''", "'z,x'"], ["", "x,z"]),
    ("json", ["'{\"b\": 1.10, \"a\": [null, 12345678901234567890]}'", "'\"\\\\\\\\n\"'"],
     ['{"b": 1.10, "a": [null, 12345678901234567890]}', '"\\\\n"']),
    ("point", ["point(0.1, -1e-7)", "st_geomfromtext('POINT(1 2)', 4326)"],
     ["POINT(0.1 -0.0000001)", "SRID=4326;POINT(1 2)"]),
    ("geometry", ["st_geomfromtext('LINESTRING(0 0,1.5 2)')"], ["LINESTRING(0 0,1.5 2)"]),
    ("geometrycollection", ["st_geomfromtext('GEOMETRYCOLLECTION(POINT(1 1))')"], ["GEOMETRYCOLLECTION(POINT(1 1))"]),
]  # fmt: skip
ONLY_MARIADB = [
    ("uuid", ["'123e4567-e89b-12d3-a456-426655440000'"], ["123e4567-e89b-12d3-a456-426655440000"]),
    ("inet6", ["'::1'", "'2001:db8::ff00:42:8329'"], ["::1", "2001:db8::ff00:42:8329"]),
]
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
