"""What PostgreSQL and MariaDB say differently, for the writers of the torture."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote, urlsplit

KEYS = 3000  # ids 1 … KEYS; few enough that every kind of writer meets the others' rows
MINUTES = 5  # how far an application's clock may be off


@dataclass(frozen=True)
class Dialect:
    """One engine. An entry of `maintenance` is a whole transaction; {} in it is the table, {v} a stamp."""

    connect: Callable[[str], Callable[[str], Any]]
    create: str
    split: str  # what follows where the table is partitioned
    cursors: list[str]  # what a writer puts into the cursor: server's clocks, an application's, ties, NULL, backwards
    upsert: str
    begin: str
    two_phase: list[str]  # begin, prepare, commit, roll back; {} is the name
    maintenance: list[str]


def _postgres(url: str) -> Callable[[str], Any]:
    import psycopg

    connection = psycopg.connect(url, autocommit=True, application_name="torture")
    connection.execute("set lock_timeout = '1s'")
    return lambda query: connection.execute(query.encode())


def _mariadb(url: str) -> Callable[[str], Any]:
    import pymysql

    parts = urlsplit(url)
    connection = pymysql.connect(
        host=parts.hostname, port=parts.port or 3306, user=parts.username, password=unquote(parts.password or ""),
        database=parts.path.lstrip("/"), autocommit=True,
    )  # fmt: skip
    connection.query("set innodb_lock_wait_timeout = 1, lock_wait_timeout = 1, time_zone = '+00:00'")
    return connection.query


DIALECTS = {
    "postgresql": Dialect(
        _postgres,
        "create table {} (id bigint primary key, v bigint not null, body text, at timestamptz)",
        " partition by hash (id);create table {}_0 partition of {} for values with (modulus 2, remainder 0);"
        "create table {}_1 partition of {} for values with (modulus 2, remainder 1)",
        ["now()", "clock_timestamp()", f"now() + {MINUTES} * interval '1 minute'", "date_trunc('second', now())",
         f"now() - {MINUTES} * interval '1 minute'", "null", "now() - interval '1 year'"],
        "on conflict (id) do update set v = excluded.v, body = excluded.body, at = excluded.at",
        "begin",
        ["begin", "prepare transaction '{}'", "commit prepared '{}'", "rollback prepared '{}'"],
        ["vacuum full {}", "cluster {} using {}_pkey", "vacuum freeze {}", "vacuum {}", "analyze {}",
         "reindex table {}", "begin; truncate {}; insert into {} (id, v, at) select i, {v}, now() "
         "from generate_series(1, 50) i; commit"],
    ),
    "mysql": Dialect(
        _mariadb,
        "create table {} (id bigint primary key, v bigint not null, body text, at timestamp(6) null)",
        " partition by hash (id) partitions 3",
        ["now(6)", "sysdate(6)", f"now(6) + interval {MINUTES} minute", "now(0)", f"now(6) - interval {MINUTES} minute",
         "null", "now(6) - interval 1 year"],
        "on duplicate key update v = values(v), body = values(body), at = values(at)",
        "start transaction",
        ["xa start '{}'", "xa end '{}';xa prepare '{}'", "xa commit '{}'", "xa rollback '{}'"],
        ["optimize table {}", "analyze table {}", "alter table {} force", "flush tables {}", "truncate table {}"],
    ),
}  # fmt: skip
