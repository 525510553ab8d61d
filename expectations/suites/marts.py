"""The suites of gate marts: compare the next set with the last publication and with the sources.

In: tables of analytics_next; limits as parameters (limits/published.py). Out: the rules that failed, by mart. dbt tests
structure (keys, relations, grain); these suites judge ranges, distributions and reconciliation.
"""

import great_expectations.expectations as gxe

from expectations.rules import Rule
from expectations.suites import churn, core

# The rules for every mart. A mart that was never published has no limits.
EVERY = (
    Rule(
        "too few rows",
        gxe.ExpectTableRowCountToBeBetween(min_value={"$PARAMETER": "rows_at_least"}),
        "{mart} has {observed} rows, less than half of the {published} published last",
    ),
    Rule(
        "too many rows",
        gxe.ExpectTableRowCountToBeBetween(max_value={"$PARAMETER": "rows_at_most"}),
        "{mart} has {observed} rows, more than three times the {published} published last",
    ),
)


SUITES: dict[str, tuple[Rule, ...]] = {**core.SUITES, **churn.SUITES}

REJECTIONS = (
    Rule(
        "rejected rows",
        gxe.ExpectColumnPairValuesAToBeGreaterThanB(column_A="rejected_at_most", column_B="rejected", or_equal=True),
        "{model} rejected {rejected} of {landed} landed rows, where at most {rejected_at_most} were expected ({usual})",
    ),
)
