"""Two rows with one key in one file: the same is a duplicate, another is a conflict, unless the last one counts."""

import gzip
import json

import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from ingest.connectors.repeats import CONFLICT
from tests.support.drops import CSV, declare

ROWS = [("1", "a"), ("2", "b"), ("1", "a"), ("3", "c"), ("2", "B"), ("4", "d"), ("2", "b")]
BY_LINE = "case when id is null or _error is not null then concat('line ', _line) else id::text end"


def write_csv(path, rows):
    path.with_suffix(".csv").write_text("id,v\n" + "".join(f"{id_},{v}\n" for id_, v in rows))


def write_jsonl(path, rows):
    lines = [
        json.dumps({"id": id_, "v": v} if n % 2 else {"v": v, "id": id_}) for n, (id_, v) in enumerate(rows)
    ]  # the order of fields is no content
    path.with_suffix(".jsonl.gz").write_bytes(gzip.compress("\n".join(["", *lines]).encode()))


def write_xlsx(path, rows):
    book = openpyxl.Workbook()
    for row in [("id", "v"), *rows]:
        book.active.append(row)
    book.save(path.with_suffix(".xlsx"))


def write_parquet(path, rows):
    pq.write_table(pa.table({"id": [int(id_) for id_, _ in rows], "v": [v for _, v in rows]}), f"{path}.parquet")


def found(landing):
    """Every live row: key, line (of a conflict), reason."""
    return landing.rows(f"""select id::text, case when _error is not null then _line end, _error from (
        select distinct on (_file, {BY_LINE}) * from raw_drops.t order by _file, {BY_LINE}, _seq desc) l
        where _op = 'upsert' order by id::text, _line""")


@pytest.mark.parametrize(
    ("write", "path", "first"),
    [
        (write_csv, "*.csv", 2),
        (write_jsonl, "*.jsonl.gz", 2),
        (write_xlsx, "*.xlsx", 2),
        (write_parquet, "*.parquet", 1),
    ],
)
def test_duplicates_count_once_and_conflicts_wait(landing, folder, write, path, first):
    write(folder / "a", ROWS)
    declare(landing, f"{{key: [id], path: '{path}'}}")
    event = landing.one().tables[0]
    assert (event.extracted, event.landed) == (7, 7)
    assert event.how == "files, 1 duplicate, 3 rows in conflict"
    wanted = [
        ("1", None, None), ("2", first + 1, CONFLICT), ("2", first + 4, CONFLICT), ("2", first + 6, CONFLICT),
        ("3", None, None), ("4", None, None),
    ]  # fmt: skip
    assert found(landing) == wanted
    assert landing.rows("select source_rows, duplicates from ops.landings") == [(6, 1)]
    landing.balanced()
    landing.proven()
    (check,) = landing.verify()
    assert (check.source_rows, check.raw_rows, check.duplicates) == (6, 6, 1)
    assert landing.one(full=True).tables[0].landed == 0, "an increment gives what a full compare gives"
    write(folder / "a", [*ROWS[:2], *ROWS[2:4], ROWS[5]])  # mended: both lines of 2 but the first are gone
    event = landing.one().tables[0]
    assert (event.landed, event.deleted, event.how) == (4, 3, "files, 1 duplicate")
    assert found(landing) == [(n, None, None) for n in "1234"]
    write(folder / "a", ROWS)  # spoiled again
    landing.one()
    assert found(landing) == wanted
    landing.balanced()
    landing.proven()
    (file,) = folder.iterdir()
    file.unlink()
    landing.one()
    assert found(landing) == []
    landing.proven()


@pytest.mark.parametrize("kind", [pa.float64(), pa.uint64(), pa.decimal128(38, 2)])
def test_a_file_whose_keys_are_equal_more_coarsely_than_their_text_may_change(landing, folder, kind):
    def write(ids, values):
        keys = pa.array(ids).cast(kind)
        pq.write_table(pa.table({"id": keys, "n": keys, "v": values}), folder / "a.parquet")

    write([1, 2, 3, 3], list("abcd"))
    declare(landing, "{key: [id, n], path: '*.parquet'}")
    landing.one()
    for ids, values in (([1, 2, 3], "aBc"), ([1, 2, 2], "abb"), ([2, 4, 4], "bde"), ([4], "e")):
        write(ids, list(values))
        landing.one()
        landing.balanced()
        landing.proven()
    assert landing.live("raw_drops.t", "id", "id::int, v")[-1] == (4, "e")


