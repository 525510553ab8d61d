"""The simulated company: its customers, week by week, and their tickets and answers."""
