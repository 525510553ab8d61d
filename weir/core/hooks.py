"""What happens before a landing."""

import os

from weir.core.env import load_env


def demo_up() -> None:
    """Where the demo is in use: see that its helpdesk answers, and that its database is where its address says."""
    load_env()
    if os.environ.get("WEIR_DEMO") == "1":
        from demo import sources
        from demo.systems import helpdesk

        sources.follow_warehouse()
        helpdesk.ensure()
