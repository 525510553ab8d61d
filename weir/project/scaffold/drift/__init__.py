"""Drift: what came, went and changed at a source since it was last seen, and the edits that follow."""
