"""Parquet: moments of every writer and year with all their digits, and values that would fill the memory."""

import datetime
import subprocess
import sys
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from ingest.connectors.files.parquet_values import far
from tests.support.drops import declare, refused

ROOT = Path(__file__).parents[3]
MOMENTS = [
    datetime.datetime(9999, 12, 31), datetime.datetime(1, 1, 1), datetime.datetime(1582, 10, 4, 12, 0, 0, 1), None,
    datetime.datetime(2024, 2, 29, 23, 59, 59, 999999), datetime.datetime(2262, 4, 12), datetime.datetime(1677, 9, 21),
    datetime.datetime(1969, 12, 31, 23, 59, 59, 999999),
]  # fmt: skip


def test_int96_in_every_year_also_inside_lists_and_structs(landing, folder):
    moment = pa.timestamp("us")
    table = pa.table({
        "id": range(len(MOMENTS)), "at": pa.array(MOMENTS, moment),
        "many": pa.array([[m, None] for m in MOMENTS], pa.list_(moment)),
        "deep": pa.array([{"x": [{"at": m}], "t": "a"} for m in MOMENTS],
                         pa.struct([("x", pa.list_(pa.struct([("at", moment)]))), ("t", pa.string())])),
        "word": ["a"] * len(MOMENTS),
    })  # fmt: skip
    pq.write_table(table, folder / "a.parquet", use_deprecated_int96_timestamps=True)
    declare(landing, "{key: [id], path: '*.parquet'}")
    landing.one()
    found = landing.rows("select at, many, deep, word from raw_drops.t order by id")
    assert [row[0] for row in found] == [m and m.isoformat(" ", "microseconds") + "000" for m in MOMENTS]
    assert [row[1] for row in found] == [[m and m.isoformat(), None] for m in MOMENTS]
    assert [row[2] for row in found] == [{"x": [{"at": m and m.isoformat()}], "t": "a"} for m in MOMENTS]
    landing.proven()
    declare(landing, "{key: [id], path: '*.parquet', exclude: [word, many]}")
    landing.one()
    assert landing.rows("select at from raw_drops.t order by _seq desc limit 1") == [(found[-1][0],)]


def test_int96_keeps_nanoseconds(landing, folder):
    nanos = [1, -1, 1_700_000_000_123_456_789, None, 2**63 - 1, -(2**63) + 1]
    table = pa.table(
        {"at": pa.array(nanos, pa.timestamp("ns")), "l": pa.array([[n] for n in nanos], pa.list_(pa.timestamp("ns")))}
    )
    pq.write_table(table, folder / "a.parquet", use_deprecated_int96_timestamps=True)
    declare(landing, "{path: '*.parquet'}")
    landing.one()
    wanted = [
        "1970-01-01 00:00:00.000000001", "1969-12-31 23:59:59.999999999", "2023-11-14 22:13:20.123456789", None,
        "2262-04-11 23:47:16.854775807", "1677-09-21 00:12:43.145224193",
    ]  # fmt: skip
    assert [row[0] for row in landing.rows("select at from raw_drops.t order by _line")] == wanted
    assert [row[0] for row in landing.rows("select l from raw_drops.t order by _line")] == [
        [text and text.replace(" ", "T")] for text in wanted
    ]


def test_dates_and_moments_beyond_pythons_years(landing, folder):
    second = pa.timestamp("s", "UTC")
    table = pa.table({
        "id": [1, 2, 3, 4],
        "d": pa.array([2932897, -719163, -735598, None], pa.date32()),
        "at": pa.array([253402300800, -62135596801, 1, None], second),
    })  # fmt: skip
    pq.write_table(table, folder / "a.parquet")
    declare(landing, "{key: [id], path: '*.parquet'}")
    landing.one()
    assert landing.rows(
        "select d::text, at::text, pg_typeof(d)::text, pg_typeof(at)::text from raw_drops.t order by id"
    ) == [
        ("10000-01-01", "10000-01-01 00:00:00+00", "date", "timestamp with time zone"),
        ("0001-12-31 BC", "0001-12-31 23:59:59+00 BC", "date", "timestamp with time zone"),
        ("0045-01-02 BC", "1970-01-01 00:00:01+00", "date", "timestamp with time zone"),
        (None, None, "date", "timestamp with time zone"),
    ]
    numbers = "values (1, 2932897), (2, -719163), (3, -735598)"
    query = f"select bool_and(d - date '1970-01-01' = n) from raw_drops.t join ({numbers}) v (id, n) using (id)"
    assert landing.rows(query) == [(True,)]
    landing.proven()


def test_far_moments_agree_with_python_where_it_has_them():
    for moment in (m for m in MOMENTS if m):
        micros = (moment - datetime.datetime(1970, 1, 1)) // datetime.timedelta(microseconds=1)
        assert far(micros) == moment.isoformat(" ")


def test_a_value_that_is_too_large_is_rejected_with_its_place(landing, folder):
    words = ["a", "x" * 1_100_000, "b"] * 2
    pq.write_table(pa.table({"id": range(6), "v": words, "w": words}), folder / "a.parquet")
    declare(landing, "{key: [id], path: '*.parquet', format: {type: parquet, largest_line_mb: 2}}")
    landing.one()
    assert landing.rows("select id, _line, left(_text, 4), _error from raw_drops.t order by _line") == [
        (0, 1, None, None),
        (None, 2, "1\txx", "longer than 2 MB: 2,200,001 bytes (largest_line_mb in `format` says how long it may be)"),
        (2, 3, None, None), (3, 4, None, None),
        (None, 5, "4\txx", "longer than 2 MB: 2,200,001 bytes (largest_line_mb in `format` says how long it may be)"),
        (5, 6, None, None),
    ]  # fmt: skip
    landing.proven()
    pq.write_table(pa.table({"id": [1], "v": ["y" * 3_000_000]}), folder / "a.parquet")
    assert refused(landing).startswith("a.parquet: the values of column 'v' are longer than 2 MB: 3,000,")


READ = """
import resource, sys
from ingest.connectors.files.formats import open_reader
from weir.project.plan import Table
with open(sys.argv[1], "rb") as stream:
    reader = open_reader(stream, Table(name="t"), "a.parquet")
    reader.lines("", "")
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    print(sum(len(line) for line in reader.lines("a.parquet", "\\n")))
    print((resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) // 1024)
"""


@pytest.mark.parametrize("nested", [False, True])
def test_a_word_that_every_row_repeats_takes_memory_once(tmp_path, nested):
    words = ["x" * 4_000_000] * 100
    column = pa.array([[word] for word in words]) if nested else pa.array(words)
    pq.write_table(pa.table({"v": column}), tmp_path / "a.parquet")
    assert (tmp_path / "a.parquet").stat().st_size < 2_000_000
    run = subprocess.run([sys.executable, "-c", READ, str(tmp_path / "a.parquet")], cwd=ROOT, capture_output=True,
                         text=True, check=True)  # fmt: skip
    size, grown = map(int, run.stdout.split())
    assert size > 400_000_000
    assert grown < 330, f"{grown} MB"
