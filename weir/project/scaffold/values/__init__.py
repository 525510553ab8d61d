"""Values: what the values of a column of text are."""
