"""dbt: its environment, the choice of what to build, the build and its results."""
