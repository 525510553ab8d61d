"""The rules of the gates: a rule is a name, an expectation, and the sentence to say when it fails.

In: columns and limits. Out: a Rule of each kind that the suites use.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import great_expectations.expectations as gxe
from great_expectations.expectations.expectation import Expectation

from weir.core.causes import Cause

_NAME = "[a-z_][a-z0-9_]*"
_ADDS_UP = re.compile(rf"count\(\*\)( filter \(where {_NAME}\))?|(count|sum|avg)\({_NAME}\)")


@dataclass(frozen=True)
class Rule:
    """One rule. The places in `says` are filled from the failing row, the parameters and `observed`.

    A rule that only `warns` is told and stops nothing. Its failure is kept as an incident of `cause`; `rows` names the
    value that says how many rows are concerned.

    Of a batched mart it reads what it needs: with `by_row`, which says that each row is judged by itself, the batches
    that are new; with `totals`, which judges the sums of its `measures`, no row. Any other reads all rows.
    """

    name: str
    expectation: Expectation
    says: str
    warns: bool = False
    cause: Cause = Cause.MART_UNUSUAL
    rows: str = "count"
    by_row: bool = False
    totals: Expectation | None = None
    measures: tuple[str, ...] = ()
    counts: str = ""  # a staged model whose number of rows stands beside the totals
    reads: str = ""  # the query over staging within the expectation, which gives one value

    @property
    def is_query(self) -> bool:
        """Whether the expectation is a query whose rows are the failures."""
        return isinstance(self.expectation, gxe.UnexpectedRowsExpectation)

    @property
    def of_totals(self) -> "Rule":
        """The rule as it judges the row of totals."""
        return replace(self, expectation=self.totals) if self.totals else self

    def answered(self, value: Any) -> "Rule":
        """The rule with the value that its query over staging gives, where the query stood."""
        query = str(self.expectation.configuration.kwargs["unexpected_rows_query"])
        given = query.replace(f"({self.reads})", "null" if value is None else str(value))
        return replace(self, expectation=_found_none(self.name, given), totals=None)

    def configured(self) -> Expectation:
        """A copy of the expectation with the rule's name, which comes back with the result."""
        copy: Expectation = self.expectation.copy()
        copy.meta = {"rule": self.name}
        return copy

    def sentence(self, values: dict[str, Any]) -> str:
        """The sentence with the values filled in."""
        return self.says.format_map(_Filled({name: in_words(value) for name, value in values.items()}))


class _Filled(dict[str, str]):
    def __missing__(self, name: str) -> str:
        return "?"


def in_words(value: Any) -> str:
    """The value as a person writes it: 1,234 and 0.25, not 1234.0 or 0.2500001."""
    if isinstance(value, bool) or value is None:
        return {None: "nothing", True: "true", False: "false"}[value]
    if isinstance(value, int):
        return f"{value:,}"
    try:
        number = float(value)
    except (TypeError, ValueError):
        return str(value)
    return f"{number:,.0f}" if number == int(number) and abs(number) < 1e15 else f"{number:,.2f}"


def in_range(column: str, low: float | None, high: float | None) -> Rule:
    """The rule that the column's values lie between the bounds."""
    bounds = " to ".join(str(bound) for bound in (low, high) if bound is not None)
    words = (
        f"must be {bounds}"
        if None not in (low, high)
        else f"must be {'at least' if high is None else 'at most'} {bounds}"
    )
    return Rule(
        f"range of {column}",
        gxe.ExpectColumnValuesToBeBetween(column=column, min_value=low, max_value=high),
        f"{{mart}} has {{count}} rows out of range: {column} {words}",
        by_row=True,
    )


def one_of(column: str, words: list[str]) -> Rule:
    """The rule that the column holds no words but these."""
    return Rule(
        f"words of {column}",
        gxe.ExpectColumnValuesToBeInSet(column=column, value_set=words),
        f"{{mart}} has {{count}} rows whose {column} is none of {', '.join(words)}",
        by_row=True,
    )


