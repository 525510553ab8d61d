"""Applications that nobody here wrote, on MySQL: every table of Sakila and Chinook against raw, column by column."""

import gzip
import hashlib
import subprocess
from urllib.parse import urlsplit

import pytest

from tests.servers.mariadb import shared
from tests.support.real_data import DATA, needs_data

pytestmark = [pytest.mark.slow, needs_data]
SETS = {
    "sakila": (["mysql_sakila/sakila-mv-schema.sql", "mysql_sakila/sakila-mv-data.sql.gz"], 16, 47_273),
    "chinook": (["mysql_chinook/Chinook_MySql.sql"], 11, 15_607),
}


@pytest.mark.parametrize("name", SETS)
def test_every_table_lands_whole_and_equal(landing, monkeypatch, name):
    files, tables, rows = SETS[name]
    server = shared()
    server.database(name)
    for file in files:
        _load(server, DATA / file)
    database = name.capitalize() if name == "chinook" else name
    monkeypatch.setenv("REAL_URL", f"{server.url}/{database}".replace("mysql:", "mysql+pymysql:"))
    with server.connect(database) as connection, connection.cursor() as cursor:
        cursor.execute("set time_zone = '+00:00'")
        declared = _keys(cursor)
        assert len(declared) == tables
        landing.declare(f"""
    sources:
      - name: real
        schema: raw_real
        config: {{meta: {{connection: REAL_URL}}}}
        tables: {[{"name": t, "config": {"meta": {"key": key}}} for t, key in declared.items()]}
    """)
        assert sum(event.landed for event in landing.one().tables) == rows
        for table in declared:
            assert _here(landing, table) == _there(cursor, table), table
    landing.balanced()
    landing.proven()
    assert sum(event.landed for event in landing.one().tables) == 0


def _load(server, file):
    text = gzip.decompress(file.read_bytes()) if file.suffix == ".gz" else file.read_bytes()
    parts = urlsplit(server.url)
    account = [f"-h{parts.hostname}", f"-P{parts.port}", f"-u{parts.username}", f"-p{parts.password}"]
    # --binary-mode would refuse DELIMITER; errors stop it by default
    subprocess.run(["mariadb", "--no-defaults", *account, "--default-character-set=utf8mb4"], input=text, check=True)


def _keys(cursor):
    """The tables of the database with their primary keys."""
    cursor.execute("""select t.table_name, group_concat(k.column_name order by k.ordinal_position)
        from information_schema.tables t
        join information_schema.key_column_usage k using (table_schema, table_name)
        where t.table_schema = database() and t.table_type = 'BASE TABLE' and k.constraint_name = 'PRIMARY'
        group by 1 order by 1""")
    return {table: key.split(",") for table, key in cursor.fetchall()}


def _there(cursor, table):
    """Per column, the count of its values and a digest of their text, as pymysql's own protocol gives it."""
    cursor.execute(f"""select column_name, data_type from information_schema.columns
        where table_schema = database() and table_name = '{table}'""")
    found = {}
    for column, type_ in cursor.fetchall():
        text = f"`{column}`"
        if type_.endswith(("blob", "binary")):
            text = "concat('\\\\x', lower(hex(" + text + ")))"
        elif type_ == "timestamp":
            text = f"concat({text}, '+00')"  # an instant; the session is in UTC
        elif type_ == "geometry":
            text = f"concat(if(st_srid({text}) = 0, '', concat('SRID=', st_srid({text}), ';')), st_astext({text}))"
        cursor.execute(f"select cast({text} as char) from `{table}` where `{column}` is not null")
        found[column] = _digest(row[0] for row in cursor.fetchall())
    return found


def _here(landing, table):
    columns = [
        row[0]
        for row in landing.rows(f"""select attname from pg_attribute
        where attrelid = 'raw_real."{table}"'::regclass and attnum > 0 and left(attname, 1) <> '_'""")
    ]
    return {
        column: _digest(
            row[0]
            for row in landing.rows(f'select "{column}"::text from raw_real."{table}" where "{column}" is not null')
        )
        for column in columns
    }


def _digest(values):
    texts = sorted(values)
    return len(texts), hashlib.md5("\n".join(texts).encode()).hexdigest()
