"""The error for faults that a person can mend, and the cause that a fault knows."""

import errno
from collections.abc import Iterator
from contextlib import contextmanager

from weir.core.causes import Cause


class WeirError(Exception):
    """A fault that a person can mend; its text says in one line what is wrong, where, and what to do next.

    `cause` names the kind of fault for incidents, where the place that raises it knows; `subject` what it is about: a
    source, a table ("source.table"), a model, a mart.
    """

    def __init__(self, text: object = "", *, cause: Cause = Cause.UNKNOWN, subject: str = "") -> None:
        super().__init__(text)
        self.cause, self.subject = cause, subject


class Told(WeirError):
    """A fault that ends a run and stands in the results of its steps: no incident comes from the error itself."""


def cause_of(fault: BaseException | None) -> tuple[Cause, str]:
    """The cause and subject that the fault, or one that led to it, knows; UNKNOWN and nothing where none does."""
    step, seen = fault, set[int]()
    while step is not None and id(step) not in seen:
        seen.add(id(step))
        if isinstance(step, WeirError) and step.cause is not Cause.UNKNOWN:
            return step.cause, step.subject
        if found := _of_machine(step):
            return found, ""
        step = step.__cause__ or step.__context__
    return Cause.UNKNOWN, ""


@contextmanager
def caused(cause: Cause, subject: str = "") -> Iterator[None]:
    """Give the cause to each WeirError raised inside that knows none, and the subject to each that has none."""
    try:
        yield
    except WeirError as fault:
        known, about = cause_of(fault)
        fault.cause, fault.subject = (cause, fault.subject or subject) if known is Cause.UNKNOWN else (known, about)
        raise


def anew(text: object, fault: BaseException) -> WeirError:
    """A WeirError with another text that keeps cause and subject of the fault."""
    cause, subject = cause_of(fault)
    return WeirError(text, cause=cause, subject=subject)


def _of_machine(fault: BaseException) -> Cause | None:
    """The cause where a disk is full, or the warehouse does not answer a session of psycopg."""
    if isinstance(fault, OSError) and fault.errno in {errno.ENOSPC, errno.EDQUOT}:
        return Cause.DISK_FULL
    state = getattr(fault, "sqlstate", None)
    if state == "53100":  # disk_full, of either driver of PostgreSQL
        return Cause.DISK_FULL
    lost = any(kind.__module__.startswith("psycopg.") and kind.__name__ == "OperationalError"
               for kind in type(fault).__mro__)  # fmt: skip
    return Cause.WAREHOUSE_DOWN if lost and (state is None or state[:2] == "08" or state[:4] == "57P0") else None
