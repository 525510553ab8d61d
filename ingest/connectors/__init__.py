"""One module per kind of source; the scheme of the source's URL picks it."""
