"""Checks of a source as rules of a model: over the model's names, and only where they say the same there."""

import pytest

from weir.project.scaffold.described import Check, Column, Table
from weir.project.scaffold.proposal import Field, Proposed
from weir.project.scaffold.rules import candidates, of_check

NAMES = {"rating": "text", "Amount": "numeric", "start": "timestamp with time zone", "end": "timestamp with time zone",
         "born": "date", "code": "text", "year": "integer"}  # fmt: skip


@pytest.fixture
def proposed() -> Proposed:
    """A table of which each column has another name in the model."""
    fields = [Field(f"my_{name.lower()}", name, "text", type_, name) for name, type_ in NAMES.items()]
    columns = [Column(name, "text") for name in NAMES]
    return Proposed(Table("films", columns=columns), "films", "stg_shop__films", fields=fields)


@pytest.mark.parametrize(
    ("check", "reason", "predicate"),
    [
        ('(("Amount" >= (0)::numeric))', "my_amount is negative", "my_amount < 0"),
        ('("Amount" > 0)', "my_amount is not positive", "my_amount <= 0"),
        ("((year >= 1901) AND (year <= 2155))", "my_year is not between 1901 and 2155",
         "my_year not between 1901 and 2155"),
        (
            "((rating)::text = ANY ((ARRAY['G'::character varying, 'it''s'::character varying])::text[]))",
            "my_rating is unknown", "my_rating not in ('G', 'it''s')",
        ),
        ("rating in ('a', 'B')", "my_rating is unknown", "my_rating not in ('a', 'B')"),
        ('("end" >= start)', "does not hold: my_end >= my_start", "not (my_end >= my_start)"),
        ("(length(code) = 3)", "does not hold: length(my_code) = 3", "not (length(my_code) = 3)"),
        ("((code IS NULL) OR (\"Amount\" > 5))", "does not hold: (my_code is null) or (my_amount > 5)",
         "not ((my_code is null) or (my_amount > 5))"),
    ],
)  # fmt: skip
def test_a_check_becomes_a_rule(proposed: Proposed, check: str, reason: str, predicate: str) -> None:
    rule = of_check(Check("c", check), proposed)
    assert rule and (rule.reason, rule.predicate) == (reason, predicate)


@pytest.mark.parametrize(
    ("check", "predicate"),
    [
        ('"Amount"::int >= 1', "not (cast(my_amount as int) >= 1)"),
        ("code::varchar(2) = 'AB'", "not (cast(my_code as varchar(2)) = 'AB')"),
        ("(code)::text = 'AB'", "not (my_code = 'AB')"),
    ],
)
def test_a_cast_that_changes_the_value_stays(proposed: Proposed, check: str, predicate: str) -> None:
    rule = of_check(Check("c", check), proposed)
    assert rule and rule.predicate == predicate
    assert of_check(Check("c", 'start::date = "end"::date'), proposed) is None


def test_a_server_that_takes_letters_alike_says_no_rule_of_texts(proposed: Proposed) -> None:
    assert of_check(Check("c", "code = 'AB'", is_exact=False), proposed) is None
    assert of_check(Check("c", "code <> rating", is_exact=False), proposed) is None
    assert of_check(Check("c", "year > 1900", is_exact=False), proposed)


@pytest.mark.parametrize(
    "check",
    [
        "even(year)",  # a function of the source's own
        "(rating)::mpaa = 'G'::mpaa",
        "start > '2020-01-01'::timestamp",  # it has a zone in the model
        "born < now()",
        "nowhere > 1",
        "exists (select 1)",
        "this is (no SQL",
    ],
)
def test_a_check_that_says_more_is_told_instead(proposed: Proposed, check: str) -> None:
    assert of_check(Check("c", check), proposed) is None
    proposed.table.checks.append(Check("odd", check))
    candidates(proposed)
    assert any("odd can't be said here" in ask for ask in proposed.asks)


def test_one_rule_says_what_a_check_and_a_name_say() -> None:
    columns = [Column("amount", "numeric", "numeric"), Column("balance", "numeric", "numeric")]
    table = Table("t", columns=columns, checks=[Check("c", "amount > 0")])
    fields = [Field(each.name, each.name, "numerics", "numeric", each.name) for each in columns]
    found = candidates(Proposed(table, "t", "stg_shop__t", fields=fields))
    assert [each.rule.reason for each in found] == ["amount is not positive"]  # and nothing of a balance
