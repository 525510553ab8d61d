"""The embedded PostgreSQL: its server, its database, the programs it comes with."""
