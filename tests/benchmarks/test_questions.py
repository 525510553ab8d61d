"""The benchmark of questions: each has its form over raw, put together of parts; answers that differ end it."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
import sqlglot
from sqlglot import exp

from benchmarks.questions import composed as questions
from benchmarks.questions.composed import composed
from benchmarks.questions.measured import _compare
from weir.core.settings import ROOT

FOLDER = Path(questions.__file__).parent
AS_OF = datetime(2026, 7, 1, tzinfo=UTC)
NAMES = sorted(path.stem for path in (ROOT / "analyses").rglob("*.sql"))


def test_every_question_has_its_form_over_raw_and_every_part_is_used() -> None:
    assert sorted(path.stem for path in (FOLDER / "raw").glob("*.sql")) == NAMES
    read = " ".join(composed(name, AS_OF) for name in NAMES)
    assert [part.stem for part in (FOLDER / "parts").glob("*.sql") if f"{part.stem} as (\n" not in read] == []


@pytest.mark.parametrize("name", NAMES)
def test_a_question_to_raw_reads_nothing_that_was_built(name: str) -> None:
    statement = sqlglot.parse_one(composed(name, AS_OF), dialect="postgres")
    schemas = {table.db for table in statement.find_all(exp.Table) if table.db}
    assert {schema for schema in schemas if not schema.startswith("raw_")} <= {"ops", "reference"}


def test_answers_that_differ_in_one_value_are_told_and_end_the_benchmark() -> None:
    _compare("q", [(1, "a"), (2, "b")], [(1, "a"), (2, "b")])
    with pytest.raises(
        SystemExit, match=r"q: marts give 2 rows, raw 2; 1 differ\n  marts \(2, 'b'\)\n  raw   \(2, 'c'\)"
    ):
        _compare("q", [(1, "a"), (2, "b")], [(1, "a"), (2, "c")])
    with pytest.raises(SystemExit, match="marts give 1 rows, raw 2"):
        _compare("q", [(1, "a")], [(1, "a"), (2, "b")])
    with pytest.raises(SystemExit, match="marts give 0 rows"):
        _compare("q", [], [])