def test_the_last_counts_where_it_is_declared_so(landing, folder):
    write_csv(folder / "a", ROWS)
    declare(landing, "{key: [id], path: '*.csv', repeats: last}")
    assert landing.one().tables[0].how == "files, 3 duplicates"
    assert landing.live("raw_drops.t", "id", "id, v, _error") == [
        ("1", "a", None), ("2", "b", None), ("3", "c", None), ("4", "d", None),
    ]  # fmt: skip
    landing.proven()
    write_csv(folder / "a", [*ROWS, ("2", "last")])
    assert landing.one().tables[0].landed == 1
    assert landing.live("raw_drops.t", "id", "v")[1] == ("last",)
    landing.proven()
    declare(landing, CSV)
    assert landing.one().tables[0].how == "files, 1 duplicate, 4 rows in conflict", "another rule is another reading"
    assert len(found(landing)) == 7
    landing.balanced()
    landing.proven()
    declare(landing, "{key: [id], path: '*.csv', repeats: last}")
    landing.one()
    assert found(landing) == [(n, None, None) for n in "1234"]
    landing.balanced()
    landing.proven()


def test_a_key_in_two_files_is_no_conflict_and_comes_back_where_one_has_it_twice(landing, folder):
    write_csv(folder / "a", [("1", "old"), ("2", "x")])
    write_csv(folder / "b", [("1", "new"), ("3", "y")])
    declare(landing, CSV)
    assert landing.one().tables[0].how == "files"
    assert landing.live("raw_drops.t", "id", "id, v") == [("1", "new"), ("2", "x"), ("3", "y")]
    write_csv(folder / "b", [("1", "new"), ("3", "y"), ("1", "newer")])
    landing.one()
    assert found(landing) == [
        ("1", None, None), ("1", 2, CONFLICT), ("1", 4, CONFLICT), ("2", None, None), ("3", None, None),
    ]  # fmt: skip
    assert landing.rows("select v from raw_drops.t where id = '1' and _error is null order by _seq desc limit 1") == [
        ("old",)
    ]
    write_csv(folder / "c", [("1", "c"), ("4", "d"), ("4", "D")])
    assert landing.one().tables[0].how == "files, 2 rows in conflict", "only what has just come is judged"
    landing.balanced()
    landing.proven()


def test_keys_of_several_columns_and_parts_of_them_that_are_missing(landing, folder):
    lines = [
        '{"a": 1, "b": "x", "v": 1}', '{"a": 1, "b": "y", "v": 2}', '{"a": 1, "b": "x", "v": 3}',
        '{"a": 1, "v": 4}', '{"a": 1, "v": 5}', '{"a": 1, "b": null, "v": 5}',
    ]  # fmt: skip
    (folder / "a.jsonl").write_text("\n".join(lines))
    declare(landing, "{key: [a, b], path: '*.jsonl'}")
    assert landing.one().tables[0].how == "files, 2 rows in conflict"
    assert landing.rows("select source_rows from ops.landings") == [(6,)], "a key with a part missing is none"
    (folder / "a.jsonl").write_text("\n".join(lines[:2] + lines[3:]))
    landing.one()
    assert landing.rows("select source_rows from ops.landings order by landed_at desc limit 1") == [(5,)]
    landing.balanced()
    landing.proven()


def test_beyond_what_is_counted_each_time_repeats_are_found_as_well(landing, folder, monkeypatch):
    monkeypatch.setattr("ingest.connectors.files.changes.COUNTED", 3)
    write_csv(folder / "a", ROWS)
    declare(landing, CSV)
    assert landing.one().tables[0].how == "files, 1 duplicate, 3 rows in conflict"
    assert landing.rows("select source_rows from ops.landings") == [(None,)]
    landing.proven()
