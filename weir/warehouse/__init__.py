"""The warehouse: one PostgreSQL database, embedded or yours."""
