"""A source's rows on Hadoop: landed, in a lake on HDFS, staged by Spark, with Hive's metastore in PostgreSQL; read by
beeline. All are real servers, by the commands that people type."""

import json
import os
import re
import subprocess
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import psycopg
import pytest

from tests.servers.hdfs import hdfs
from tests.support.commands import BIN, call, environment, query
from weir.core.errors import WeirError
from weir.spark.lake.store import Store, store_at
from weir.spark.local import java, metastore
from weir.spark.local.configuration import folder

pytestmark = [pytest.mark.slow, pytest.mark.spark, pytest.mark.timeout(900)]
MODEL = "stg_billing__invoices"


@pytest.fixture(scope="module")
def hadoop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, Store, str]]:
    """The home of a demo whose billing has landed and is staged on a cluster that is up; the lake on HDFS; what dbt
    printed."""
    home = tmp_path_factory.mktemp("hadoop")
    with hdfs() as namenode:
        call(home, "python", "-m", "demo", "make", "--accounts", "30")
        call(home, "weir", "land", "--source", "billing")
        store_at(f"{namenode.url}/").make("lake")
        put(home, WEIR_LAKE=f"{namenode.url}/lake", WEIR_SPARK_METASTORE=make_database(account(home)))
        try:
            call(home, "weir", "spark", "up")
            put(home, WEIR_SPARK_URL=f"hive2://weir@127.0.0.1:{port(home)}")
            yield home, store_at(f"{namenode.url}/lake"), call(home, "dbt", "run", "--select", MODEL)
        finally:
            call(home, "python", "-m", "demo", "helpdesk", "stop")
            call(home, "weir", "down")


def put(home: Path, **values: str) -> None:
    """Write settings into the home's .env."""
    with (home / ".env").open("a") as file:
        file.writelines(f"{name}={value}\n" for name, value in values.items())


def port(home: Path) -> int:
    """The port of the cluster's thrift server."""
    return int(json.loads((home / "spark" / "cluster.json").read_text())["ports"]["thrift"])


def account(home: Path) -> str:
    """The address of the home's own warehouse, as its account."""
    lines = (home / ".env").read_text().splitlines()
    values = {name: value.strip("'") for name, _, value in (line.partition("=") for line in lines)}
    return f"postgresql://weir:{values['WEIR_PG_PASSWORD']}@127.0.0.1:{values['WEIR_PG_PORT']}/weir"


def make_database(url: str) -> str:
    """Make a database `hive` on the server of the address, with an owner of its own; returns its address."""
    with closing(psycopg.connect(url, autocommit=True)) as connection:
        connection.execute("drop database if exists hive with (force)")
        connection.execute("drop role if exists hive")
        connection.execute("create role hive login password 'of tests'")
        connection.execute("create database hive owner hive")
    return f"postgresql://hive:of%20tests@{url.rpartition('@')[2].partition('/')[0]}/hive"


