"""Spares dbt the events of statements that no log takes: three of each, a fifth of its own time in a build.

In: dbt's connections. Out: the same connections, which make those events only where a log takes them.
"""

from collections.abc import Callable
from typing import Any

_OF_STATEMENTS = ("ConnectionUsed", "SQLQuery", "SQLQueryStatus")


def spare_events() -> None:
    """Let dbt make no event of a statement while no log is at level debug; safe to repeat."""
    from dbt.adapters.sql import connections
    from dbt_common.events.base_types import EventLevel
    from dbt_common.events.event_manager_client import get_event_manager

    if getattr(connections.fire_event, "spares", False):
        return

    def heard(event: Callable[..., Any]) -> Callable[..., Any]:
        def make(**said: Any) -> Any:
            logs = get_event_manager().loggers
            return event(**said) if any(log.level is EventLevel.DEBUG for log in logs) else None

        return make

    fire = connections.fire_event

    def fire_heard(event: Any, *more: Any, **options: Any) -> None:
        if event is not None:
            fire(event, *more, **options)

    fire_heard.spares = True  # type: ignore[attr-defined]
    connections.fire_event = fire_heard  # type: ignore[assignment]
    for name in _OF_STATEMENTS:
        setattr(connections, name, heard(getattr(connections, name)))
