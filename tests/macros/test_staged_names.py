"""Staged models whose columns bear awkward names."""

import pytest

from tests.support.shop import Shop, state

pytestmark = pytest.mark.slow


def test_columns_whose_names_are_words_of_sql(shop: Shop) -> None:
    """Bare, `user` would be the account that dbt runs as, in every row."""
    model = """
    with typed as (
        select
            {{ parse('user', 'bigint') }} as "user",
            {{ parse('order', 'numeric(12, 2)') }} as "order",
            {{ parse('current_role', 'text') }} as role,
            {{ carry(key=['user']) }}
        from {{ source('shop', 'TABLE') }}
    )

    select *, {{ reject({}) }} from typed
    """
    shop.table("words", model, '"user" text, "order" text, "current_role" text')
    shop.land("words", 1, [{'"user"': "1", '"order"': "2", '"current_role"': "owner"}, {'"user"': "2", '"order"': "x"}])
    shop.build()
    staged, quarantine, _ = state(shop, "words")
    assert [(str(row[0]), str(row[1]), row[2]) for row in staged] == [("1", "2.00", "owner")]
    assert [(row[0], row[1]) for row in quarantine] == [("2", ["order is not a numeric"])]


def test_a_rejected_row_is_whole_whatever_its_columns_are_called(shop: Shop) -> None:
    """`to_jsonb(r)` would be the column `r`, where raw has one."""
    columns = "order_id text, amount text, r jsonb, b text, l text, c text"
    shop.table("orders", columns=columns)
    shop.land("orders", 1, [{"order_id": "1", "amount": "x", "r": {"a": 1}, "b": "b", "l": "l", "c": "c"}])
    shop.build()
    assert state(shop, "orders")[1][0][2] == {
        "order_id": "1", "amount": "x", "r": {"a": 1}, "b": "b", "l": "l", "c": "c",
    }  # fmt: skip
