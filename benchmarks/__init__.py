"""Each figure in docs/reference/benchmarks.md is a command here: `python -m benchmarks --help`."""
