"""The heartbeat: a call to HEARTBEAT_URL at each look of the watchdog, so that silence is noticed elsewhere.

In: HEARTBEAT_URL, of a service that tells you when calls stop. Out: one GET.
"""

import os

from weir.core.errors import WeirError
from weir.core.faults import brief
from weir.core.secrets import redact

VARIABLE = "HEARTBEAT_URL"
_WAIT = 10  # seconds


def beat() -> None:
    """Call the address, if there is one. Raises WeirError when it does not take the call."""
    url = (os.environ.get(VARIABLE) or "").strip()
    if not url:
        return
    import requests

    try:
        with requests.get(url, timeout=_WAIT, stream=True) as answer:  # what it says is not read
            answer.raise_for_status()
    except Exception as fault:  # libraries below raise faults of their own for odd addresses
        raise WeirError(f"the heartbeat was not taken: check {VARIABLE} ({brief(redact(fault), 160)})") from None
