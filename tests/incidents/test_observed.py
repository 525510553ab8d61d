"""What was looked at, and what is wrong there: one fault for each root cause, and none for what follows from it."""

from types import SimpleNamespace
from typing import Any

import pytest

from flows import after
from ingest.results import SourceResult, TableEvent
from weir.core.causes import Cause, cause_in
from weir.core.errors import Told, WeirError, anew, cause_of, caused
from weir.dbt.results import Built, Failed
from weir.incidents import gates as of_gates
from weir.incidents import observed as see
from weir.incidents.fault import Looked
from weir.ledger.equations import Line


def source(name: str, cause: Cause = Cause.UNKNOWN, **tables: Cause | None) -> SourceResult:
    """A landing; a table with a cause has failed."""
    events = [
        TableEvent(name, table, "failed" if why else "done", message=f"{name}.{table}: no", cause=why or Cause.UNKNOWN)
        for table, why in tables.items()
    ]
    failed = cause is not Cause.UNKNOWN or any(tables.values())
    return SourceResult(name, "failed" if failed else "landed", f"{name}: no" if failed else "", events, None, cause)


def places(looked: Looked) -> list[tuple[str, str, str, tuple[str, ...]]]:
    return [(fault.cause.name, fault.subject, fault.area, fault.nodes) for fault in looked.by_place().values()]


def landed(*results: SourceResult, whole: bool = True) -> Looked:
    looked = Looked()
    see.landed(looked, results, whole)
    return looked


def test_a_source_that_is_down_is_one_fault_with_all_its_tables() -> None:
    down = Cause.SOURCE_UNREACHABLE
    looked = landed(source("app", users=down, plans=down), source("shop", orders=None))
    assert places(looked) == [("SOURCE_UNREACHABLE", "app", "land app", ("app",))]
    assert looked.areas == {"land app", "land shop", "land shop.orders", "land shop tables"}


def test_a_source_that_went_down_half_way_touches_what_did_not_land() -> None:
    looked = landed(source("app", users=None, plans=Cause.SOURCE_UNREACHABLE))
    assert places(looked) == [("SOURCE_UNREACHABLE", "app", "land app", ("app.plans",))]
    assert looked.covers("land app.users") and not looked.covers("land app.plans")


def test_several_sources_down_are_several_faults() -> None:
    looked = landed(source("app", users=Cause.SOURCE_UNREACHABLE), source("shop", Cause.SOURCE_ADDRESS))
    assert {place[:2] for place in places(looked)} == {("SOURCE_UNREACHABLE", "app"), ("SOURCE_ADDRESS", "shop")}


def test_tables_that_fail_each_for_itself_are_faults_of_their_own() -> None:
    looked = landed(source("app", users=Cause.KEY_UNFIT, plans=Cause.TABLE_GONE, notes=None))
    assert places(looked) == [
        ("KEY_UNFIT", "app.users", "land app.users", ("app.users",)),
        ("TABLE_GONE", "app.plans", "land app.plans", ("app.plans",)),
    ]


def test_tables_that_may_not_be_read_are_one_fault_and_only_a_whole_landing_closes_it() -> None:
    no = Cause.SOURCE_FORBIDDEN
    looked = landed(source("app", users=no, plans=no, notes=None))
    assert places(looked) == [("SOURCE_FORBIDDEN", "app", "land app tables", ("app.users", "app.plans"))]
    assert not landed(source("app", notes=None), whole=False).covers("land app tables")
    assert not landed(source("app", users=Cause.SOURCE_UNREACHABLE)).covers("land app tables")
    assert landed(source("app", notes=None)).covers("land app tables")


def test_a_full_disk_is_one_fault_of_the_machine_wherever_it_is_met() -> None:
    full = Cause.DISK_FULL
    looked = landed(source("app", users=full), source("shop", orders=full))
    assert places(looked) == [("DISK_FULL", "disk", "disk", ("*",))]


def gate(scope: str, *failures: dict[str, Any], name: str = "raw") -> dict[str, Any]:
    base = {"accepted": False, "warns": False, "item": "users", "rows": 7, "sentence": "no"}
    return {"gate": name, "scope": scope, "failures": [base | each for each in failures]}


def judged(*gates: dict[str, Any]) -> Looked:
    looked = Looked()
    of_gates.judged(looked, gates)
    return looked


def test_a_failed_check_holds_the_whole_source_and_an_accepted_one_none() -> None:
    bad = {"id": "raw app: users: deletes", "cause": Cause.MANY_DELETED.value}
    [fault] = judged(gate("app", bad)).faults
    assert (fault.cause, fault.subject, fault.nodes, fault.rows) == (Cause.MANY_DELETED, "app.users", ("app",), 7)
    assert fault.accept == ("raw app: users: deletes",)
    assert judged(gate("app", bad | {"accepted": True})).faults == []
    assert judged(gate("app", bad | {"accepted": True})).covers("gate raw app")
    assert not judged(gate("shop")).covers("gate raw app")


