"""A founder follows what an incident says: each word is plain English, or stands in the vocabulary of the pages."""

import ast
import re
from datetime import UTC, datetime
from itertools import product
from pathlib import Path

import pytest

from weir.core.causes import Cause
from weir.core.settings import ROOT
from weir.incidents import report
from weir.incidents.downstream import Downstream
from weir.incidents.fault import Fault
from weir.incidents.kinds import kinds
from weir.incidents.story import Readers, Story, tell

AT = datetime(2026, 11, 27, 3, 0, tzinfo=UTC)
PLAIN = set(Path(__file__).with_name("plain_words.txt").read_text(encoding="utf-8").split())
ENDS = ("", "s", "es", "d", "ed", "ing", "er", "n")
# Names that a text holds, not words: files, variables, commands.
NAMES = re.compile(r"docs/\S+|\.env\b|[A-Z]+_[A-Z_]+|`[^`]*`|X+")
BELOW = [
    Downstream(),
    Downstream((), (), 5),
    Downstream(("X",), (), 1),
    Downstream(("X",), ("X",), 2),
    Downstream(("X", "XX"), ("X", "XX"), 5),
    Downstream(tuple("X" * n for n in range(1, 10)), (), 9),
]
READERS = [Readers(), Readers(AT, AT), Readers(AT, AT, reachable=False)]


def vocabulary() -> set[str]:
    """The words of the table of docs/index.md."""
    page = (ROOT / "docs/index.md").read_text(encoding="utf-8").split("## Vocabulary")[1].split("\n## ")[0]
    cells = [line.split("|")[1] for line in page.splitlines() if line.startswith("| ") and "---" not in line]
    return {word.lower() for cell in cells for word in re.findall(r"[\w']+", cell)} - {"word"}


def stories(cause: Cause) -> list[Story]:
    """All that may be told of the cause."""
    many = tuple(f"X.{'X' * n}" for n in range(1, 9))
    return [
        tell(Fault(cause, "X", "X", tables=tables, rows=rows), AT, below, readers)
        for tables, rows, below, readers in product([(), many[:1], many[:2], many], [None, 0, 1, 1200], BELOW, READERS)
    ]


def words(text: str) -> set[str]:
    """The words of a text, in small letters."""
    return {word.lower() for word in re.findall(r"[A-Za-z][A-Za-z'’]*", NAMES.sub(" ", text))}


def unknown(found: set[str]) -> list[str]:
    """The words that are neither plain nor explained."""
    explained = {word + end for word in vocabulary() for end in ENDS}
    return sorted(found - PLAIN - explained)


@pytest.mark.parametrize("cause", list(Cause))
def test_each_word_of_an_incident_is_plain_or_explained(cause: Cause) -> None:
    found = set()
    for story in stories(cause):
        found |= words(" ".join([story.title, story.what, story.affected, story.readers, story.turn]))
    assert unknown(found) == []


def printed() -> set[str]:
    """The words that are printed around the stories."""
    tree = ast.parse(Path(report.__file__).read_text(encoding="utf-8"))
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)]
    parts = [part for call in calls if call.func.attr in {"say", "table"} for part in call.args]  # type: ignore[attr-defined]
    within = [node for part in parts for node in ast.walk(part)]
    names = {id(node.slice) for node in within if isinstance(node, ast.Subscript)}  # row['title']
    said = [node.value for node in within if isinstance(node, ast.Constant) and id(node) not in names]
    return words(" ".join(each for each in said if isinstance(each, str))) - {"s"}


def test_each_word_of_what_is_printed_around_it_is_plain_or_explained() -> None:
    assert len(printed()) > 15
    assert unknown(printed()) == []


def test_a_word_that_nobody_explains_is_found() -> None:
    assert unknown(words("The cron daemon of X forked, and readers wait")) == ["cron", "daemon", "forked"]


def test_no_plain_word_is_listed_in_vain() -> None:
    told = {
        word for cause in Cause for story in stories(cause) for word in words(" ".join(map(str, vars(story).values())))
    }
    assert sorted(PLAIN - told - printed()) == []


def test_each_cause_has_its_texts() -> None:
    assert set(kinds()) == set(Cause)
