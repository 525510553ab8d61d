"""The sources and marts that the dbt project declares."""
