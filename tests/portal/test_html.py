"""No value becomes markup, and values read as a person writes them."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from tests.support.portal import HOSTILE
from weir.portal.html import Html, el, joined, shown, size, table


def test_every_text_is_escaped_but_what_is_html_already() -> None:
    made = el("p", HOSTILE, el("b", HOSTILE), title=HOSTILE, data_x=HOSTILE)
    assert "<script" not in made and "<img" not in made and "<!--" not in made
    assert made.count("&lt;script&gt;") == 4 and "\"'" not in made
    assert "\u202e" not in made, "a change of direction is made visible"
    assert joined([HOSTILE, Html("<i></i>")], " < ").endswith(" &lt; <i></i>")


def test_no_cell_caption_or_column_of_a_table_is_markup() -> None:
    made = table(HOSTILE, [HOSTILE, f"{HOSTILE}#"], [[HOSTILE, HOSTILE]], id=HOSTILE)
    assert "<script" not in made and "<img" not in made
    assert '<th class="n" scope="col">' in made.replace('scope="col" class="n"', 'class="n" scope="col"')


def test_a_secret_is_no_part_of_the_page(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SHOP_PASSWORD", "s3cret-word")
    assert "s3cret-word" not in el("p", "postgresql://me:s3cret-word@host refused s3cret-word")


@pytest.mark.parametrize(
    ("value", "says"),
    [
        (None, "–"), (True, "yes"), (1234567, "1,234,567"), (Decimal("1234.50"), "1,234.50"), (Decimal("3.00"), "3"),
        (Decimal("NaN"), "NaN"), (date(2026, 7, 1), "1 July 2026"), (0, "0"), ("", ""),
        (datetime(2026, 7, 1, 6, tzinfo=UTC), "1 July 2026, 06:00 UTC"),
    ],
)  # fmt: skip
def test_values_as_a_person_reads_them(value: object, says: str) -> None:
    assert shown(value) == says


def test_sizes_in_the_largest_unit() -> None:
    sizes = [0, 999, 1000, 12_345_678, 999_999_999_999, -5_000, None]
    assert [size(each) for each in sizes] == ["0 bytes", "999 bytes", "1.0 kB", "12.3 MB", "1,000 GB", "-5.0 kB", "–"]
