"""Raw in the lake: files by load, counted against receipts, made anew when raw changes."""

import time
from collections.abc import Callable
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from tests.spark.lake.conftest import Lakeside
from weir.core.errors import WeirError

Land = Callable[..., None]


def names(lakeside: Lakeside, file: str = "raw_app/users/l1.parquet") -> list[str | None]:
    return pq.read_table(lakeside.folder / file)["name"].to_pylist()


def test_each_load_becomes_one_file_and_is_written_once(lakeside: Lakeside, users: Land) -> None:
    users("l1", "Ann", None, "", 'a "quoted", b\nc\r\n\\N')
    users("l2", "Bob")
    sent = lakeside.send()
    assert (sent.files, sent.rows, sent.notes) == (2, 5, [])
    assert lakeside.files() == ["raw_app/users/l1.parquet", "raw_app/users/l2.parquet"]
    assert names(lakeside) == ["Ann", None, "", 'a "quoted", b\nc\r\n\\N']
    before = (lakeside.folder / "raw_app/users/l1.parquet").stat().st_mtime_ns
    again = lakeside.send()
    assert (again.files, [table.place for table in again.tables]) == (0, ["`raw_app`.`users`"])
    assert (lakeside.folder / "raw_app/users/l1.parquet").stat().st_mtime_ns == before


def test_several_receipts_of_a_load_add_up(lakeside: Lakeside, users: Land) -> None:
    users("l1", "Ann", "Bob")
    lakeside.run("insert into raw_app.users (id, name, _dlt_load_id) values (7, 'Cid', 'l1')")
    lakeside.landed("users", "l1", 1, job="second")
    assert lakeside.send().rows == 3
    lakeside.landed("users", "l1", 0, job="third")
    assert lakeside.send().files == 0


def test_a_load_without_rows_has_no_file_but_the_table_is_there(lakeside: Lakeside, users: Land) -> None:
    users("l1")
    sent = lakeside.send()
    assert (sent.files, len(sent.tables), lakeside.files()) == (0, 1, [])
    assert (lakeside.folder / "raw_app" / "users").is_dir()


def test_raw_that_lacks_rows_of_its_receipts_leaves_no_file(lakeside: Lakeside, users: Land) -> None:
    users("l1", "Ann", "Bob")
    lakeside.run("delete from raw_app.users where name = 'Bob'")
    with pytest.raises(WeirError, match=r"app\.users: its receipts say 2 rows, raw holds 1 \(load l1\)"):
        lakeside.send()
    assert lakeside.files() == [] and lakeside.run("select count(*) from ops.lake_files") == [(0,)]
    lakeside.run("update ops.landings set landed = 1")
    assert lakeside.send().rows == 1


def test_rows_removed_together_with_their_receipts_leave_the_lake(lakeside: Lakeside, users: Land) -> None:
    users("l1", "Ann", "Bob")
    users("l2", "Cid")
    lakeside.send()
    lakeside.run("delete from raw_app.users where name <> 'Ann'")
    lakeside.run("update ops.landings set landed = case load_id when 'l1' then 1 else 0 end")
    sent = lakeside.send()
    assert names(lakeside) == ["Ann"] and lakeside.files() == ["raw_app/users/l1.parquet"]
    assert any("l1.parquet written anew: its receipts have changed" in note for note in sent.notes)
    assert any("l2.parquet removed" in note for note in sent.notes)


def test_a_file_that_was_cut_short_is_written_anew(lakeside: Lakeside, users: Land) -> None:
    users("l1", "Ann", "Bob")
    lakeside.send()
    path = lakeside.folder / "raw_app/users/l1.parquet"
    path.write_bytes(path.read_bytes()[:-9])
    sent = lakeside.send()
    assert sent.files == 1 and "bytes and not" in sent.notes[0]
    assert names(lakeside) == ["Ann", "Bob"]
    path.unlink()
    assert lakeside.send().files == 1


def test_a_strangers_file_is_named_and_nothing_is_written(lakeside: Lakeside, users: Land) -> None:
    users("l1", "Ann")
    folder = lakeside.folder / "raw_app" / "users"
    folder.mkdir(parents=True)
    for content in (b"no parquet", b""):
        (folder / "more.parquet").write_bytes(content)
        with pytest.raises(WeirError, match=r"raw_app/users/more\.parquet is none of Weir's files"):
            lakeside.send()
    assert lakeside.files() == ["raw_app/users/more.parquet"]
    (folder / "more.parquet").rename(folder / "_passed_over_by_spark")
    assert lakeside.send().files == 1


