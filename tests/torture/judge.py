"""The verdict: the tables at the source against the newest versions in raw, tombstones respected."""

from typing import Any

import psycopg

from tests.torture.dialects import DIALECTS
from tests.torture.writers import TABLES
from weir import warehouse

Row = tuple[str | None, ...]


def judge(way: Any) -> None:
    """Count into the way what is lost, stale, twice or a ghost. Raises AssertionError where receipts and raw differ."""
    with psycopg.connect(warehouse.ensure(), options="-c TimeZone=UTC") as connection:
        for table in TABLES:
            there = rows_of(way.url, table)
            relation = f"raw_{way.source}.{table}"
            found = connection.execute(f"""select id::text, v::text, body, at::text from
                (select distinct on (id) * from {relation} order by id, _seq desc) l
                where _op = 'upsert'""".encode()).fetchall()  # fmt: skip
            here: dict[str, Row] = {str(row[0]): row[1:] for row in found}
            way.rows += len(there)
            way.lost += len(there.keys() - here.keys())
            way.ghosts += len(here.keys() - there.keys())
            way.stale += sum(here[key] != row for key, row in there.items() if key in here)
            way.twice += _number(connection, f"""select coalesce(sum(n - 1), 0) from (select count(*) as n
                from {relation} where _op = 'upsert' group by id, v) versions""")  # fmt: skip
            counts = _number(connection, f"select count(*) from {relation}"), _number(
                connection, f"select sum(landed) from ops.landings where source = '{way.source}' "
                f"and table_name = '{table}'",
            )  # fmt: skip
            assert counts[0] == counts[1], f"{relation} holds {counts[0]} rows, its receipts say {counts[1]}"


def rows_of(url: str, table: str) -> dict[str, Row]:
    """All rows at the source, as text."""
    engine = url.split(":", 1)[0]
    as_text = "cast({} as char)" if engine == "mysql" else "{}::text"
    listed = [as_text.format(name) for name in ("id", "v", "body", "at")]
    if engine == "mysql":
        listed[-1] = f"concat({listed[-1]}, '+00')"  # as an instant lands; the session is in UTC
    columns = ", ".join(listed)
    found: Any
    if engine == "mysql":
        do = DIALECTS[engine].connect(url)
        do(f"select {columns} from {table}")
        found = do.__self__._result.rows  # type: ignore[attr-defined]
    else:
        with psycopg.connect(url, options="-c TimeZone=UTC") as connection:
            found = connection.execute(f"select {columns} from {table}".encode()).fetchall()
    return {row[0]: tuple(row[1:]) for row in found}


def _number(connection: psycopg.Connection, query: str) -> int:
    row = connection.execute(query.encode()).fetchone()
    return int(row[0] or 0) if row else 0
