"""Reads: who has read what, from the server's own log, kept in `ops.reads`."""
