"""The suites of gate marts: what is about to be published, against the last publication and against the sources.

In: tables of analytics_next; limits as parameters (history.py). Out: which rule does not hold, for which mart.
Structure (keys, relations, grain) is dbt's to test; here are ranges, distributions and reconciliation.
"""

from typing import Any

import great_expectations.expectations as gxe

from expectations.rules import Rule

# For every mart. One that was never published has no limits.
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


def _range(column: str, low: float | None, high: float | None) -> Rule:
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
    )


def _words(column: str, words: list[str]) -> Rule:
    return Rule(
        f"words of {column}",
        gxe.ExpectColumnValuesToBeInSet(column=column, value_set=words),
        f"{{mart}} has {{count}} rows whose {column} is none of {', '.join(words)}",
    )


def _mean(column: str) -> Rule:
    """The mean moves by no more than history.MEANS allows."""
    limits: dict[str, Any] = {
        "min_value": {"$PARAMETER": f"{column}_at_least"},
        "max_value": {"$PARAMETER": f"{column}_at_most"},
    }
    return Rule(
        f"mean of {column}",
        gxe.ExpectColumnMeanToBeBetween(column=column, **limits),
        f"the mean {column} of {{mart}} is {{observed}}, where {{{column}_at_least}} to {{{column}_at_most}} was "
        f"expected from the {{{column}_published}} published last",
    )


def _no_rows(name: str, query: str, says: str) -> Rule:
    return Rule(name, gxe.UnexpectedRowsExpectation(unexpected_rows_query=query, description=name), says)


def _ordered(larger: str, smaller: str) -> Rule:
    return Rule(
        f"{smaller} within {larger}",
        gxe.ExpectColumnPairValuesAToBeGreaterThanB(
            column_A=larger, column_B=smaller, or_equal=True, ignore_row_if="either_value_is_missing"
        ),
        f"{{mart}} has {{count}} rows with more {smaller} than {larger}",
    )


def _reconciled(
    what: str, entity: str, staged: str, key: str, measure: str = "count(*)", source: str = "count(*)"
) -> Rule:
    """The mart's total equals that of the accepted rows less those held back."""
    accepted = f"select {source} from staging.{staged} as accepted"
    if entity:
        accepted += (
            f" where not exists (select from intermediate.int_{entity}_held_back as held_back "
            f"where held_back.{key} = accepted.{key})"
        )
    return _no_rows(
        f"{what} as at the source",
        f"select * from (select (select {measure} from {{batch}}) as mart_total, ({accepted}) as source_total) "
        "as totals where mart_total is distinct from source_total",
        f"the {what} of {{mart}} is {{mart_total}}, but {staged} less what is held back has {{source_total}}",
    )


SUITES: dict[str, tuple[Rule, ...]] = {
    "dim_accounts": (
        _range("mrr", 0, None),
        _range("user_count", 0, None),
        _mean("mrr"),
        _mean("user_count"),
        _reconciled("number of accounts", "", "stg_app__accounts", "account_id"),
    ),
    "dim_users": (_reconciled("number of users", "users", "stg_app__users", "user_id"),),
    "dim_plans": (_range("monthly_price", 0, None), _range("seat_price", 0, None)),
    "fct_invoices": (
        _range("total", 0, None),
        _range("open_amount", 0, None),
        _mean("total"),
        _reconciled("sum of invoices", "invoices", "stg_billing__invoices", "invoice_id", "sum(total)", "sum(total)"),
    ),
    "fct_payments": (
        _range("amount", 0, None),
        _words("status", ["succeeded", "failed"]),
        _mean("amount"),
        _reconciled("sum of payments", "payments", "stg_billing__payments", "payment_id", "sum(amount)", "sum(amount)"),
    ),
    "fct_mrr_movements": (
        _words("movement_type", ["new", "expansion", "contraction", "churn", "reactivation"]),
        _no_rows(
            "arithmetic of MRR",
            "select count(*) as wrong from {batch} where mrr_before + mrr_change <> mrr_after having count(*) > 0",
            "{mart} has {wrong} rows where MRR before and change do not give MRR after",
        ),
    ),
    "fct_usage_daily": (
        _range("events", 1, None),
        _range("active_users", 0, None),
        _mean("events"),
        _reconciled("number of events", "events", "stg_product__events", "event_id", "sum(events)"),
    ),
    "fct_tickets": (
        _range("satisfaction_score", 1, 5),
        _range("first_reply_hours", 0, None),
        _reconciled("number of tickets", "", "stg_helpdesk__tickets", "ticket_id"),
    ),
    "churn_features": (
        _range("mrr", 0, None),
        _range("tenure_days", 0, None),
        _range("seats", 1, None),
        _range("last_nps_score", 0, 10),
        _range("last_satisfaction_score", 1, 5),
        _range("days_since_last_seen", 0, None),
        _ordered("events_28d", "events_7d"),
        _ordered("events_90d", "events_28d"),
        _mean("mrr"),
        _mean("tenure_days"),
        _mean("events_28d"),
    ),
    "churn_training_set": (
        _no_rows(
            "share of churned",
            "select * from (select count(*) as known, count(*) filter (where churned_within_30d) as churned "
            "from {batch} where churned_within_30d is not null) as labels where known >= 200 and churned > known / 2",
            "{mart} labels {churned} of {known} rows as churned within 30 days, more than half",
        ),
        _no_rows(
            "labels nest",
            "select count(*) as wrong from {batch} where churned_within_30d and not churned_within_90d "
            "having count(*) > 0",
            "{mart} has {wrong} rows churned within 30 days but not within 90",
        ),
    ),
}

REJECTIONS = (
    Rule(
        "rejected rows",
        gxe.ExpectColumnPairValuesAToBeGreaterThanB(column_A="rejected_at_most", column_B="rejected", or_equal=True),
        "{model} rejected {rejected} of {landed} landed rows, where at most {rejected_at_most} were expected ({usual})",
    ),
)
