"""Sends one text to one or all destinations, none of which can hold a run up.

In: Destinations, a title and a text. Out: for each destination why it did not take the text, or nothing.
"""

import logging
import threading
from collections.abc import Sequence
from enum import StrEnum
from typing import Any

from weir.alerts.addresses import Destination
from weir.core.faults import brief
from weir.core.secrets import redact

DEADLINE = 20.0  # seconds after which a destination counts as silent


class Tone(StrEnum):
    """How an alert is meant; services colour it so. Apprise's own words."""

    FAILURE = "failure"
    WARNING = "warning"
    SUCCESS = "success"
    INFO = "info"


def send(to: Sequence[Destination], title: str, text: str, tone: Tone) -> dict[str, str]:
    """Send the text to all destinations side by side; returns the fault of each by name, empty where it was taken."""
    faults = {each.name: f"no answer within {DEADLINE:.0f} seconds" for each in to}

    def one(destination: Destination) -> None:
        faults[destination.name] = _send(destination, title, text, tone)

    threads = [threading.Thread(target=one, args=[each], daemon=True) for each in to]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(DEADLINE)
    return dict(faults)


class _Heard(logging.Handler):
    """Keeps what Apprise says in this thread: it tells why a message was refused in its log alone."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.thread = threading.get_ident()
        self.said: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        """Keep the line, if this thread said it."""
        if record.thread == self.thread:
            self.said.append(record.getMessage())


def _send(destination: Destination, title: str, text: str, tone: Tone) -> str:
    if destination.plugin is None:
        return "it is no address for alerts"
    logger = logging.getLogger("apprise")
    logger.setLevel(logging.DEBUG)
    logger.propagate = False
    heard = _Heard()
    heard.setLevel(logging.DEBUG)
    logger.addHandler(heard)
    try:
        taken = _notify(destination.plugin, title, text, tone)
    except Exception as fault:  # a plugin may raise what its service's library raises
        return brief(redact(fault))
    finally:
        logger.removeHandler(heard)
    return "" if taken else brief(redact("; ".join(heard.said[-2:]) or "it was not taken"))


def _notify(plugin: Any, title: str, text: str, tone: Tone) -> bool:
    """Send by Apprise, which fits the plain text to what the service shows: HTML, Markdown, a number of letters."""
    from apprise import Apprise, NotifyFormat, NotifyType

    sender = Apprise()
    sender.add(plugin)
    taken = sender.notify(body=text, title=title, notify_type=NotifyType(tone.value), body_format=NotifyFormat.TEXT)
    return bool(taken)
