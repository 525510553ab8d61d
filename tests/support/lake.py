"""Reads the lake's files for tests, without Spark."""

from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from tests.support.landing import Landing


def rows(lake: Path, place: str) -> list[dict[str, Any]]:
    """The rows of all files of a table (`source/table`), in order of arrival."""
    source, name = place.split("/")
    files = sorted((lake / f"raw_{source}" / name).glob("*.parquet"))
    found = [row for file in files for row in pq.read_table(file).to_pylist()]
    return sorted(found, key=lambda row: row["_seq"])


def live(lake: Path, place: str, key: str, *columns: str) -> list[tuple[Any, ...]]:
    """These columns of the live rows: the last of each key, without tombstones; sorted."""
    last = {row[key]: row for row in rows(lake, place)}
    return sorted(tuple(row.get(name) for name in columns) for row in last.values() if row["_op"] == "upsert")


def schema(file: Path) -> pa.Schema:
    """The columns of a file and their types, without notes."""
    return pq.read_schema(file).remove_metadata()


def balanced(landing: Landing, lake: Path) -> None:
    """The files have the rows that the receipts say and the tables of raw none; and are noted with their sizes."""
    found = landing.rows("select source, table_name, load_id, sum(landed)::int from ops.landings where in_lake "
                         "group by 1, 2, 3 having sum(landed) > 0 order by 1, 2, 3")  # fmt: skip
    assert found
    noted = {}
    for source, table, load, landed in found:
        file = lake / f"raw_{source}" / table / f"{load}.parquet"
        assert pq.read_metadata(file).num_rows == landed, file
        noted[source, table, load] = (landed, file.stat().st_size)
        assert landing.rows(f'select count(*) from raw_{source}."{table}"') == [(0,)]
    told = landing.rows("select source, table_name, load_id, rows::int, bytes::int from ops.lake_files")
    assert {tuple(row[:3]): tuple(row[3:]) for row in told} == noted
    files = [path for path in lake.rglob("*") if path.is_file() and path.name != "weir-lake.json"]
    assert len(files) == len(noted), files
