"""Quarantine worked with: rejected rows let through by hand, and given out to whoever owns their source."""
