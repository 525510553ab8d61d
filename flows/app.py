"""Prefect's server as uvicorn runs it: its own application, which asks less often whether there is work.

Prefect's background services poll an in-memory queue four times a second, which alone takes a quarter of a core while
nothing happens; every two seconds is enough, for the quickest of these services runs every five.
"""

import functools
from datetime import timedelta
from typing import Any

CHECK_EVERY = timedelta(seconds=2)


def create_app() -> Any:
    """Prefect's application."""
    from prefect.server.api import background_workers
    from prefect.server.api.server import create_app as application

    worker: Any = background_workers.Worker
    background_workers.Worker = functools.partial(  # type: ignore[misc,assignment]
        worker, minimum_check_interval=CHECK_EVERY, scheduling_resolution=CHECK_EVERY
    )
    return application()
