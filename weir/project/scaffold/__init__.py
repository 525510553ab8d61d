"""Scaffolding: writes the source file, the staging models and the tests of a source that is new."""
