"""Names that come from outside (columns at a source, headers of files, paths in documents) as raw holds them.

In: the name as the source has it. Out: the same name wherever it is tame; else one that can't be read as SQL, in any
hands: dbt's unit tests, for one, put a column's name between quotes and escape nothing in it.
"""

import hashlib
import re
import unicodedata

LONGEST = 63  # bytes of a name in PostgreSQL
_WILD = re.compile(r'["`;\\$]|--|/\*|\*/|\{[{%#]|[}%#]\}')
_UNSEEN = {"Cc", "Cf", "Cs", "Zl", "Zp"}  # control characters, marks of direction, halves of pairs, ends of lines


def tame(name: str) -> bool:
    """Whether raw holds the name as it is."""
    return len(name.encode(errors="replace")) <= LONGEST and name == _tamed(name)


def shortened(name: str) -> str:
    """The name as raw holds it: at most 63 bytes, and nothing that could end a quoted name, a comment or a line in SQL
    or Jinja. Where that changes it, a digest of the whole name keeps it unique."""
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
