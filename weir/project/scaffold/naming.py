"""Names of models and columns: snake_case, folded names split by known words, common prefixes dropped, none twice.

In: names at the source, and texts whose words help (comments, names of constraints). Out: names as a colleague would
give them. A name that can't be read is left as it is.
"""

import re
import unicodedata
from collections.abc import Iterable, Sequence

from weir.project.names import LONGEST

_PARTS = re.compile(r"[A-Z]+(?=[A-Z][a-z])|[A-Z]?[a-z]+|[A-Z]+|\d+")
_SHORT = {"id", "no", "at", "on", "by", "is", "to", "of", "ip", "qty", "url", "vat", "tax"}
# Words that PostgreSQL takes for its own where a column or a table stands.
_RESERVED = {
    *("all", "analyse", "analyze", "and", "any", "array", "as", "asc", "asymmetric", "both", "case", "cast", "check"),
    *("collate", "column", "constraint", "create", "current_catalog", "current_date", "current_role", "current_time"),
    *("current_timestamp", "current_user", "default", "deferrable", "desc", "distinct", "do", "else", "end", "except"),
    *("false", "fetch", "for", "foreign", "from", "grant", "group", "having", "in", "initially", "intersect", "into"),
    *("lateral", "leading", "limit", "localtime", "localtimestamp", "not", "null", "offset", "on", "only", "or"),
    *("order", "placing", "primary", "references", "returning", "select", "session_user", "some", "symmetric"),
    *("system_user", "table", "then", "to", "trailing", "true", "union", "unique", "user", "using", "variadic", "when"),
    *("where", "window", "with", "authorization", "binary", "collation", "concurrently", "cross", "current_schema"),
    *("freeze", "full", "ilike", "inner", "is", "isnull", "join", "left", "like", "natural", "notnull", "outer"),
    *("overlaps", "right", "similar", "tablesample", "verbose"),
}


class Words:
    """The words of a schema, by which folded names such as `salesorderid` are split."""

    def __init__(self, texts: Iterable[str]) -> None:
        self._known = {
            part.lower()
            for text in texts
            for word in re.findall(r"[^\W_]+", text)
            for part in (_PARTS.findall(word) or [word])
            if len(part) > 2
        } | _SHORT

    def split(self, name: str) -> str:
        """The folded name with _ between its words, if all of it is made of known ones; else as it is."""
        if not re.fullmatch(r"[a-z]{6,60}", name) or name in self._known:
            return name
        best: list[tuple[int, list[str]] | None] = [(0, [])] + [None] * len(name)
        for end in range(1, len(name) + 1):
            for start in range(max(0, end - 25), end):
                before, word = best[start], name[start:end]
                if before and word in self._known:
                    # few words, and long ones: the sum of the squares of their lengths
                    score = before[0] + len(word) ** 2
                    now = best[end]
                    if now is None or score > now[0]:
                        best[end] = (score, [*before[1], word])
        found = best[-1]
        return "_".join(found[1]) if found and len(found[1]) > 1 else name


def snake(name: str, words: Words | None = None) -> str:
    """The name in snake_case, of letters, digits and _; letters of other alphabets stay."""
    plain = "".join(
        letter if letter.isascii() else _without_accent(letter) for letter in unicodedata.normalize("NFC", name)
    )
    plain = re.sub(r"(?<=[a-z\d])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", plain)
    plain = re.sub(r"\W+|_+", "_", plain).strip("_").lower()
    if words:
        plain = "_".join(words.split(part) for part in plain.split("_"))
    if not plain or plain[0].isdigit():
        plain = f"n_{plain}".rstrip("_")
    return cut(plain)


def cut(name: str, most: int = LONGEST) -> str:
    """The name in at most so many bytes."""
    return name.encode()[:most].decode(errors="ignore").rstrip("_")


def _without_accent(letter: str) -> str:
    base = unicodedata.normalize("NFD", letter)[0]
    return base if base.isascii() else {"ß": "ss", "ø": "o", "æ": "ae", "ł": "l", "đ": "d"}.get(letter, letter)


def is_reserved(name: str) -> bool:
    """Whether PostgreSQL takes the name for a word of its own."""
    return name.lower() in _RESERVED


def columns(names: Sequence[str], table: str, words: Words | None, taken: Iterable[str] = ()) -> dict[str, str]:
    """A name for each column of a table, by its name at the source; none is one of `taken`, or twice there.

    A reserved word gets the table's name before it, as in `invoice_order`.
    """
    found: dict[str, str] = {}
    used = set(taken)
    for name in names:
        made = snake(name, words)
        if is_reserved(made) or (made in used and made in set(taken)):
            made = cut(f"{singular(table)}_{made}")
        found[name] = _unused(made, used)
        used.add(found[name])
    return found


def tables(labels: Sequence[tuple[str, str]], words: Words | None) -> dict[tuple[str, str], str]:
    """A name for each table, by its schema and name: a common prefix is dropped, the schema put before twins."""
    made = {label: snake(label[1], words) for label in labels}
    prefix = _common_prefix(list(made.values()))
    if prefix:
        made = {label: name.removeprefix(prefix) for label, name in made.items()}
    found: dict[tuple[str, str], str] = {}
    used: set[str] = set()
    for label, name in made.items():
        twins = [each for each in labels if made[each] == name and each != label]
        full = (
            f"{snake(label[0], words)}_{name}" if twins and label[0] and any(t[0] != label[0] for t in twins) else name
        )
        found[label] = _unused(cut(full, 40), used)  # stg_<source>__<table> has at most 63 bytes
        used.add(found[label])
    return found


def singular(name: str) -> str:
    """The last word of a table's name in the singular, as far as English plurals tell."""
    if re.search(r"(ss|us|is|news|series|species)$", name):
        return name
    for ending, instead in (("ies", "y"), ("sses", "ss"), ("xes", "x"), ("ches", "ch"), ("shes", "sh"), ("s", "")):
        if name.endswith(ending) and len(name) > len(ending) + 1:
            return name.removesuffix(ending) + instead
    return name


def readable(name: str) -> str:
    """The name in words, as in 'one row per sales order'."""
    return singular(name).replace("_", " ")


def _common_prefix(names: list[str]) -> str:
    """The first word of all names with its _, of at least three names that all have more."""
    firsts = {name.split("_", 1)[0] for name in names}
    enough = len(names) > 2 and all("_" in name and not name.split("_", 1)[1][0].isdigit() for name in names)
    return f"{firsts.pop()}_" if len(firsts) == 1 and enough else ""


def _unused(name: str, used: set[str]) -> str:
    number, found = 1, name
    while found in used:
        number += 1
        found = cut(name, LONGEST - 3) + f"_{number}"
    return found
