"""Exports: a mart or the answer to a question as a file, with its dictionary, written down in `ops.exports`."""
