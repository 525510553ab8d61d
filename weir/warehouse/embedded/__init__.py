"""The embedded warehouse: PostgreSQL 18 from a wheel, on a loopback port."""