def test_a_load_that_the_receipts_no_longer_know_is_removed(lakeside: Lakeside, users: Land) -> None:
    users("l1", "Ann")
    users("l2", "Bob")
    lakeside.send()
    lakeside.run("delete from raw_app.users where _dlt_load_id = 'l2'")  # as after a restore of a backup
    lakeside.run("delete from ops.landings where load_id = 'l2'")
    lakeside.run("delete from ops.lake_files where load_id = 'l2'")
    assert "has no receipt of that load any more" in lakeside.send().notes[0]
    assert lakeside.files() == ["raw_app/users/l1.parquet"]


def test_who_is_forgotten_leaves_the_files_too(lakeside: Lakeside, users: Land) -> None:
    users("l1", "Ann", "Bob")
    users("l2", "Cid")
    lakeside.make("other", "id bigint")
    lakeside.run("insert into raw_app.other values (1, 'l9')")
    lakeside.landed("other", "l9", 1)
    lakeside.send()
    lakeside.run("update raw_app.users set name = null, _op = 'erase' where name = 'Ann'")
    lakeside.run("insert into ops.erased (subject, source, table_name, key_hash, what, mark) "
                 "values ('h', 'app', 'users', 'h', 'row', 'm')")  # fmt: skip
    sent = lakeside.send()
    assert sent.notes == ["raw_app/users/l1.parquet written anew: somebody was forgotten"]
    assert sorted(map(str, names(lakeside))) == ["Bob", "None"]
    assert lakeside.run("select distinct erased from ops.lake_files") == [(1,)]
    assert b"Ann" not in (lakeside.folder / "raw_app/users/l1.parquet").read_bytes()
    assert lakeside.send().files == 0


def test_a_column_that_came_later_and_one_of_another_type(lakeside: Lakeside, users: Land) -> None:
    users("l1", "Ann")
    lakeside.send()
    lakeside.run('alter table raw_app.users add column "Seit Wann" date')
    users("l2", "Bob")
    sent = lakeside.send()
    assert sent.files == 1
    assert [(column.name, column.spark) for column in sent.tables[0].columns][-1] == ("Seit Wann", "date")
    lakeside.run("alter table raw_app.users alter id type text using id::text")
    sent = lakeside.send()
    assert sent.files == 2 and all("columns have another type now" in note for note in sent.notes)
    assert pq.read_schema(lakeside.folder / "raw_app/users/l1.parquet").field("id").type == "string"


def test_names_that_spark_can_not_have_are_told(lakeside: Lakeside) -> None:
    lakeside.make("Order Items", "id bigint")
    lakeside.landed("Order Items", "l1", 0)
    with pytest.raises(WeirError, match=r"raw_app\.Order Items: names of tables on Spark"):
        lakeside.send()
    lakeside.run('drop table raw_app."Order Items"')
    lakeside.make("twins", '"Id" bigint, id bigint')
    lakeside.landed("twins", "l1", 0)
    with pytest.raises(WeirError, match=r"raw_app\.twins: columns Id and id are one to Spark"):
        lakeside.send()


def test_many_loads_of_many_tables_cost_little(lakeside: Lakeside) -> None:
    for table in ("a", "b", "c", "d"):
        lakeside.make(table, "id bigint")
        lakeside.run(f"insert into raw_app.{table} (id, _dlt_load_id) select n, n::text from generate_series(1, 50) n")
        for load in range(1, 51):
            lakeside.landed(table, str(load), 1)
    begun = time.monotonic()
    assert lakeside.send().files == 200
    assert time.monotonic() - begun < 10  # 200 files; 50 ms each would be far too much


@pytest.mark.slow
def test_weir_forget_leaves_no_trace_in_the_lake(
    lakeside: Lakeside, database: Callable[[], str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from cli.access.forget import forget_person
    from tests.support.forgetting import TRACES, Company

    company = Company(tmp_path / "company", database(), monkeypatch)
    company.land()
    company.app("insert into users values (99, 'zoe@x.io', 'Zoe', '1', 'r')")
    company.land()
    company.build(publish=False)
    first = lakeside.send()
    assert first.files == 5 and traces(lakeside, TRACES)
    assert forget_person("app.users", "70", "asked", False, None) == 0
    sent = lakeside.send()
    assert sent.files == 4 and {note.partition(": ")[2] for note in sent.notes} == {"somebody was forgotten"}
    assert traces(lakeside, TRACES) == [] and lakeside.send().files == 0


def traces(lakeside: Lakeside, words: list[str]) -> list[str]:
    """The files that hold one of the words."""
    found = []
    for name in lakeside.files():
        text = str(pq.read_table(lakeside.folder / name).to_pylist()).lower().replace("jo.ann.lee@example", "")
        found += [f"{name}: {word}" for word in words if word in text]
    return found
