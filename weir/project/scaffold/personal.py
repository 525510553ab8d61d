"""What of a source is personal or a secret, by the names and values of its columns.

In: a column and its sample. Out: a kind of weir/project/personal.py, or the word that says why it is left out.
"""

import re
from collections import Counter
from collections.abc import Iterable

from weir.project.patterns import is_card, kind_of_name, kind_of_value
from weir.project.scaffold.described import Column

_SECRET = re.compile(
    r"(.*_)?(pass(word|wd|phrase|code)|passwd|pwd|hash(ed)?|salt|secret|token|api_?key|private_?key|otp|pin(_code)?|"
    r"cvv|cvc|card_?number|credit_?card(_?no|_?number)?|security_?code|encrypted(_.*)?|credential)s?(_.*)?",
)
_HARMLESS = re.compile(r".*_(at|on|id|type|count|expires?|expiry|date|last_?4|brand|valid|enabled|length|hint)$")
_LEAST = 0.3  # the share of values that must look like a kind


def secret(name: str, values: Iterable[str | None], kind: str = "text") -> str:
    """Why the column must not land: "a secret by its name", "card numbers"; empty where it may.

    `name` is in snake_case.
    """
    is_secret = _SECRET.fullmatch(name) and not _HARMLESS.fullmatch(name)
    if is_secret and kind not in {"boolean", "date", "timestamp", "timestamptz"}:
        return "a secret by its name"
    given = [value for value in values if value]
    if given and sum(map(is_card, given)) > max(2, 0.5 * len(given)):
        return "card numbers"
    return ""


def pii(column: Column, name: str, values: Iterable[str | None]) -> str:
    """The kind of personal data that the column holds, as its name and values say; empty where it holds none."""
    given = [value for value in values if value]
    if column.kind in {"text", "json"}:
        seen = Counter(kind_of_value(value) for value in given[:500])
        for kind, number in Counter({k: n for k, n in seen.items() if k}).most_common(1):
            if number >= _LEAST * min(len(given), 500):
                return kind
    kind = kind_of_name(name)
    if column.kind in {"boolean", "bytes", "json", "array", "numeric", "double", "interval", "time"}:
        return ""
    if kind == "birth_date" or column.kind == "text":
        return "" if kind in {"person"} or (kind in {"name"} and _is_no_person(name)) else kind
    return ""


def _is_no_person(name: str) -> bool:
    """A name that says nothing of people: display_name of a product, owner of a table."""
    return name in {"display_name", "owner", "contact"}
