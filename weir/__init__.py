"""What all rooms share: settings, the declared project, the warehouse, dbt, the ledger, publication."""
