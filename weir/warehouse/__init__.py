"""The warehouse: one PostgreSQL database, embedded by default, or yours by `WAREHOUSE_URL`."""

from weir.warehouse.address import TLS, parts_of
from weir.warehouse.connection import (
    connect,
    create_database,
    ensure,
    has_roles,
    is_own_server,
    stop,
    url_of,
)
from weir.warehouse.roles import Role

__all__ = [
    "TLS",
    "Role",
    "connect",
    "create_database",
    "ensure",
    "has_roles",
    "is_own_server",
    "parts_of",
    "stop",
    "url_of",
]
