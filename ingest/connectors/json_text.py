"""JSON text that jsonb can hold, and keys as text."""

import io
import json
import re
from decimal import Decimal
from typing import Any

_ESCAPE = re.compile(
    r"\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|\\u(0000|[dD][89a-fA-F][0-9a-fA-F]{2})|\\."
)


def made_visible(text: str) -> str:
    """The JSON text, with characters that jsonb refuses (\\u0000, half of a surrogate pair) made visible."""
    out, at = None, 0
    for match in _ESCAPE.finditer(text):
        if match[1]:
            out = out or io.StringIO()
            out.write(text[at : match.start()] + "\\")
            at = match.start()
    return out.getvalue() + text[at:] if out else text


def safe(text: str) -> str:
    """The JSON text in a form that jsonb can hold."""
    return made_visible(text) if "\\u" in text else text


def key_text(document: Any, path: list[str]) -> str | None:
    """The value at the path, as text; None where there is none."""
    value = document
    for step in path:
        value = value.get(step) if isinstance(value, dict) else None
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, int | Decimal) and not isinstance(value, bool):
        return str(value)
    return json.dumps(value, ensure_ascii=False, default=str)
