"""The two gates: Great Expectations judges the rows that landed (gate raw) and the next set (gate marts)."""
