"""The error for faults that a person can mend."""


class WeirError(Exception):
    """A fault that a person can mend; its text says in one line what is wrong, where, and what to do next."""
