"""WEIR_SPARK_CORES and WEIR_SPARK_MEMORY choose the size of the local cluster."""

import pytest

from weir.core.errors import WeirError
from weir.spark.local.configuration import Ports, Size, chosen_size, command, settings

pytestmark = pytest.mark.usefixtures("home")
PORTS = Ports(1, 2, 3, 4)


@pytest.mark.parametrize(
    "cores, memory, size", [("", "", Size(2, 1024)), ("3", "1500m", Size(3, 1500)), (" 8 ", "4GB", Size(8, 4096))]
)
def test_a_size_is_read(monkeypatch: pytest.MonkeyPatch, cores: str, memory: str, size: Size) -> None:
    monkeypatch.setenv("WEIR_SPARK_CORES", cores)
    monkeypatch.setenv("WEIR_SPARK_MEMORY", memory)
    assert chosen_size() == size


@pytest.mark.parametrize(
    "name, value",
    [("WEIR_SPARK_CORES", value) for value in ("0", "-1", "2.5", "all", "99999")]
    + [("WEIR_SPARK_MEMORY", value) for value in ("0g", "4", "256m", "lots", "1t", "4 g")],
)
def test_what_is_no_size_is_told_with_its_name(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(WeirError, match=f"^{name} is no .*: '{value}'; write it as "):
        settings([], {})


@pytest.mark.parametrize("cores, each", [("1", 1), ("2", 1), ("3", 2), ("4", 2)])
def test_two_workers_share_the_cores_and_spark_takes_no_more(
    monkeypatch: pytest.MonkeyPatch, cores: str, each: int
) -> None:
    monkeypatch.setenv("WEIR_SPARK_CORES", cores)
    assert settings([], {})["spark.cores.max"] == cores
    words = command("worker-1", PORTS)
    assert words[words.index("--cores") + 1] == str(each)


@pytest.mark.parametrize("memory, offered", [("1g", 1024 + 384), ("8g", 8192 + 819)])
def test_a_worker_offers_what_its_executor_needs(monkeypatch: pytest.MonkeyPatch, memory: str, offered: int) -> None:
    """Spark adds a tenth to the heap, and at least 384 MB."""
    monkeypatch.setenv("WEIR_SPARK_MEMORY", memory)
    words = command("worker-2", PORTS)
    given = words[words.index("--memory") + 1]
    assert given.endswith("m") and offered <= int(given[:-1]) <= offered + 1


def test_many_rows_get_code_that_is_compiled_thoroughly(monkeypatch: pytest.MonkeyPatch) -> None:
    quick = "-XX:TieredStopAtLevel=1"
    assert quick in settings([], {})["spark.executor.extraJavaOptions"]
    monkeypatch.setenv("WEIR_SPARK_MEMORY", "3g")
    told = settings([], {})
    assert quick not in told["spark.executor.extraJavaOptions"]
    assert quick in told["spark.driver.extraJavaOptions"], "it plans many statements of few rows all the same"
