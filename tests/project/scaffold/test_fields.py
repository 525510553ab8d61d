"""How a column is written in its staging model: times in their zone, numbers by what their column lets in."""

import pytest

from weir.project.scaffold.described import Column
from weir.project.scaffold.fields import make
from weir.project.scaffold.proposal import Choices

BERLIN = Choices("shop", "SHOP_URL", zone="Europe/Berlin")
ROME = "at time zone 'Europe/Berlin'"


@pytest.mark.parametrize(
    ("column", "values", "sql"),
    [
        (Column("at", "timestamp", "timestamp without time zone", "timestamp"), [], f"at {ROME} as at"),
        (Column("at", "timestamptz", "timestamp with time zone", "timestamptz"), [], "at"),
        (
            Column("at", "text"), ["2024-01-31 10:00"],
            f"({{{{ parse('at', 'timestamp', name='at') }}}} at time zone 'UTC') {ROME} as at",
        ),
        (Column("at", "text"), ["2024-01-31 10:00Z"], "{{ parse('at', 'timestamp') }} as at"),
        (Column("at", "text"), ["2024-01-31"], "{{ parse('at', 'date') }} as at"),
        (
            Column("doc.at", "text", path=("at",)), ["2024-01-31 10:00"],
            f"({{{{ json_timestamp('document', 'at', name='at') }}}} at time zone 'UTC') {ROME} as at",
        ),
    ],
)  # fmt: skip
def test_a_time_without_a_zone_is_taken_for_the_one_that_was_said(column: Column, values: list, sql: str) -> None:
    assert make(column, "at", values, BERLIN)[0].sql == sql


def test_a_column_that_lets_more_in_is_no_integer() -> None:
    free = Column("price", "text", declared="NUMERIC(8, 2)", free=True)
    assert make(free, "price", ["20", "30"], BERLIN)[0].sql == "{{ parse('price', 'numeric') }} as price"
    field, asks = make(free, "price", ["20", "free"], BERLIN)
    assert field.sql == "price" and asks
