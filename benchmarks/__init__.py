"""Each figure in README is a command here: `python -m benchmarks --help`."""
