"""The type and the format of a column of text, from its values.

In: the values of a sample. Out: an Inferred, which holds for every value of the sample; what can't be told for sure (is
3/4/2024 in March or in April?) is a question, and the column stays text.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from weir.project.scaffold.described import Kind


@dataclass(frozen=True)
class Inferred:
    """What the values are; `format` as parse takes it, `scale` the most digits after the point, `ask` a question."""

    kind: Kind
    format: str = ""
    scale: int | None = None
    ask: str = ""


def infer(name: str, values: Sequence[str | None]) -> Inferred:
    """The type that all values have; text where there is none. An empty text is no value."""
    return Inferred("text")
