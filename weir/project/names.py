"""Names from outside (columns at a source, headers of files, paths in documents), in the form that raw holds.

In: the name at the source. Out: the same name if it is tame, else a name that no tool can read as SQL. dbt's unit
tests, for example, put a column's name between quotes and escape nothing in it.
"""

import hashlib
import re
import unicodedata

LONGEST = 63  # the most bytes of a name in PostgreSQL
_WILD = re.compile(r'["`;\\$]|--|/\*|\*/|\{[{%#]|[}%#]\}')
_UNSEEN = {"Cc", "Cf", "Cs", "Zl", "Zp"}  # control characters, marks of direction, halves of pairs, ends of lines


def tame(name: str) -> bool:
    """Whether raw holds the name unchanged."""
    return len(name.encode(errors="replace")) <= LONGEST and name == _tamed(name)


def shortened(name: str) -> str:
    """The name in the form that raw holds: at most 63 bytes, without signs that could end a name, a comment or a line.

    Where that changes the name, a digest of the whole name keeps it unique.
    """
    if tame(name):
        return name
    digest = hashlib.md5(name.encode(errors="surrogatepass")).hexdigest()[:8]
    return _tamed(name).encode()[:54].decode(errors="ignore") + "_" + digest


def _tamed(name: str) -> str:
    plain = _WILD.sub("_", name)
    return (
        plain
        if plain.isascii() and plain.isprintable()
        else "".join("_" if unicodedata.category(letter) in _UNSEEN else letter for letter in plain)
    )
