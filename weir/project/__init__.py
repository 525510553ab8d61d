"""What the dbt project declares: sources and marts."""
