"""Helpers for the tests of landing: a project of one source file, a way to land it, and to read raw."""

import textwrap
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg

from ingest.land import land_sources
from ingest.results import SourceComparison, SourceResult
from ingest.verify import compare_with_sources
from weir.project.sources import read_plan

AS_OF = datetime(2026, 7, 1, tzinfo=UTC)
APP = """
    sources:
      - name: app
        schema: raw_app
        config: {meta: {connection: APP_URL}}
        tables:
          - {name: users, config: {meta: {key: [id]}}}
"""
TWO = APP.rstrip() + "\n          - {name: other, config: {meta: {key: [id]}}}\n"


class Landing:
    """A project in a folder, and a warehouse of its own."""

    def __init__(self, folder: Path, warehouse: str) -> None:
        self.folder, self.warehouse = folder, warehouse
        self.events: list[Any] = []

    def declare(self, text: str, name: str = "sources.yml") -> None:
        file = self.folder / "models" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(textwrap.dedent(text))

    def land(self, **options: Any) -> dict[str, SourceResult]:
        results = land_sources(read_plan(self.folder), run_id="test", as_of=AS_OF, report=self.events.append, **options)
        return {result.source: result for result in results}

    def one(self, **options: Any) -> SourceResult:
        """Land the only source, which must succeed."""
        (result,) = self.land(**options).values()
        assert result.state == "landed", result.message
        return result

    def proven(self) -> None:
        """Raw holds what the sources hold."""
        assert [check for check in self.verify() if not check.holds] == []

    def verify(self) -> list[SourceComparison]:
        return compare_with_sources(read_plan(self.folder))

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        with psycopg.connect(self.warehouse) as connection:
            return connection.execute(query).fetchall()

    def live(self, relation: str, key: str, columns: str) -> list[tuple[Any, ...]]:
        return self.rows(f"""select {columns} from (select distinct on ({key}) * from {relation}
            order by {key}, _seq desc) l where _op = 'upsert' order by {key}""")

    def balanced(self) -> None:
        """Every receipt says how many rows of raw bear its load."""
        for load, source, table, landed in self.rows(
            "select load_id, source, table_name, sum(landed)::int from ops.landings group by 1, 2, 3"
        ):
            found = self.rows(f"select count(*) from raw_{source}.\"{table}\" where _dlt_load_id = '{load}'")
            assert found == [(landed,)], (source, table, load)


def table(result: SourceResult, name: str) -> Any:
    return next(event for event in result.tables if event.table == name)


def digests(url: str, relation: str, columns: list[str]) -> list[object]:
    """Row count, and for each column the number of values and an order-free digest of their text."""
    each = ", ".join(f'count("{c}"), sum(hashtextextended("{c}"::text, 0)::numeric)' for c in columns)
    with psycopg.connect(url) as connection:
        return list(connection.execute(f"select count(*), {each} from {relation}").fetchone() or [])


def forget(landing: Landing, table: str, key: str, **marks: str) -> Any:
    """Forget a person of a table whose columns bear these marks, in a project without models."""
    import json

    from weir.access.forget.forget import forget
    from weir.project.marts import manifest_path

    source, name = table.split(".")
    columns = {column: {"name": column, "config": {"meta": {"pii": kind}}} for column, kind in marks.items()}
    node = {"source_name": source, "name": name, "columns": columns}
    manifest_path().parent.mkdir(parents=True, exist_ok=True)
    manifest_path().write_text(json.dumps({"sources": {table: node}, "nodes": {}}))
    return forget(read_plan(landing.folder), table, key, "asked", [], [])
