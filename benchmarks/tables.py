"""The table that every benchmark lands: the same 12 columns in PostgreSQL, MySQL and MongoDB, made by formula.

In: a connection's URL and a number of rows. Out: `rows` at the source, `few` with its first rows for slow peers, and
the columns of an equal table in the warehouse.
"""

import shlex
from typing import Any

import psycopg

COLUMNS = {
    "id": "bigint", "account_id": "integer", "seats": "smallint", "amount": "numeric", "rate": "double precision",
    "active": "boolean", "name": "text", "email": "text", "note": "text", "token": "text",
    "created_at": "timestamp with time zone", "updated_at": "timestamp without time zone",
}  # fmt: skip
FORMULAS = """i, ((i * 7919) % 500000)::int4, (i % 90)::int2, ((i * 31) % 10000000)::numeric / 100, sqrt(i::float8),
i % 3 > 0, 'Customer number ' || i, case when i % 11 > 0 then 'person.' || i || '@example-' || i % 97 || '.com' end,
repeat(md5(i::text), 2 + (i % 4)::int), md5(i::text), timestamptz '2024-01-01 00:00:00Z' + i * interval '3.7 s',
timestamp '2024-01-01' + i * interval '5 s'"""
# The same columns in MySQL; a column without a type there is text, and lands as text.
MYSQL = {
    "id": "bigint primary key", "account_id": "int not null", "seats": "smallint not null",
    "amount": "decimal(12,2) not null", "rate": "double not null", "active": "tinyint(1) not null",
    "name": "varchar(60) not null", "email": "varchar(80)", "note": "text not null", "token": "char(32) not null",
    "created_at": "datetime(6) not null", "updated_at": "datetime not null",
}  # fmt: skip
_MYSQL_FORMULAS = """seq, (seq * 7919) % 500000, seq % 90, ((seq * 31) % 10000000) / 100, sqrt(seq), seq % 3 > 0,
concat('Customer number ', seq), if(seq % 11 > 0, concat('person.', seq, '@example-', seq % 97, '.com'), null),
repeat(md5(seq), 2 + seq % 4), md5(seq),
timestampadd(microsecond, seq * 3700000, '2024-01-01'), timestampadd(second, seq * 5, '2024-01-01')"""
MYSQL_RAW = {
    **COLUMNS, "active": "smallint", "created_at": "text", "updated_at": "text",
}  # fmt: skip


def sql(url: str, *statements: str) -> Any:
    """Run the statements one by one; returns the first value of the last one, if it has any."""
    with psycopg.connect(url, autocommit=True) as connection:
        for statement in statements:
            cursor = connection.execute(statement)
        row = cursor.fetchone() if cursor.description else None
    return row[0] if row else None


def body(columns: dict[str, str], extra: str = "") -> str:
    """The columns of a `create table`."""
    return "(" + ", ".join(f"{name} {type_}" for name, type_ in columns.items()) + extra + ")"


def make_postgres(url: str, rows: int, few: int, name: str = "rows") -> None:
    """Make `rows` and `few` (unless it is 0) anew, with hint bits set and nothing left to write."""
    sql(
        url,
        f"drop table if exists {name}",
        f"create table {name} {body(COLUMNS)}",
        f"insert into {name} select {FORMULAS} from generate_series(1::bigint, {rows}) i",
        f"alter table {name} add primary key (id)",
        f"vacuum (freeze, analyze) {name}",
        "checkpoint",
    )
    if few:
        make_postgres(url, few, 0, "few")


def make_mysql(server: Any, rows: int, few: int) -> str:
    """Make a database with the tables on the MariaDB; returns its URL."""
    url: str = server.database("bench", "character set utf8mb4")
    with server.connect("bench") as connection, connection.cursor() as cursor:
        for name, size in (("rows", rows), ("few", few)):
            if size:
                cursor.execute(f"create table `{name}` {body(MYSQL)}")
                for low in range(1, size + 1, 500_000):  # a transaction of fair size
                    high = min(low + 499_999, size)
                    cursor.execute(f"insert into `{name}` select {_MYSQL_FORMULAS} from seq_{low}_to_{high}")
                cursor.execute(f"analyze table `{name}`")
    return url


def make_mongodb(url: str, rows: int, few: int) -> None:
    """Make the collections `rows` and `few` in the URL's database."""
    import datetime
    import hashlib

    import pymongo

    client: Any = pymongo.MongoClient(url)
    with client:
        database = client.get_default_database()
        start = datetime.datetime(2024, 1, 1, tzinfo=datetime.UTC)
        for name, size in (("rows", rows), ("few", few)):
            database.drop_collection(name)
            for low in range(0, size, 5000):
                database[name].insert_many(
                    [
                        {"_id": i, "account_id": i * 7919 % 500000, "seats": i % 90, "rate": i**0.5,
                         "active": i % 3 > 0, "name": f"Customer number {i}", "address": {"email": f"p{i}@example.com"},
                         "note": hashlib.md5(str(i).encode()).hexdigest() * 2, "tags": ["a", i % 7, None],
                         "created_at": start + datetime.timedelta(seconds=3.7 * i),
                         "updated_at": start + datetime.timedelta(seconds=5 * i), "amount": i * 31 % 10**7 / 100}
                        for i in range(low + 1, min(low + 5000, size) + 1)
                    ],
                    ordered=False,
                )  # fmt: skip


def psql(url: str, *commands: str) -> str:
    """The words that run the commands in PostgreSQL's own psql, quoted for a shell."""
    from weir.warehouse.embedded import programs

    words = [str(programs.folder() / "psql"), "-Xqd", url, "-vON_ERROR_STOP=1"]
    return shlex.join([*words, *(word for command in commands for word in ("-c", command))])
