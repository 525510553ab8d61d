"""The three kinds of source of the benchmarks: server, tables and limit of each.

Out: a Case that runs and is filled. Its limit is the fastest command of the database's own programs that puts the same
rows into a logged table with the same columns and types.
"""

import os
import shlex
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote, urlsplit

from benchmarks import place, tables

_DECLARED = """
sources:
  - name: bench
    schema: raw_bench
    config: {meta: {connection: BENCH_URL}}
    tables:
"""
Limit = Callable[[str, bool], list[str]]  # the warehouse's URL, and whether the table is made in the same transaction


@dataclass(frozen=True)
class Case:
    """One kind of source, which runs and is filled."""

    kind: str
    url: str
    version: str
    limit_is: str
    limit: Limit
    lands: bool = True  # whether the limit lands rows in `limits.rows`, or reads them only
    key: str = "id"


def declare(project: Path, url: str, names: list[str], key: str = "id") -> None:
    """Write the source file that Weir reads, and point it at the source."""
    (project / "models").mkdir(parents=True, exist_ok=True)
    lines = "".join(f"      - {{name: {name}, config: {{meta: {{key: [{key}]}}}}}}\n" for name in names)
    (project / "models" / "sources.yml").write_text(_DECLARED + lines)
    os.environ |= {"WEIR_PROJECT_DIR": str(project), "BENCH_URL": url}


@contextmanager
def opened(kind: str, home: Path, rows: int, few: int) -> Iterator[Case]:
    """Start the source of this kind with its rows, and remove it at the end. Raises KeyError for another kind."""
    with {"postgres": _postgres, "mysql": _mysql, "mongodb": _mongodb}[kind](home, rows, few) as case:
        yield case


def _into(out: str, warehouse: str, columns: dict[str, str], copy: str, fresh: bool) -> list[str]:
    """The shell command that pipes what `out` writes into the limit's table."""
    made = f"create table limits.rows {tables.body(columns)}"
    if not fresh:
        tables.sql(warehouse, made)
    steps = ["begin", made, copy, "commit"] if fresh else [copy]
    return ["bash", "-c", f"set -o pipefail; {out} | {tables.psql(warehouse, *steps)}"]


@contextmanager
def _postgres(home: Path, rows: int, few: int) -> Iterator[Case]:
    with place.postgres_source(home) as url:
        tables.make_postgres(url, rows, few)
        out = tables.psql(url, f"copy (select {', '.join(tables.COLUMNS)} from rows) to stdout (format binary)")

        def limit(warehouse: str, fresh: bool) -> list[str]:
            return _into(out, warehouse, tables.COLUMNS, "copy limits.rows from stdin (format binary)", fresh)

        version = "PostgreSQL " + tables.sql(url, "show server_version")
        yield Case("postgres", url, version, "psql, COPY binary into COPY binary", limit)


@contextmanager
def _mysql(home: Path, rows: int, few: int) -> Iterator[Case]:
    from tests.servers.mariadb import mariadb

    with mariadb() as server:
        url = tables.make_mysql(server, rows, few)
        parts = urlsplit(url)
        fields = ", ".join(_field(name, type_) for name, type_ in tables.MYSQL.items())
        out = shlex.join([
            "mariadb", "--no-defaults", "--raw", "--quick", "--skip-column-names", "--default-character-set=utf8mb4",
            f"-h{parts.hostname}", f"-P{parts.port}", f"-u{unquote(parts.username or '')}",
            f"-p{unquote(parts.password or '')}", "bench", "-e", f"select concat_ws('\\t', {fields}) from `rows`",
        ])  # fmt: skip

        def limit(warehouse: str, fresh: bool) -> list[str]:
            return _into(out, warehouse, tables.MYSQL_RAW, "copy limits.rows from stdin", fresh)

        with server.connect() as connection, connection.cursor() as cursor:
            cursor.execute("select version()")
            (version,) = cursor.fetchone()
        what = "mariadb --raw --quick, one escaped CONCAT_WS column, into COPY"
        yield Case("mysql", url, str(version), what, limit)


def _field(name: str, type_: str) -> str:
    """A column as one field of COPY's text."""
    field = name
    if "char" in type_ or "text" in type_:
        for char, shown in (("\\\\", "\\\\\\\\"), ("\\t", "\\\\t"), ("\\n", "\\\\n"), ("\\r", "\\\\r")):
            field = f"replace({field}, '{char}', '{shown}')"
    return field if "not null" in type_ or "primary" in type_ else f"ifnull({field}, '\\\\N')"


# Documents per answer, about the 16 MB of MongoDB: the test server would send all in one, too large for clients.
BATCH = 50_000


@contextmanager
def _mongodb(home: Path, rows: int, few: int) -> Iterator[Case]:
    from tests.servers.mongodb import mongodb

    with mongodb("10g") as server:
        url = f"{server.url.rstrip('/')}/bench"
        tables.make_mongodb(url, rows, few)
        find = f"for _ in pymongo.MongoClient({url!r}).get_default_database()['rows'].find(batch_size={BATCH}): pass"

        def limit(warehouse: str, fresh: bool) -> list[str]:
            return [sys.executable, "-c", f"import pymongo\n{find}"]

        what = "pymongo's decoding find(), nothing written"
        yield Case("mongodb", url, "mongo-java-server", what, limit, lands=False, key="_id")
