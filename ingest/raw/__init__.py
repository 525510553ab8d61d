"""The warehouse's side of landing: tables of raw, their columns, the connection, COPY."""
