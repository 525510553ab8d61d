"""The demo's hooks, named in `.env`: Weir calls `up` before every landing and `down` by `weir down`."""

from demo import sources
from demo.systems import helpdesk


def up() -> None:
    """Start the helpdesk where it is down; bring APP_URL to the port of the embedded warehouse."""
    sources.follow_warehouse()
    helpdesk.ensure()


def down() -> None:
    """Stop the helpdesk."""
    helpdesk.stop()
