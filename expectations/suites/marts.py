"""The suites of gate marts: compare the next set with the last publication and with the sources.

In: tables of analytics_next; limits as parameters (limits/published.py). Out: the rules that failed, by mart. dbt tests
structure (keys, relations, grain); these suites judge ranges, distributions and reconciliation.
Every other file of this folder but raw.py holds `SUITES` (rules by mart) and, where means are watched, `MEANS`.
"""

import pkgutil
from collections.abc import Iterator
from importlib import import_module
from types import ModuleType

import great_expectations.expectations as gxe

from expectations import suites
from expectations.rules import Rule
from weir.core.causes import Cause
from weir.core.errors import WeirError

# The rules for every mart. A mart that was never published has no limits.
EVERY = (
    Rule(
        "too few rows",
        gxe.ExpectTableRowCountToBeBetween(min_value={"$PARAMETER": "rows_at_least"}),
        "{mart} has {observed} rows, less than half of the {published} published last",
        rows="observed",
        totals=gxe.ExpectColumnSumToBeBetween(column="count(*)", min_value={"$PARAMETER": "rows_at_least"}),
        measures=("count(*)",),
    ),
    Rule(
        "too many rows",
        gxe.ExpectTableRowCountToBeBetween(max_value={"$PARAMETER": "rows_at_most"}),
        "{mart} has {observed} rows, more than three times the {published} published last",
        rows="observed",
        totals=gxe.ExpectColumnSumToBeBetween(column="count(*)", max_value={"$PARAMETER": "rows_at_most"}),
        measures=("count(*)",),
    ),
)


def _files() -> Iterator[ModuleType]:
    """The files of this folder that hold rules by mart. Raises WeirError for a file without `SUITES`."""
    for name in sorted(module.name for module in pkgutil.iter_modules(suites.__path__)):
        if name not in {"marts", "raw"}:
            module = import_module(f"{suites.__name__}.{name}")
            if not isinstance(getattr(module, "SUITES", None), dict):
                raise WeirError(f"expectations/suites/{name}.py has no SUITES, the rules by mart: add it (see core.py)")
            yield module


SUITES: dict[str, tuple[Rule, ...]] = {}
# By mart the columns whose mean is watched: name -> by which factor the mean may rise or fall.
MEANS: dict[str, dict[str, float]] = {}
for _file in _files():
    for _mart, _rules in _file.SUITES.items():
        SUITES[_mart] = (*SUITES.get(_mart, ()), *_rules)
    for _mart, _factors in getattr(_file, "MEANS", {}).items():
        MEANS[_mart] = MEANS.get(_mart, {}) | _factors

SHARES = (
    Rule(
        "share of rejected rows",
        gxe.ExpectColumnPairValuesAToBeGreaterThanB(column_A="waiting_at_most", column_B="waiting", or_equal=True),
        "{table_at}: {share} of its rows wait in quarantine ({waiting} of {live}), where max_rejected allows "
        "{allowed}; mostly “{top}”: `weir quarantine {model}`",
        cause=Cause.MANY_REJECTED,
        rows="waiting",
    ),
)
REJECTIONS = (
    Rule(
        "rejected rows",
        gxe.ExpectColumnPairValuesAToBeGreaterThanB(column_A="rejected_at_most", column_B="rejected", or_equal=True),
        "{model} rejected {rejected} of {landed} landed rows, where at most {rejected_at_most} were expected ({usual})",
        cause=Cause.MANY_REJECTED,
        rows="rejected",
    ),
)
