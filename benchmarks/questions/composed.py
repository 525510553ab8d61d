"""Puts a question to raw together: the question's own SQL, behind the parts that it reads.

In: the name of a question, the moment that the run took for the present. Out: one statement. A part is a CTE that bears
its file's name; which ones a question needs is read from its `from` and `join`.
"""

import re
from datetime import datetime
from pathlib import Path

_HERE = Path(__file__).parent
_READ = re.compile(r"\b(?:from|join)\s+([a-z_]+)\b(?!\.)")


def composed(question: str, as_of: datetime) -> str:
    """The statement that asks raw that question. Raises FileNotFoundError where there is none of that name."""
    text = (_HERE / "raw" / f"{question}.sql").read_text()
    parts: dict[str, str] = {}
    _collect(text, parts)
    ctes = ",\n\n".join(f"{name} as (\n{part}\n)" for name, part in parts.items())
    whole = f"with {ctes},\n\n{text.removeprefix('with ')}" if text.startswith("with ") else f"with {ctes}\n\n{text}"
    return whole.replace(":as_of", f"timestamptz '{as_of.isoformat()}'")


def _collect(text: str, parts: dict[str, str]) -> None:
    """Add the parts that the SQL reads, each behind those that it reads itself."""
    for name in _READ.findall(text):
        file = _HERE / "parts" / f"{name}.sql"
        if name not in parts and file.exists():
            part = file.read_text().strip()
            _collect(part, parts)
            parts[name] = part
