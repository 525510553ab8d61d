"""The error for faults that a person can mend."""

from weir.core.causes import Cause


class WeirError(Exception):
    """A fault that a person can mend; its text says in one line what is wrong, where, and what to do next.

    `cause` names the kind of fault for incidents, where the place that raises it knows; `subject` what it is about: a
    source, a table ("source.table"), a model, a mart.
    """

    def __init__(self, text: object = "", *, cause: Cause = Cause.UNKNOWN, subject: str = "") -> None:
        super().__init__(text)
        self.cause, self.subject = cause, subject


def cause_of(fault: BaseException | None) -> tuple[Cause, str]:
    """The cause and subject that the fault, or one that led to it, knows; UNKNOWN and nothing where none does."""
    step, seen = fault, set[int]()
    while step is not None and id(step) not in seen:
        seen.add(id(step))
        if isinstance(step, WeirError) and step.cause is not Cause.UNKNOWN:
            return step.cause, step.subject
        step = step.__cause__ or step.__context__
    return Cause.UNKNOWN, ""
