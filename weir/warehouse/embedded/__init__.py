"""The embedded warehouse: PostgreSQL 18 from a wheel, on a loopback port."""

from weir.warehouse.embedded.server import REFUSED, data_folder, running_port, start, stop

__all__ = ["REFUSED", "data_folder", "running_port", "start", "stop"]
