"""The corruption of the demo's data: made on purpose, and listed in a manifest."""
