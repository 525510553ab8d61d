"""The frame of each step: what Prefect keeps of a fault."""

import traceback
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import psycopg
import pytest

from flows.run import Run
from weir.core.errors import WeirError


def test_a_fault_that_quotes_a_row_is_raised_anew_without_it(database: Callable[[], str]) -> None:
    run: Any = SimpleNamespace(seconds={})
    with psycopg.connect(database()) as connection:
        connection.execute("create table people (email text unique); insert into people values ('ann@x.example')")
        with (
            pytest.raises(WeirError, match=r"Key \(email\)=‹hidden› already exists") as fault,
            Run.timed(run, "publish"),
        ):
            connection.execute("insert into people select * from people")
    assert "ann@" not in "".join(traceback.format_exception(fault.value))
    assert set(run.seconds) == {"publish"}


def test_another_fault_stays_as_it_is() -> None:
    run: Any = SimpleNamespace(seconds={})
    with pytest.raises(KeyError), Run.timed(run, "land"):
        raise KeyError("landed")
