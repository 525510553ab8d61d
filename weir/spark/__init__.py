"""Spark as a second engine for dbt: the lake that it shares with the warehouse, and the tables over the lake."""
