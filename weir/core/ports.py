"""Ports on the loopback address: finds a free one, or checks one."""

import socket

DOCS = 8580  # the portal, dbt docs and Data Docs, unless `weir docs --port` names another port


def is_free(port: int) -> bool:
    """Whether a server could listen on the port; False where the number is no port."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except (OSError, OverflowError):
            return False
    return True


def free_port() -> int:
    """A port that nothing listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