def test_a_warning_drifts_and_touches_its_table_alone() -> None:
    warns = {
        "id": "raw app: users: unlike before",
        "cause": Cause.ARRIVALS_UNLIKE.value,
        "warns": True,
        "accepted": True,
    }
    [fault] = judged(gate("app", warns)).faults
    assert (fault.cause, fault.nodes, fault.accept) == (Cause.ARRIVALS_UNLIKE, ("app.users",), ())


def test_a_table_that_fails_a_check_does_not_warn_as_well() -> None:
    bad = {"id": "raw app: users: volume", "cause": Cause.ARRIVALS_UNUSUAL.value}
    warns = {"id": "raw app: users: growth", "cause": Cause.ARRIVALS_GROWN.value, "warns": True, "accepted": True}
    assert [fault.cause for fault in judged(gate("app", bad, warns)).faults] == [Cause.ARRIVALS_UNUSUAL]
    assert judged(gate("app", bad | {"accepted": True}, warns)).faults == []


def test_two_checks_of_one_kind_are_one_fault_that_accepts_both() -> None:
    keys = {"id": "raw app: users: empty keys", "cause": Cause.ROWS_WITHOUT_KEY.value}
    cursors = {"id": "raw app: users: empty cursors", "cause": Cause.ROWS_WITHOUT_KEY.value}
    [fault] = judged(gate("app", keys, cursors)).by_place().values()
    assert fault.accept == ("raw app: users: empty keys", "raw app: users: empty cursors")


def test_a_build_gives_a_fault_for_each_node_that_failed_and_leaves_alone_what_was_skipped() -> None:
    failed = [
        Failed("model.w.a", "a", "model", "a.sql", "model a: no", ["model.w.a"]),
        Failed("test.w.t", "t", "test", "t.sql", "test t: 3 results", ["model.w.b"], 3),
        Failed("unit_test.w.u", "u", "unit_test", "u.yml", "no", ["model.w.c"]),
        Failed("seed.w.s", "s", "seed", "s.csv", "no", ["seed.w.s"]),
    ]
    tried = ["model.w.a", "test.w.t", "unit_test.w.u", "seed.w.s", "model.w.b"]
    looked = Looked()
    see.built(looked, Built(False, "4 failed", faults=["…"] * 4, failed=failed, tried=tried), True)
    assert [place[:2] + place[3:] for place in places(looked)] == [
        ("MODEL_FAILED", "a", ("model.w.a",)),
        ("TEST_FAILED", "t", ("model.w.b",)),
        ("UNIT_TEST_FAILED", "u", ("model.w.c",)),
        ("SEED_FAILED", "s", ("seed.w.s",)),
    ]
    assert looked.covers("build model.w.b") and not looked.covers("build model.w.skipped")
    well = Looked()
    see.built(well, Built(True, "built"), True)
    assert well.covers("build model.w.skipped") and well.covers("project") and well.covers("step build")
    part = Looked()
    see.built(part, Built(True, "built", tried=["model.w.a"]), False)
    assert part.covers("build model.w.a") and not part.covers("build model.w.skipped")


@pytest.mark.parametrize(
    ("words", "cause"),
    [
        ("could not extend file: No space left on device", Cause.DISK_FULL),
        ("connection to server at 127.0.0.1 failed: Connection refused", Cause.WAREHOUSE_DOWN),
        ('password authentication failed for user "weir"', Cause.WAREHOUSE_PASSWORD),
        ("column orders.kode does not exist", None),
    ],
)
def test_dbts_words_of_the_machine_are_understood(words: str, cause: Cause | None) -> None:
    assert cause_in(words) is cause
    looked = Looked()
    node = Failed("model.w.a", "a", "model", "a.sql", words, ["model.w.a"])
    see.built(looked, Built(False, words, faults=[words], failed=[node]), True)
    assert looked.faults[0].cause is (cause or Cause.MODEL_FAILED)


def test_loads_that_wait_for_a_build_are_no_fault_of_the_balance() -> None:
    looked = Looked()
    waits = Line("app", "users", landed=5, extracted=5, in_raw=5, loads=1, model="stg", staged_loads=0)
    see.balanced(looked, [waits])
    assert looked.faults == [] and looked.covers("balance app.users") and not looked.covers("raw app.users")
    lost = Line("app", "users", landed=5, extracted=5, in_raw=4, loads=1, model="stg", staged_loads=1, accepted=5)
    see.balanced(looked, [lost], every_load=True)
    assert [place[:3] for place in places(looked)] == [("RAW_EDITED", "app.users", "raw app.users")]


