"""Sends a text to each destination, side by side; none of them can hold a run up.

In: for each Destination a Message. Out: for each why it did not take the message, or nothing.
"""

import logging
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
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


@dataclass(frozen=True)
class Message:
    """What a person reads: a title of one line, a text of plain lines."""

    title: str
    text: str
    tone: Tone


def send(messages: Mapping[Destination, Message]) -> dict[str, str]:
    """Send each message; returns the fault of each destination by name, empty where it took its message."""
    faults = {each.name: f"no answer within {DEADLINE:.0f} seconds" for each in messages}

    def one(destination: Destination, message: Message) -> None:
        faults[destination.name] = _send(destination, message)

    threads = [threading.Thread(target=one, args=each, daemon=True) for each in messages.items()]
    for thread in threads:
        thread.start()
    end = time.monotonic() + DEADLINE
    for thread in threads:
        thread.join(max(0.0, end - time.monotonic()))
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


def _send(destination: Destination, message: Message) -> str:
    if destination.plugin is None:
        return "it is no address for alerts"
    logger = logging.getLogger("apprise")
    logger.setLevel(logging.DEBUG)
    logger.propagate = False
    heard = _Heard()
    heard.setLevel(logging.DEBUG)
    logger.addHandler(heard)
    try:
        taken = _notify(destination.plugin, message)
    except Exception as fault:  # a plugin may raise what its service's library raises
        return brief(redact(fault))
    finally:
        logger.removeHandler(heard)
    return "" if taken else brief(redact("; ".join(heard.said[-2:]) or "it was not taken"))


def _notify(plugin: Any, message: Message) -> bool:
    """Send by Apprise, which fits the plain text to what the service shows: HTML, Markdown, a number of letters."""
    from apprise import Apprise, NotifyFormat, NotifyType

    sender = Apprise()
    sender.add(plugin)
    plugin.request_rate_per_sec = 0  # Weir sends one message, not a burst that a service must be spared
    kind = NotifyType(message.tone.value)
    return bool(sender.notify(message.text, message.title, notify_type=kind, body_format=NotifyFormat.TEXT))
