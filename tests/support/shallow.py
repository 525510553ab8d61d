"""A call on a shallow stack: dbt and Great Expectations list all frames many times over, and pytest has many."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
R = TypeVar("R")


def shallow(call: Callable[P, R], *values: P.args, **named: P.kwargs) -> R:
    """What the call returns or raises, called in a thread of its own."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(call, *values, **named).result()
