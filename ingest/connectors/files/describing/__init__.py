"""Describing files: which belong to one table, how they are written, and what their columns hold."""
