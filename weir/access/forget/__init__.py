"""Forgetting: erases one person everywhere Weir holds that person, and keeps the counts."""
