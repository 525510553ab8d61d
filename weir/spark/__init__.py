"""Spark, a second engine for dbt: a local cluster, and the lake of files that it shares with the warehouse."""
