"""What a build says: while it takes long, how far it is; failed, a line for each node, and one sentence for all."""

import time
from types import SimpleNamespace

import pytest

from weir.core import pulse
from weir.dbt.results import node_fault, summary

DBT = """Database Error in model fct_orders (models/fct_orders.sql)
  column orders.kode does not exist
  LINE 12:     orders.kode,
               ^
  HINT:  Perhaps you meant "orders.code".
  compiled code at target/run/fct_orders.sql"""
CONTRACT = """Compilation Error in model fct_orders (models/fct_orders.sql)
  This model has an enforced contract that failed.
  Please ensure the name, data_type, and number of columns match the model's.

  | column_name | definition_type | contract_type | mismatch_reason     |
  | ----------- | --------------- | ------------- | ------------------- |
  | more        | INTEGER         |               | missing in contract |

  > in macro assert_columns_equivalent (macros/relations/column/columns_spec_ddl.sql)"""


def ended(name: str, message: str, status: str = "error", kind: str = "model") -> SimpleNamespace:
    node = SimpleNamespace(name=name, resource_type=kind, original_file_path=f"models/{name}.sql")
    return SimpleNamespace(node=node, status=status, message=message)


def test_a_node_that_failed_is_one_line() -> None:
    assert node_fault(ended("fct_orders", DBT)) == (
        "model fct_orders (models/fct_orders.sql): column orders.kode does not exist LINE 12: orders.kode, "
        'HINT: Perhaps you meant "orders.code".'
    )
    assert node_fault(ended("fct_orders", CONTRACT)) == (
        "model fct_orders (models/fct_orders.sql): This model has an enforced contract that failed. "
        "| more | INTEGER | | missing in contract |"
    )
    told = node_fault(ended("t", "\n\n\x1b[32mactual\x1b[0m differs from expected:\n", "fail", "unit_test"))
    assert told == "unit test t (models/t.sql): actual differs from expected:"


def test_one_fault_is_told_whole_several_by_name() -> None:
    good = ended("a", "SELECT 1", "success")
    assert summary([good]).sentence == "built and tested: 1 success"
    assert summary([good, ended("b", "no way")]).sentence == "model b (models/b.sql): no way"
    built = summary([ended(name, "no way") for name in "abcde"])
    assert (built.passed, len(built.faults)) == (False, 5)
    assert built.sentence == "5 failed: model a, model b, model c and 2 more"


def test_a_long_step_says_now_and_then_how_far_it_is(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with pulse.pulse("build", lambda: "1 of 3"):
        pass
    assert capsys.readouterr().out == "", "what is soon done says nothing"
    monkeypatch.setattr(pulse, "EVERY", 0.05)
    with pulse.pulse("build", lambda: "2 of 3"):
        time.sleep(0.3)
    told = capsys.readouterr().out
    assert "build: 2 of 3, 0 s so far\n" in told
    time.sleep(0.1)
    assert capsys.readouterr().out == "", "nor does it after its end"


def test_a_test_that_only_warns_is_told_and_stops_nothing() -> None:
    node = SimpleNamespace(resource_type="test", name="never_null_t_a", original_file_path="t.yml", unique_id="t")
    built = summary([SimpleNamespace(node=node, status="warn", message="Got 2 results", failures=2)])
    assert built.passed and built.warnings == ["never_null_t_a (t.yml): 2 rows"]
