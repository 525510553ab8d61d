"""A lake on a real HDFS: the same files, whole or not there; each fault in one line."""

import os
from collections.abc import Callable, Iterator

import pytest

from tests.servers.hdfs import Hdfs, hdfs
from tests.spark.lake.conftest import Lakeside
from weir import warehouse
from weir.core.errors import WeirError
from weir.core.settings import home
from weir.spark.back.contracts import Target
from weir.spark.back.copy import copy_back
from weir.spark.lake.small import send_small
from weir.spark.lake.store import Store, store_at

pytestmark = [pytest.mark.slow, pytest.mark.spark]
Land = Callable[..., None]


@pytest.fixture(scope="module")
def namenode() -> Iterator[Hdfs]:
    with hdfs() as started:
        yield started


@pytest.fixture
def lake(namenode: Hdfs, lakeside: Lakeside, monkeypatch: pytest.MonkeyPatch) -> Store:
    """An empty folder of HDFS, which is the lake."""
    store_at(f"{namenode.url}/").make("of ours, ä")
    url = f"{namenode.url}/of%20ours,%20ä"
    monkeypatch.setenv("WEIR_LAKE", url)
    store = store_at(url)
    for name in store.sizes():
        store.delete(name)
    return store


def put(store: Store, name: str, content: bytes) -> None:
    with store.draft(name) as path:
        path.write_bytes(content)


def test_raw_goes_to_hdfs_and_comes_back(lakeside: Lakeside, users: Land, lake: Store) -> None:
    users("l1", "Ann", None, "", 'O"Hara, ä')
    assert lakeside.send().rows == 4 and lakeside.send().files == 0
    with warehouse.connect() as connection:
        send_small(connection, lakeside.lake())
    names = set(lake.sizes())
    assert {"weir-lake.json", "raw_app/users/l1.parquet"} < names and len(names) == 4
    lakeside.run("create table public.back (id bigint, name text)")
    with warehouse.connect(warehouse.Role.OWNER) as connection:
        target = Target("public", "back", {"id": "bigint", "name": "text"})
        assert copy_back(connection, lake, sorted(lake.sizes("raw_app/users")), target) == 4
    for one, other in (("raw_app.users", "back"), ("back", "raw_app.users")):
        assert lakeside.run(f"select id, name from {one} except all select id, name from {other}") == []
    assert [path for path in (home() / "tmp").rglob("*") if path.is_file()] == []


def test_a_file_cut_short_is_written_anew_and_a_strangers_is_refused(
    lakeside: Lakeside, users: Land, lake: Store
) -> None:
    users("l1", "Ann", "Bob")
    lakeside.send()
    whole = lake.sizes()
    put(lake, "raw_app/users/l1.parquet", b"PAR1 cut")
    put(lake, "raw_app/users/.l2.parquet.9999999.draft", b"PAR1 of a process that was killed")
    sent = lakeside.send()
    assert sent.files == 1 and "l1.parquet written anew: it has 8 bytes and not" in sent.notes[0]
    assert lake.sizes() == whole
    put(lake, "raw_app/users/more.parquet", b"a stranger's")
    with pytest.raises(WeirError, match=r"of ours, ä/raw_app/users/more\.parquet is none of Weir's files"):
        lakeside.send()


def test_a_draft_that_fails_leaves_the_file_that_was_there(lake: Store) -> None:
    put(lake, "a/b/name, ö", b"before")
    with pytest.raises(ValueError), lake.draft("a/b/name, ö") as path:
        path.write_bytes(b"half")
        raise ValueError
    assert (lake.read("a/b/name, ö"), lake.sizes("a")) == (b"before", {"a/b/name, ö": 6})
    put(lake, "a/b/name, ö", b"then")
    assert lake.read("a/b/name, ö") == b"then"
    lake.delete("a/b/name, ö")
    lake.delete("a/b/name, ö")
    assert lake.read("a/b/name, ö") is None and lake.sizes("a") == lake.sizes("nowhere") == {}


def test_what_can_not_be_a_lake_is_told_in_one_line(namenode: Hdfs, monkeypatch: pytest.MonkeyPatch) -> None:
    for address, said in [
        (f"{namenode.url}/nowhere", r"there is no folder hdfs://\S+/nowhere: make it"),
        ("hdfs://127.0.0.1:1/lake", "no namenode answers at hdfs://127.0.0.1:1/lake: see that it is up"),
        ("hdfs://nowhere.invalid:9000/lake", "no namenode answers at hdfs://nowhere"),
        ("hdfs:///lake", "can't be used: IOException: Incomplete HDFS URI, no host"),
    ]:
        with pytest.raises(WeirError, match=said):
            store_at(address)
    monkeypatch.setenv("HADOOP_CONF_DIR", str(namenode.settings))
    store_at("hdfs:///").make("lake")
    assert store_at("hdfs:///lake").url == "hdfs:///lake"
    monkeypatch.setenv("HADOOP_USER_NAME", "somebody")
    with pytest.raises(WeirError, match=r"/lake may not be written \(Permission denied: user=somebody"):
        store_at(f"{namenode.url}/lake")
    monkeypatch.setenv("HADOOP_CONF_DIR", "/nowhere")
    with pytest.raises(WeirError, match=r"HADOOP_CONF_DIR names no folder \(/nowhere\)"):
        store_at(f"{namenode.url}/lake")


def test_a_lake_that_takes_no_more_keeps_what_it_had(lake: Store, namenode: Hdfs) -> None:
    put(lake, "kept", b"before")
    files = lake._files  # type: ignore[attr-defined]  # the quota is the administrator's, not the store's
    files.setQuota(lake._path(), 1000, 1000)  # type: ignore[attr-defined]
    try:
        with pytest.raises(WeirError, match=r"takes no more \(The DiskSpace quota of .* is exceeded"):
            put(lake, "kept", os.urandom(2000))
    finally:
        files.setQuota(lake._path(), 2**63 - 1, -1 + 2**63)  # type: ignore[attr-defined]
    assert lake.sizes() == {"kept": 6} and lake.read("kept") == b"before"


def test_a_namenode_that_dies_is_told_in_one_line(lakeside: Lakeside, users: Land) -> None:
    with hdfs() as dying, pytest.MonkeyPatch.context() as patch:
        patch.setenv("WEIR_LAKE", f"{dying.url}/")
        users("l1", "Ann")
        lakeside.send()
        lake = lakeside.lake()
        dying.process.kill()
        dying.process.wait(30)
        with pytest.raises(WeirError, match="no namenode answers at hdfs://"):
            lake.store.sizes()
        with pytest.raises(WeirError, match="no namenode answers at hdfs://"):
            put(lake.store, "a", b"1")
