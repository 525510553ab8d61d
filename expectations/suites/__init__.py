"""The suites of rules that the gates judge by."""
