"""Spark, the second engine for dbt: the local cluster that comes along, and the lake that it shares with the warehouse.

Nothing of it is imported without need.
"""
