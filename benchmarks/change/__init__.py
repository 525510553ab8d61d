"""Measures what a run costs after a change of each kind, beside a full refresh of the same state."""
