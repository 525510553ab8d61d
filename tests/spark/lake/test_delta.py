"""The live files of a Delta table by its log: of one that Spark wrote, and of logs that are broken or mean more."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from pyarrow import parquet

from weir.core.errors import WeirError
from weir.spark.back.delta import live_files
from weir.spark.lake.store import Folder


def store(path: Path) -> Folder:
    return Folder(path.as_uri())


def log(table: Path, version: int, *actions: dict) -> None:
    """Write a commit by hand."""
    (table / "_delta_log").mkdir(parents=True, exist_ok=True)
    text = "\n".join(json.dumps(action) for action in actions)
    (table / "_delta_log" / f"{version:020}.json").write_text(text)


def test_a_folder_without_a_log_is_no_delta_table(tmp_path: Path) -> None:
    (tmp_path / "t").mkdir()
    (tmp_path / "t" / "part-1.parquet").write_bytes(b"PAR1")
    assert live_files(store(tmp_path), "t") is None
    assert live_files(store(tmp_path), "nowhere") is None


def test_what_was_removed_is_not_live_and_names_are_without_escapes(tmp_path: Path) -> None:
    log(tmp_path / "t", 0, {"add": {"path": "a.parquet"}}, {"add": {"path": "day=2026-01-01%2010%253A00/b.parquet"}})
    log(tmp_path / "t", 1, {"remove": {"path": "a.parquet"}}, {"add": {"path": "c.parquet"}})
    assert live_files(store(tmp_path), "t") == ["t/c.parquet", "t/day=2026-01-01 10%3A00/b.parquet"]
    assert live_files(store(tmp_path / "t"), "") == ["c.parquet", "day=2026-01-01 10%3A00/b.parquet"]


def test_a_log_with_a_gap_is_refused(tmp_path: Path) -> None:
    log(tmp_path / "t", 0, {"add": {"path": "a.parquet"}})
    log(tmp_path / "t", 2, {"add": {"path": "c.parquet"}})
    with pytest.raises(WeirError, match="lacks version 1: `drop table` it on Spark"):
        live_files(store(tmp_path), "t")


@pytest.mark.parametrize(
    ("action", "told"),
    [
        ({"add": {"path": "a.parquet", "deletionVector": {"storageType": "u"}}}, "has deletion vectors"),
        ({"metaData": {"configuration": {"delta.columnMapping.mode": "name"}}}, "has mapped columns"),
        ({"protocol": {"readerFeatures": ["timestampNtz", "typeWidening"]}}, "can't read: typeWidening"),
        ({"add": {"path": "file:///elsewhere/a.parquet"}}, "files of another folder"),
    ],
)
def test_a_table_whose_files_do_not_tell_its_rows_is_refused(tmp_path: Path, action: dict, told: str) -> None:
    log(tmp_path / "t", 0, action)
    with pytest.raises(WeirError, match=told):
        live_files(store(tmp_path), "t")


@pytest.fixture(scope="module")
def started(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The folder of tables of a local cluster that is up."""
    from weir.spark.local import cluster
    from weir.spark.local.configuration import folder

    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("WEIR_HOME", str(tmp_path_factory.mktemp("home")))
        patch.delenv("WEIR_LAKE", raising=False)
        try:
            cluster.start()
            yield folder() / "warehouse"
        finally:
            cluster.stop()


@pytest.mark.slow
@pytest.mark.spark
def test_the_files_hold_the_rows_of_a_real_table_through_its_life(started: Path, ask) -> None:
    """After overwrites, a checkpoint, a vacuum: the rows of the live files are those that Spark counts."""

    def ids() -> list[int]:
        found = live_files(store(started), "shop.db/t")
        assert found is not None
        return sorted(
            id for name in found for id in parquet.read_table(started / name, partitioning=None)["id"].to_pylist()
        )

    ask("create schema shop")
    ask(
        "create table shop.t using delta tblproperties ('delta.enableDeletionVectors' = 'false') as "
        "select cast(id as int) as id, timestamp '2026-01-01' + make_interval(0, 0, 0, int(id)) as at from range(100)"
    )
    assert ids() == list(range(100))
    ask("insert into shop.t replace where at >= '2026-01-11' and at < '2026-01-21' select 1000, timestamp '2026-01-15'")
    expected = [*range(10), *range(20, 100), 1000]
    assert ids() == expected, "and not what was overwritten, whose files are still there"
    for more in range(2000, 2012):
        ask(f"insert into shop.t select {more}, timestamp '2026-06-01'")
        expected.append(more)
    log = started / "shop.db" / "t" / "_delta_log"
    assert list(log.glob("*.checkpoint*.parquet")), "more than ten commits: Delta has written a checkpoint"
    assert ids() == expected
    for old in log.glob("0000000000000000000[0-9].json"):
        old.unlink()  # as Delta clears its log behind a checkpoint
    assert ids() == expected
    ask("delete from shop.t where id < 50")
    before = {path.name for path in (started / "shop.db" / "t").glob("*.parquet")}
    ask(
        "alter table shop.t set tblproperties ('delta.deletedFileRetentionDuration' = 'interval 0 hours')",
        "set spark.databricks.delta.retentionDurationCheck.enabled = false",
        "vacuum shop.t retain 0 hours",
    )
    assert {path.name for path in (started / "shop.db" / "t").glob("*.parquet")} < before
    assert ids() == [id for id in expected if id >= 50]
    assert ask("select count(*) from shop.t") == [(len(ids()),)]
