"""The process of the unit tests beside the build, where that process hangs."""

import os
import signal
import time
from collections.abc import Collection
from types import SimpleNamespace
from typing import Any

import pytest

from weir.core.errors import WeirError
from weir.dbt import unit_tests
from weir.dbt.results import OnNode

pytestmark = pytest.mark.skipif(not unit_tests.POSSIBLE, reason="only Linux promises that a process can go on")
MANIFEST = SimpleNamespace(
    unit_tests={"u": SimpleNamespace(name="u", depends_on=SimpleNamespace(nodes=["m"]))},
    nodes={"m": SimpleNamespace(depends_on=SimpleNamespace(nodes=[]))},
)


def sleep(names: Collection[str], on_node: OnNode) -> Any:
    time.sleep(600)


def stop(names: Collection[str], on_node: OnNode) -> Any:
    os.kill(os.getpid(), signal.SIGSTOP)


@pytest.mark.parametrize("hang", [sleep, stop])
def test_one_that_says_nothing_is_ended(hang: unit_tests.Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(unit_tests, "PATIENCE", 1.0)
    beside = unit_tests.Beside(MANIFEST, hang, lambda node: None)
    begun = time.monotonic()
    for number in range(10_000):  # more than a pipe holds
        beside.built(f"model.some_project.a_model_of_a_long_name_{number}")
    with pytest.raises(WeirError, match="the process of the unit tests said nothing for 1 s and was ended: type"):
        beside.end()
    assert time.monotonic() - begun < 30
    with pytest.raises(ProcessLookupError):
        os.kill(beside._pid, 0)


def test_one_that_dies_is_told_with_its_code() -> None:
    beside = unit_tests.Beside(MANIFEST, lambda names, on_node: os._exit(7), lambda node: None)
    with pytest.raises(WeirError, match="ended early, with code 7"):
        beside.end()
