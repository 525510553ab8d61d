"""The ground of all rooms: settings, the declared project, the warehouse, dbt, the ledger, publication."""
