"""Settings of a CSV file in `format`: delimiter, encoding, empty cells, lines before and after the data."""

import re
from typing import Any

from weir.core.errors import WeirError

NULLS = ("unquoted", "always", "never")
MOST = 1000  # the greatest `skip` and `footer`


class Settings:
    """The settings of one file. Raises WeirError for a value that can't be used."""

    def __init__(self, delimiter: str, settings: dict[str, Any]) -> None:
        self.own = "delimiter" in settings  # a declared delimiter holds against a first line `sep=;`
        self.delimiter = str(settings.get("delimiter", delimiter))
        self.encoding = str(settings.get("encoding", "utf-8"))
        self.utf8 = re.sub(r"[-_]", "", self.encoding.lower()) in {"utf8", "utf8sig"}
        self.null = settings.get("empty_is_null", NULLS[0])
        self.skip, self.footer = (_lines(name, settings.get(name, 0)) for name in ("skip", "footer"))
        self._check()

    def takes_delimiter(self, line: bytes) -> bool:
        """Whether the line is Excel's `sep=;`; its delimiter is then used, unless one is declared."""
        found = re.fullmatch(rb"(?:\xef\xbb\xbf)?sep=([^\r\n\"])\r?\n?", line, re.IGNORECASE)
        if found and not self.own:
            self.delimiter = found[1].decode("latin-1")
        return bool(found)

    def _check(self) -> None:
        """Raise WeirError when encoding, delimiter or `empty_is_null` can't be used."""
        try:
            ascii_alike = "\n,".encode(self.encoding) == b"\n,"
        except (LookupError, UnicodeError):
            ascii_alike = False
        if not ascii_alike and not self.utf8:
            raise WeirError(f"`format` names the encoding {self.encoding!r}, which is unknown or has no line ends of "
                            "one byte: mend it, or save the file as UTF-8")  # fmt: skip
        if not self.delimiter or set(self.delimiter) & set('"\r\n'):
            raise WeirError(f"`format` names the delimiter {self.delimiter!r}: take a character such as ';'")
        if self.null not in NULLS:
            raise WeirError(f"`format` says empty_is_null: {self.null!r}: take {', '.join(NULLS)}")


def _lines(name: str, value: Any) -> int:
    if type(value) is not int or not 0 <= value <= MOST:
        raise WeirError(f"`format` says {name}: {value!r}: take a number of lines from 0 to {MOST:,}")
    return value
