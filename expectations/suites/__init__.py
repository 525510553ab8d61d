"""The suites: the rules by which each gate judges."""
