"""The questions in analyses/: each begins with its question, is asked of marts alone, and is SQL of any engine."""

import re
from pathlib import Path

import pytest

from weir.core.settings import ROOT

QUESTIONS = sorted((ROOT / "analyses").rglob("*.sql"))
MARTS = {path.stem for path in (ROOT / "models" / "marts").rglob("*.sql")}
# What one engine alone can do, or what moves with the clock: macros write the first, the run gives the second.
BANNED = ("::", "||", "distinct on", "current_date", "current_timestamp", "now()", "source(", "interval '", "->")


def test_there_are_ten() -> None:
    assert len(QUESTIONS) == 10


@pytest.mark.parametrize("path", QUESTIONS, ids=lambda path: path.stem)
def test_a_question_is_asked_of_marts_in_portable_sql(path: Path) -> None:
    text = path.read_text()
    assert re.match(r"-- [A-Z].+\?\n", text), "line one is the question"
    read = set(re.findall(r"ref\('(\w+)'\)", text))
    assert read and read <= MARTS
    assert [word for word in BANNED if word in text.lower()] == []
