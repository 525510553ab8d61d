"""The artifacts of a run show text from sources as it is: Prefect's pages read Markdown and HTML in every cell."""

import pytest

from flows import artifacts


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("fct_orders", "fct_orders"),
        ('<img src=x onerror="alert(1)">', '&lt;img src=x onerror="alert(1)">'),
        ("[x](javascript:alert(1))", r"\[x\](javascript:alert(1))"),
        ("a|b `c` *d* &lt;", r"a\|b \`c\` \*d\* &amp;lt;"),
    ],
)
def test_what_a_page_could_obey_is_escaped(text: str, shown: str) -> None:
    assert artifacts._cell(text) == shown


def test_numbers_and_verdicts_stay_what_they_are() -> None:
    assert [artifacts._cell(value) for value in (12, None, True, False)] == [12, None, "yes", "NO"]