def steady_mean(column: str) -> Rule:
    """The rule that the column's mean moves by no more than MEANS of its suite allows."""
    limits: dict[str, Any] = {
        "min_value": {"$PARAMETER": f"{column}_at_least"},
        "max_value": {"$PARAMETER": f"{column}_at_most"},
    }
    return Rule(
        f"mean of {column}",
        gxe.ExpectColumnMeanToBeBetween(column=column, **limits),
        f"the mean {column} of {{mart}} is {{observed}}, where {{{column}_at_least}} to {{{column}_at_most}} was "
        f"expected from the {{{column}_published}} published last",
        totals=gxe.ExpectColumnMeanToBeBetween(column=f"avg({column})", **limits),
        measures=(f"avg({column})",),
    )


def no_rows(name: str, query: str, says: str, by_row: bool = False) -> Rule:
    """The rule that the query finds no rows; `by_row` where it looks at each row by itself."""
    return Rule(name, _found_none(name, query), says, by_row=by_row)


def no_totals(name: str, measures: Mapping[str, str], where: str, says: str) -> Rule:
    """The rule that the condition does not hold for totals of the mart, which stand there by their names."""
    query = "select * from (select {0} from {{batch}}) as totals where {1}"
    sums = _found_none(name, query.format(", ".join(f'"{each}" as {word}' for word, each in measures.items()), where))
    rule = no_rows(name, query.format(", ".join(f"{each} as {word}" for word, each in measures.items()), where), says)
    return (
        replace(rule, totals=sums, measures=tuple(measures.values())) if all(map(adds_up, measures.values())) else rule
    )


def _found_none(name: str, query: str) -> Expectation:
    return gxe.UnexpectedRowsExpectation(unexpected_rows_query=query, description=name)


def ordered(larger: str, smaller: str) -> Rule:
    """The rule that `smaller` is nowhere greater than `larger`."""
    return Rule(
        f"{smaller} within {larger}",
        gxe.ExpectColumnPairValuesAToBeGreaterThanB(
            column_A=larger, column_B=smaller, or_equal=True, ignore_row_if="either_value_is_missing"
        ),
        f"{{mart}} has {{count}} rows with more {smaller} than {larger}",
        by_row=True,
    )


def reconciled(
    what: str, entity: str, staged: str, key: str, measure: str = "count(*)", source: str = "count(*)"
) -> Rule:
    """The rule that the mart's total equals that of the accepted rows less the rows held back."""
    accepted = f"select {source} from staging.{staged} as accepted"
    if entity:
        accepted += (
            f" where not exists (select 1 from intermediate.int_{entity}_held_back as held_back "
            f"where held_back.{key} = accepted.{key})"
        )
    query = (
        "select * from (select (select {total} from {batch}) as mart_total, ({source}) as source_total) "
        "as totals where mart_total is distinct from source_total"
    )
    name = f"{what} as at the source"
    rule = replace(
        no_rows(
            name,
            query.replace("{total}", measure).replace("{source}", accepted),
            f"the {what} of {{mart}} is {{mart_total}}, but {staged} less what is held back has {{source_total}}",
        ),
        reads=accepted,
    )
    if not adds_up(measure):
        return rule
    counts = staged if source == "count(*)" else ""
    if counts:
        accepted = f'select "rows of {staged}" from {{batch}}'
        if entity:
            accepted = f"select ({accepted}) - (select count(*) from intermediate.int_{entity}_held_back)"
    totals = _found_none(name, query.replace("{total}", f'"{measure}"').replace("{source}", accepted))
    return replace(rule, totals=totals, measures=(measure,), counts=counts)


def adds_up(measure: str) -> bool:
    """Whether the measure of a table follows from those of its batches: a count, a sum or a mean of a column."""
    return _ADDS_UP.fullmatch(measure) is not None