def beeline(home: Path, statement: str) -> str:
    """Send a statement by beeline; its output, as tab-separated values with their names."""
    done = subprocess.run(
        [BIN / "beeline", "-u", f"jdbc:hive2://127.0.0.1:{port(home)}", "-n", "weir", "--outputformat=tsv2",
         "--silent=true", "-e", statement],
        env=environment(home) | {"JAVA_HOME": str(java.find(home / "java").home)},
        capture_output=True, text=True, timeout=300, stdin=subprocess.DEVNULL,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return re.sub(r"^(0: jdbc:hive2://[\d.:]+|[ .]+)> ", "", done.stdout, flags=re.MULTILINE)  # its prompts


def test_a_source_is_staged_from_hdfs(hadoop: tuple[Path, Store, str]) -> None:
    """Each landed row is counted; raw and Spark's tables lie on HDFS, the metastore's in PostgreSQL."""
    home, lake, told = hadoop
    receipts = "select load_id, landed::int from ops.landings where table_name = 'invoices' and landed > 0"
    ((load, landed),) = query(home, receipts)
    counted = re.search(rf"{landed} landed, (\d+) accepted, (\d+) rejected", told)
    assert landed > 300 and counted, told
    accepted, rejected = int(counted[1]), int(counted[2])
    assert accepted + rejected == landed and rejected > 0
    assert beeline(home, f"select count(*) as accepted from dev_staging.{MODEL}") == f"accepted\n{accepted}\n"
    entries = f"select count(*) as rejected from dev_quality.quarantine where model = '{MODEL}'"
    assert beeline(home, entries) == f"rejected\n{rejected}\n"
    names = lake.sizes()
    assert names[f"raw_billing/invoices/{load}.parquet"] > 0
    assert any(name.startswith(f"warehouse/dev_staging.db/{MODEL}__all/_delta_log/") for name in names)
    assert not (home / "spark" / "metastore").exists() and not (home / "spark" / "warehouse").exists()


def test_beeline_reads_raw_as_it_is_in_the_warehouse(hadoop: tuple[Path, Store, str]) -> None:
    home, _, _ = hadoop
    asked = "select count(*) as n, min(_seq) as first, max(_seq) as last from raw_billing.invoices"
    (row,) = query(home, asked)
    assert beeline(home, asked) == "n\tfirst\tlast\n" + "\t".join(map(str, row)) + "\n"


def test_the_metastores_password_is_nobody_elses(hadoop: tuple[Path, Store, str]) -> None:
    home, _, _ = hadoop
    conf = home / "spark" / "conf" / "spark-defaults.conf"
    assert "of tests" in conf.read_text() and conf.stat().st_mode & 0o077 == 0
    assert "of tests" not in beeline(home, "set spark.hadoop.javax.jdo.option.ConnectionPassword")
    for schema in ("ops", "raw_billing", "analytics"):
        assert query(home, f"select has_schema_privilege('hive', '{schema}', 'usage')") == [(False,)]


@pytest.mark.parametrize(
    "address, said",
    [
        ("mysql://hive@host/db", "WEIR_SPARK_METASTORE is no address of a PostgreSQL database: write it as"),
        ("postgresql://host:5432/db", "WEIR_SPARK_METASTORE is no address of a PostgreSQL database: write it as"),
        ("postgresql://hive:hidden-word@127.0.0.1:1/db", "WEIR_SPARK_METASTORE: the database can't be reached"),
        ("", "WEIR_SPARK_METASTORE names the warehouse: make a database with an owner of its own"),
    ],
)
def test_a_metastore_that_can_not_be(
    warehouse: str, home: Path, monkeypatch: pytest.MonkeyPatch, address: str, said: str
) -> None:
    monkeypatch.setenv("WEIR_SPARK_METASTORE", address or os.environ["WAREHOUSE_URL"])
    with pytest.raises(WeirError, match=said) as told:
        metastore.prepare(java.find(folder() / "java"))
    assert "hidden-word" not in str(told.value) and "\n" not in str(told.value)


def test_hives_tables_are_made_once(database: Callable[[], str], home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    chosen = java.find(folder() / "java")
    url = database()
    monkeypatch.setenv("WEIR_SPARK_METASTORE", url)
    with pytest.raises(WeirError, match="names a superuser, who could read the warehouse"):
        metastore.prepare(chosen)
    monkeypatch.setenv("WEIR_SPARK_METASTORE", make_database(url))
    (driver,) = metastore.prepare(chosen)
    assert driver.name == "postgresql-42.7.8.jar"
    with psycopg.connect(os.environ["WEIR_SPARK_METASTORE"]) as connection:
        made = connection.execute('select count(*), (select count(*) from "TBLS") from pg_tables '
                                  "where schemaname = 'public'").fetchone()  # fmt: skip
        assert made == (44, 0)
        connection.execute(
            'insert into "VERSION" ("VER_ID", "SCHEMA_VERSION", "VERSION_COMMENT") values (1, \'x\', \'\')'
        )
    metastore.prepare(chosen)
    with psycopg.connect(os.environ["WEIR_SPARK_METASTORE"]) as connection:
        assert connection.execute('select count(*) from "VERSION"').fetchone() == (1,)
