"""What people type: the commands `weir` and `dbt`. Imports every room; no room imports it."""
