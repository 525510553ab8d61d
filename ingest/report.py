"""What landed, as a printed table."""

from collections.abc import Sequence
from typing import Any

from weir.core.terminal import fail, say, table


def print_landed(results: Sequence[Any]) -> None:
    """What landed, table by table (ingest's SourceResult and TableEvent)."""
    events = [event for result in results for event in result.tables]
    told = [event for event in events if event.state != "done" or event.extracted or event.landed]
    if told:
        table(
            "Landed",
            ["table", "how", "read#", "landed#", "deleted#", "MB#", "seconds#", ""],
            [
                [f"{event.source}.{event.table}", event.how, event.extracted, event.landed, event.deleted,
                 f"{event.bytes / 1e6:.1f}", f"{event.seconds:.1f}", "" if event.state == "done" else "failed"]
                for event in told
            ],
        )  # fmt: skip
    if len(told) < len(events):
        say(f"Nothing new in {len(events) - len(told)} of {len(events)} tables.")
    for result in results:
        for event in result.tables:
            if event.drift:
                say(f"{event.source}.{event.table}: its columns changed at the source: {event.drift}", style="yellow")
        if result.state != "landed":
            fail(f"{result.source} failed: {result.message}")