def test_a_cause_survives_a_new_text_and_what_wraps_it() -> None:
    first = WeirError("down", cause=Cause.SOURCE_UNREACHABLE, subject="app")
    again = anew("build: down", first)
    assert (str(again), cause_of(again)) == ("build: down", (Cause.SOURCE_UNREACHABLE, "app"))
    with pytest.raises(WeirError) as caught, caused(Cause.GATE_BROKEN, "raw"):
        raise again
    assert cause_of(caught.value) == (Cause.SOURCE_UNREACHABLE, "app")
    with pytest.raises(WeirError) as caught, caused(Cause.GATE_BROKEN, "raw"):
        raise WeirError("no")
    assert cause_of(caught.value) == (Cause.GATE_BROKEN, "raw")
    assert cause_of(OSError(28, "No space left on device"))[0] is Cause.DISK_FULL


def run(**other: Any) -> Any:
    """A run that has landed two sources, and nothing more."""
    landed = {each.source: each for each in (source("app", users=None), source("shop", orders=None))}
    plain = {
        "ended": {"land"}, "landed": landed, "gates": [], "built": None, "todo": None, "whole": True, "compared": [],
        "barred": [], "changes": None, "faults": [], "down": [], "lines": [], "crashed": [], "step": "",
        "sources": None,
    }  # fmt: skip
    return SimpleNamespace(**plain | other)


def test_a_run_that_ends_by_what_its_steps_say_has_no_fault_of_its_own() -> None:
    looked = after.observed(run(), Told("app: no"))
    assert looked.faults == [] and looked.covers("run") and looked.covers("disk")


def test_a_step_that_breaks_off_is_a_fault_that_the_same_step_closes() -> None:
    looked = after.observed(run(step="gate marts"), KeyError("a"))
    assert places(looked) == [("UNKNOWN", "gate marts", "step gate marts", ("*",))]
    assert after.observed(run(ended={"gate marts"}), None).covers("step gate marts")
    assert not looked.covers("disk")


def test_an_interrupted_run_is_a_fault_and_a_run_in_order_closes_it() -> None:
    assert places(after.observed(run(), KeyboardInterrupt())) == [("RUN_INTERRUPTED", "run", "run", ("*",))]
    assert places(see.killed(["r1"])) == [("RUN_KILLED", "run", "run", ("*",))]
    assert after.observed(run(), None).covers("run")


def test_what_the_project_no_longer_has_is_looked_at_no_more() -> None:
    looked = after.observed(run(), None)
    assert looked.covers("land billing") and looked.covers("gate raw billing") and looked.covers("land app.plans")
    assert not looked.covers("gate marts") and not looked.covers("build model.w.a")
    assert not after.observed(run(sources=["app"]), None).covers("land billing")


def test_the_failed_checks_of_one_table_are_one_incident() -> None:
    """Rows that are gone land as deletions, whose number is unusual too: one command accepts both."""
    known = {"item": "lines", "accepted": False, "warns": False, "rows": 900}
    volume = {"id": "raw billing: lines: volume", "sentence": "it landed 900", "cause": "unusual number of rows"}
    deletes = {"id": "raw billing: lines: deletes", "sentence": "it lost 900", "cause": "many rows deleted"}
    gate = {"gate": "raw", "scope": "billing", "failures": [known | volume, known | deletes]}
    looked = Looked()
    of_gates.judged(looked, [gate])
    (fault,) = looked.faults
    assert fault.cause is Cause.MANY_DELETED
    assert set(fault.accept) == {"raw billing: lines: volume", "raw billing: lines: deletes"}
    assert len(fault.lines) == 2


def test_a_unit_test_of_a_model_that_fails_is_a_consequence() -> None:
    model = Failed("model.x.m", "m", "model", "m.sql", "m is broken", ["model.x.m"])
    unit = Failed("unit_test.x.m.u", "u", "unit_test", "m.yml", "m is broken", ["model.x.m"])
    other = Failed("unit_test.x.n.v", "v", "unit_test", "n.yml", "1 row differs", ["model.x.n"])
    looked = Looked()
    see.built(looked, Built(False, "3 failed", failed=[model, unit, other]), True)
    assert [(fault.cause, fault.subject, fault.nodes) for fault in looked.faults] == [
        (Cause.MODEL_FAILED, "m", ("model.x.m",)),
        (Cause.UNIT_TEST_FAILED, "v", ("model.x.n",)),
    ]
