"""Prints what landed."""

from collections.abc import Sequence

from ingest.results import SourceResult
from weir.core.terminal import fail, say, table


def print_landed(results: Sequence[SourceResult], with_faults: bool = True) -> None:
    """Print each table that read or landed rows, or failed; then drift, and why sources failed where that is asked."""
    events = [event for result in results for event in result.tables]
    shown = [event for event in events if event.state != "done" or event.extracted or event.landed]
    if shown:
        table(
            "Landed",
            ["table", "how", "extracted#", "landed#", "deleted#", "MB#", "seconds#", ""],
            [
                [f"{event.source}.{event.table}", event.how, event.extracted, event.landed, event.deleted,
                 f"{event.bytes / 1e6:.1f}", f"{event.seconds:.1f}", "" if event.state == "done" else "failed"]
                for event in shown
            ],
        )  # fmt: skip
    if len(shown) < len(events):
        say(f"Nothing new in {len(events) - len(shown)} of {len(events)} tables.")
    for result in results:
        for event in result.tables:
            if event.drift:
                name, hint = f"{event.source}.{event.table}", f"`weir add {event.source}` shows what follows"
                say(f"{name}: its columns changed at the source: {event.drift}; {hint}", style="yellow")
        if result.state != "landed" and with_faults:
            fail(f"{result.source} failed: {result.message}")
