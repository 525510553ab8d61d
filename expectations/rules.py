"""What a rule of a gate is: a name, an expectation, and the plain sentence for when it does not hold."""

from dataclasses import dataclass
from typing import Any

from great_expectations.expectations.expectation import Expectation


@dataclass(frozen=True)
class Rule:
    """One expectation. `says` is filled from the failing row, the parameters and `observed`."""

    name: str
    expectation: Expectation
    says: str

    @property
    def is_query(self) -> bool:
        """Whether it is a query whose rows are the failures."""
        return self.expectation.__class__.__name__ == "UnexpectedRowsExpectation"

    def configured(self) -> Expectation:
        """A copy of the expectation that carries the rule's name through Great Expectations."""
        copy: Expectation = self.expectation.copy()
        copy.meta = {"rule": self.name}
        return copy

    def sentence(self, values: dict[str, Any]) -> str:
        """The sentence with the values in it; numbers with thousands' commas."""
        return self.says.format_map(_Plain({name: plain(value) for name, value in values.items()}))


class _Plain(dict[str, str]):
    def __missing__(self, name: str) -> str:
        return "?"


def plain(value: Any) -> str:
    """A value as a person writes it: 1,234 and 0.25, not 1234.0 or 0.2500001."""
    if isinstance(value, bool) or value is None:
        return {None: "nothing", True: "true", False: "false"}[value]
    if isinstance(value, int):
        return f"{value:,}"
    try:
        number = float(value)
    except (TypeError, ValueError):
        return str(value)
    return f"{number:,.0f}" if number == int(number) and abs(number) < 1e15 else f"{number:,.2f}"
