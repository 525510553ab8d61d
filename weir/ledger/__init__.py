"""The ledger: runs, the balance of every table, quarantine, and raw against staging."""
