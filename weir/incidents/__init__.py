"""Incidents: what stopped or drifted, in plain words, open until it is healed."""
