"""The warehouse: one PostgreSQL database, embedded by default, or yours by `WAREHOUSE_URL`."""

from weir.warehouse.address import TLS, parts_of
from weir.warehouse.connection import connect, create_database, dbt_role, ensure, stop

__all__ = ["TLS", "connect", "create_database", "dbt_role", "ensure", "parts_of", "stop"]
