"""What is wanted of an export, and what has become of it."""

from dataclasses import dataclass, field

from weir.core.errors import WeirError


@dataclass(frozen=True)
class Wanted:
    """What is to be given out: a mart or a file with a question, the file to write, for whom, and which part of it."""

    what: str
    to: str
    for_whom: str
    where: str = ""
    columns: tuple[str, ...] = ()
    with_pii: bool = False
    because: str = ""
    replace: bool = False
    formulas: bool = False
    share: str = ""

    def check(self) -> None:
        """Raise WeirError when the reason or the receiver is missing."""
        if not self.for_whom.strip():
            raise WeirError("say for whom: --for 'Ann, finance'")
        if self.with_pii and not self.because.strip():
            raise WeirError(
                "personal data in clear need a reason, which is written down: --because 'the auditor asked …'"
            )
        if self.because and not self.with_pii:
            raise WeirError("--because is the reason for personal data in clear: add --with-pii, or leave it out")
        if len(set(self.columns)) < len(self.columns):
            raise WeirError("--columns names a column twice")


@dataclass(frozen=True)
class Given:
    """What was given out."""

    export: int
    to: str
    dictionary: str
    rows: int
    bytes: int
    digest: str
    publication: int | None
    masked: tuple[str, ...] = ()
    in_clear: tuple[str, ...] = ()
    notes: dict[str, str] = field(default_factory=dict)
