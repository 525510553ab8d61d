"""REST APIs as a source."""
