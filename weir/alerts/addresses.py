"""The addresses that alerts go to: ALERT_URLS, in Apprise's words (mailtos://…, slack://…, ntfy://…, jsons://…).

In: the environment. Out: a Destination per address, named by its service and a digest, for addresses hold secrets.
"""

import hashlib
import os
from dataclasses import dataclass, field
from typing import Any

from weir.core.errors import WeirError

VARIABLE = "ALERT_URLS"
# Seconds to connect, and to read an answer. A message that is sent on to another address arrives empty there.
_WAIT = "cto=5&rto=10&redirect=no"


@dataclass(frozen=True)
class Destination:
    """One address. `plugin` sends to it; None where Apprise can't read the address."""

    name: str
    plugin: Any = field(repr=False, compare=False)


def destinations() -> list[Destination]:
    """Every address of ALERT_URLS, parted by commas or blanks; the same address counts once."""
    value = (os.environ.get(VARIABLE) or "").strip()
    if not value:
        return []
    from apprise.utils.parse import parse_urls

    return [_destination(url) for url in dict.fromkeys(parse_urls(value))] or [Destination("an address", None)]


def usable() -> list[Destination]:
    """Every address, all of them readable. Raises WeirError when none is set, or one can't be read."""
    found = destinations()
    if not found:
        raise WeirError(f"{VARIABLE} is not set: put the addresses for alerts into .env (docs/operations/alerts.md)")
    wrong = [each.name for each in found if each.plugin is None]
    if wrong:
        raise WeirError(
            f"{VARIABLE} holds what is no address for alerts: {', '.join(wrong)}; mend it in .env "
            "(docs/operations/alerts.md)"
        )
    return found


def _destination(url: str) -> Destination:
    import logging

    from apprise import Apprise

    logging.getLogger("apprise").setLevel(logging.CRITICAL + 1)
    waiting = url if "cto=" in url else f"{url}{'&' if '?' in url else '?'}{_WAIT}"
    plugin = Apprise.instantiate(waiting, suppress_exceptions=True)
    digest = hashlib.sha256(url.encode()).hexdigest()[:4]
    service = str(plugin.service_name) if plugin is not None else url.partition("://")[0][:20]
    return Destination(f"{service} {digest}", plugin)
