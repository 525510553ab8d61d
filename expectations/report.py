"""Failures of a gate, printed."""

from collections.abc import Iterable, Mapping
from typing import Any

from weir.core.terminal import say


def print_failures(failures: Iterable[Mapping[str, Any]]) -> None:
    """What a gate found (expectations' Failures as dicts): each with the id by which it can be accepted."""
    for failure in failures:
        if not failure["accepted"]:
            accept = f'to accept it for one run: weir run --accept "{failure["id"]}"'
            say(f"{failure['sentence']} ({accept})", style="yellow")
