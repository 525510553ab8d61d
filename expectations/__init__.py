"""The two gates: Great Expectations judges what arrives and what is published."""
