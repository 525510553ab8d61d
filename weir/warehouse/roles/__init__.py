"""The roles of the warehouse: who may do what, what differs from that, and the statements that make it so."""

from weir.warehouse.roles.names import LOGINS, Role

__all__ = ["LOGINS", "Role"]
