"""Prints the failures and the warnings of a gate."""

from collections.abc import Iterable, Mapping
from typing import Any

from weir.core.terminal import say


def print_failures(failures: Iterable[Mapping[str, Any]]) -> None:
    """Print each failure that was not accepted (a Failure as a dict), with the command that accepts it."""
    for failure in failures:
        if not failure["accepted"]:
            accept = f'to accept it for one run: weir run --accept "{failure["id"]}"'
            say(f"{failure['sentence']} ({accept})", style="yellow")


def print_warnings(warnings: Iterable[str]) -> None:
    """Print each warning, which stops nothing."""
    for warning in warnings:
        say(f"warning: {warning}", style="yellow")
