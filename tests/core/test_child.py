"""Child processes: what a child prints is never taken for an answer, and a child that can't begin says why."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from weir.core.child import Child
from weir.core.errors import WeirError
from weir.core.handed import handed

TALKS = """
from weir.core.child import serve
def prepare():
    print("19:23:44  Encountered an error", flush=True)
    return {"double": lambda request, event: print("42", flush=True) or request["number"] * 2}
serve(prepare)
"""
FAILS = """
from weir.core.child import serve
from weir.core.errors import WeirError
def prepare():
    raise {fault}
serve(prepare)
"""


@pytest.fixture
def child(home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str], Child]]:
    """A function that starts a child of this code."""
    started: list[Child] = []

    def start(code: str) -> Child:
        (tmp_path / "some_child.py").write_text(code)
        monkeypatch.setenv("PYTHONPATH", str(tmp_path))
        started.append(Child("some_child", handed()))
        return started[-1]

    yield start
    for each in started:
        each.end()


def test_what_a_child_prints_before_it_is_ready_is_no_answer(child: Callable[[str], Child]) -> None:
    made = child(TALKS)
    assert [made.ask("double", number=number) for number in (2, 3)] == [4, 6]
    assert made.log.read_text() == "19:23:44  Encountered an error\n42\n42\n"


@pytest.mark.parametrize(
    ("fault", "says"),
    [("WeirError('.env, line 3, can\\'t be read')", ".env, line 3, can't be read"), ("KeyError('a')", "KeyError: 'a'")],
)
def test_a_child_that_can_not_begin_says_why_to_each_who_asks(
    fault: str, says: str, child: Callable[[str], Child]
) -> None:
    made = child(FAILS.format(fault=fault))
    for _ in range(2):
        with pytest.raises(WeirError) as caught:
            made.ask("double", number=2)
        assert str(caught.value) == says


@pytest.mark.parametrize("line", ["19:23:44 an error", "42"])
def test_a_child_that_writes_no_answer_is_one_line(line: str, child: Callable[[str], Child]) -> None:
    with pytest.raises(WeirError, match=f"some_child wrote what is no answer: '{line}'"):
        child(f"print({line!r}, flush=True); input()").ask("double", number=2)
