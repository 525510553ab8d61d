"""The heartbeat: a call to HEARTBEAT_URL at each look of the watchdog, so that silence is noticed elsewhere.

In: HEARTBEAT_URL, of a service that tells you when calls stop. Out: one GET.
"""

import os

from weir.core.errors import WeirError
from weir.core.faults import brief
from weir.core.secrets import redact

VARIABLE = "HEARTBEAT_URL"
_WAIT = 10  # seconds


def beat() -> bool:
    """Call the address; returns whether there is one. Raises WeirError when it does not take the call."""
    url = (os.environ.get(VARIABLE) or "").strip()
    if not url:
        return False
    import requests

    try:
        answer = requests.get(url, timeout=_WAIT, allow_redirects=False)
        answer.raise_for_status()
    except requests.RequestException as fault:
        raise WeirError(f"the heartbeat was not taken: check {VARIABLE} ({brief(redact(fault), 160)})") from None
    return True
