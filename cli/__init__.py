"""The commands that people type: `weir` and `dbt`. This room imports every other; none imports it."""
