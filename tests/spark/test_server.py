"""The address of a Spark server, and what a person is told of its faults."""

import socket
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.commands import call
from weir.core.errors import WeirError
from weir.core.ports import free_port
from weir.core.settings import ROOT
from weir.spark import server
from weir.spark.server import Server, chosen, session, told


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("hive2://ann@spark.example:10009", Server("spark.example", 10009, "ann")),
        ("hive2://spark.example", Server("spark.example", 10000, "weir")),
        ("hive2://a%40b@[::1]:1", Server("::1", 1, "a@b")),
    ],
)
def test_an_address_is_host_port_and_user(monkeypatch: pytest.MonkeyPatch, url: str, expected: Server) -> None:
    monkeypatch.setenv("WEIR_SPARK_URL", url)
    assert chosen() == expected


def test_without_an_address_there_is_no_server(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WEIR_SPARK_URL", " ")
    assert chosen() is None


def test_a_program_that_listens_and_says_nothing_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server, "_PATIENCE", 0.2)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        said = f"the Spark server 127.0.0.1:{port} of WEIR_SPARK_URL does not answer"
        with pytest.raises(WeirError, match=said), session(Server("127.0.0.1", port, "weir")):
            pass


def test_without_a_server_nothing_of_its_packages_is_imported() -> None:
    code = (
        "import sys, cli.app, cli.proof, cli.steps, flows.steps, weir.dbt.worker, expectations.gate; "
        "print({n.split('.')[0] for n in sys.modules} & {'pyarrow', 'pyhive', 'pyspark', 'thrift'})"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("spark.example:10000", "is no address of a thrift server: write it as hive2://user@host:10000"),
        ("jdbc:hive2://spark.example:10000", "is no address of a thrift server"),
        ("hive2://", "is no address of a thrift server"),
        ("hive2://spark.example:hundred", "has a port that is no number up to 65535"),
        ("hive2://ann:secret@spark.example", "holds a password, which Weir can't send to a thrift server"),
    ],
)
def test_an_address_that_means_nothing_is_told_without_its_password(
    monkeypatch: pytest.MonkeyPatch, url: str, why: str
) -> None:
    monkeypatch.setenv("WEIR_SPARK_URL", url)
    with pytest.raises(WeirError) as found:
        chosen()
    assert why in str(found.value) and "secret" not in str(found.value)


@pytest.mark.parametrize(
    ("fault", "line"),
    [
        (
            "org.apache.hive.service.cli.HiveSQLException: Error running query: [PARSE_SYNTAX_ERROR] "
            "org.apache.spark.sql.catalyst.parser.ParseException: \n[PARSE_SYNTAX_ERROR] Syntax error at or near '.'. "
            "SQLSTATE: 42601 (line 22, pos 38)\n\n== SQL ==\nselect .\n\tat org.apache.spark.sql.Some(Some.scala:1)",
            "[PARSE_SYNTAX_ERROR] Syntax error at or near '.'. SQLSTATE: 42601 (line 22, pos 38)",
        ),
        (
            "Error running query: [CAST_INVALID_INPUT] org.apache.spark.SparkNumberFormatException: "
            "[CAST_INVALID_INPUT] The value 'ann@example.com' of the type INT cannot be cast to BIGINT\n\tat x",
            "[CAST_INVALID_INPUT] The value … of the type INT cannot be cast to BIGINT",
        ),
        (
            "Database Error\n  Error running query: java.util.concurrent.ExecutionException: Boxed Exception\n\tat x\n"
            "Caused by: java.lang.VirtualMachineError: Out of space in CodeCache for adapters\n\t... 3 more",
            "VirtualMachineError: Out of space in CodeCache for adapters",
        ),
        ("something else\nof two lines", "something else"),
    ],
)
def test_a_fault_is_one_line_without_stack_statement_and_values(fault: str, line: str) -> None:
    assert told(Exception(fault)) == line


@pytest.mark.spark
def test_a_server_that_is_away_stops_dbt_with_one_line(home: Path) -> None:
    lake = home / "lake"
    lake.mkdir(parents=True)
    port = free_port()
    with (home / ".env").open("a") as file:
        file.write(f"WEIR_SPARK_URL=hive2://weir@127.0.0.1:{port}\nWEIR_LAKE={lake.as_uri()}\n")
    try:
        told = call(home, "dbt", "run", exit_code=1)
    finally:
        call(home, "weir", "down")
    assert f"the Spark server 127.0.0.1:{port} of WEIR_SPARK_URL does not answer: start it (`weir spark up`)" in told
    assert not list(lake.iterdir())
