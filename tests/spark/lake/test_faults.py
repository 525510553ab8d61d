"""A lake that can't be written, is another warehouse's, or fills up; a process that dies: nothing is half there."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from tests.spark.lake.conftest import Lakeside
from weir.core.errors import WeirError
from weir.dbt.on_spark import require_settings

Land = Callable[..., None]


def test_two_warehouses_do_not_share_a_lake(
    lakeside: Lakeside, users: Land, database: Callable[[], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    from weir.warehouse import ensure

    users("l1", "Ann")
    lakeside.send()
    monkeypatch.setenv("WAREHOUSE_URL", database())
    ensure()
    with pytest.raises(WeirError, match="belongs to another warehouse"):
        lakeside.lake()
    assert lakeside.files() == ["raw_app/users/l1.parquet"]
    (lakeside.folder / "weir-lake.json").write_text("[]")
    with pytest.raises(WeirError, match=r"weir-lake\.json can't be read"):
        lakeside.lake()


@pytest.mark.parametrize(
    "address, said",
    [
        ("file:///nowhere/at/all", r"there is no folder /nowhere/at/all: make it, or mend WEIR_LAKE"),
        ("ftp://host/lake", "must be file:///"),
        ("", "WEIR_LAKE is not set"),
        ("s3:///no-bucket", "names no bucket"),
        ("az://lake/of/ours", r"Spark does not know az://, write abfs://container@account\.dfs\.core\.windows\.net/"),
    ],
)
def test_a_lake_that_can_not_be(lakeside: Lakeside, monkeypatch: pytest.MonkeyPatch, address: str, said: str) -> None:
    monkeypatch.setenv("WEIR_LAKE", address)
    with pytest.raises(WeirError, match=said):
        lakeside.lake()


def test_a_folder_that_may_not_be_written(lakeside: Lakeside, users: Land) -> None:
    users("l1", "Ann")
    (lakeside.folder / "raw_app").write_text("a file where a folder should be")
    with pytest.raises(WeirError, match=r"5 m can't be written: Not a directory; see WEIR_LAKE"):
        lakeside.send()


def test_a_run_asks_for_its_lake_before_it_lands(lakeside: Lakeside, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WEIR_LAKE", "file:///nowhere/at/all")
    require_settings()
    monkeypatch.setenv("WEIR_SPARK_URL", "hive2://nobody.is.asked:10000")
    with pytest.raises(WeirError, match="there is no folder /nowhere/at/all"):
        require_settings()


SEND = "from weir import warehouse\nfrom weir.spark.lake.raw import send_raw\n"
SEND += "from weir.spark.lake.opening import open_lake\n"
SEND += "from weir.core.faults import one_line\nimport sys\n"
SEND += "with warehouse.connect() as connection: lake = open_lake(connection)\n"
SEND += "try: print(send_raw(lake).rows)\nexcept Exception as fault: sys.exit(one_line(fault))\n"


def test_a_full_disk_leaves_no_file(lakeside: Lakeside, users: Land) -> None:
    lakeside.run("insert into raw_app.users (id, name, _dlt_load_id) select n, md5(n::text) || md5((-n)::text), 'l1' "
                 "from generate_series(1, 20000) as n")  # fmt: skip
    lakeside.landed("users", "l1", 20000)
    limit = "import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (200000, 200000))\n"
    limit += "import signal; signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
    done = subprocess.run([sys.executable, "-c", limit + SEND], capture_output=True, text=True, timeout=120)
    assert done.returncode == 1 and "can't be written: File too large" in done.stderr, done.stderr
    assert lakeside.files() == []
    assert lakeside.send().rows == 20000


def test_a_process_killed_in_the_midst_leaves_nothing_that_spark_reads(lakeside: Lakeside, users: Land) -> None:
    lakeside.run("insert into raw_app.users (id, name, _dlt_load_id) select n, md5(n::text), 'l' || n / 400001 "
                 "from generate_series(1, 800000) as n")  # fmt: skip
    lakeside.landed("users", "l0", 400000)
    lakeside.landed("users", "l1", 400000)
    with subprocess.Popen([sys.executable, "-c", SEND], stdout=subprocess.PIPE, text=True) as child:
        until = time.monotonic() + 60
        while not any(name.endswith(".draft") for name in lakeside.files()) and time.monotonic() < until:
            time.sleep(0.002)
        os.kill(child.pid, signal.SIGKILL)
    assert [Path(name).name[0] for name in lakeside.files() if "l1" in name] in ([], ["."])
    assert child.returncode == -signal.SIGKILL
    sent = lakeside.send()
    assert sent.rows in (400000, 800000)
    assert lakeside.files() == ["raw_app/users/l0.parquet", "raw_app/users/l1.parquet"]
    assert sum(pq.read_metadata(lakeside.folder / name).num_rows for name in lakeside.files()) == 800000
