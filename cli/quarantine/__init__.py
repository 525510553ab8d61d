"""`weir quarantine`: what waits there, and what can be done with it."""
