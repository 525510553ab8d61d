"""Spark, the second engine for dbt, and the local cluster that comes along. Nothing of it is imported without need."""
