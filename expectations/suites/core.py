"""The rules for the marts of models/marts/core; both leave with the demo."""

from expectations.rules import Rule, in_range, no_rows, one_of, reconciled, steady_mean

SUITES: dict[str, tuple[Rule, ...]] = {
    "dim_accounts": (
        in_range("mrr", 0, None),
        in_range("user_count", 0, None),
        steady_mean("mrr"),
        steady_mean("user_count"),
        reconciled("number of accounts", "", "stg_app__accounts", "account_id"),
    ),
    "dim_users": (reconciled("number of users", "users", "stg_app__users", "user_id"),),
    "dim_plans": (in_range("monthly_price", 0, None), in_range("seat_price", 0, None)),
    "fct_invoices": (
        in_range("total", 0, None),
        in_range("open_amount", 0, None),
        steady_mean("total"),
        reconciled("sum of invoices", "invoices", "stg_billing__invoices", "invoice_id", "sum(total)", "sum(total)"),
    ),
    "fct_payments": (
        in_range("amount", 0, None),
        one_of("status", ["succeeded", "failed"]),
        steady_mean("amount"),
        reconciled("sum of payments", "payments", "stg_billing__payments", "payment_id", "sum(amount)", "sum(amount)"),
    ),
    "fct_revenue_monthly": (
        in_range("amount", 0, None),
        in_range("reporting_amount", 0, None),
        in_range("invoice_count", 1, None),
        steady_mean("reporting_amount"),
        reconciled(
            "revenue",
            "invoices",
            "stg_billing__invoices",
            "invoice_id",
            "sum(amount)",
            "sum(total) filter (where status is distinct from 'void')",
        ),
    ),
    "fct_mrr_movements": (
        one_of("movement_type", ["new", "expansion", "contraction", "churn", "reactivation"]),
        no_rows(
            "arithmetic of MRR",
            "select count(*) as wrong from {batch} where mrr_before + mrr_change <> mrr_after having count(*) > 0",
            "{mart} has {wrong} rows where MRR before and change do not give MRR after",
            by_row=True,
        ),
    ),
    "fct_usage_daily": (
        in_range("events", 1, None),
        in_range("active_users", 0, None),
        steady_mean("events"),
        reconciled("number of events", "events", "stg_product__events", "event_id", "sum(events)"),
    ),
    "fct_tickets": (
        in_range("satisfaction_score", 1, 5),
        in_range("first_reply_hours", 0, None),
        reconciled("number of tickets", "", "stg_helpdesk__tickets", "ticket_id"),
    ),
}
# By mart the columns whose mean is watched: name -> by which factor the mean may rise or fall.
MEANS: dict[str, dict[str, float]] = {
    "dim_accounts": {"mrr": 2.0, "user_count": 2.0},
    "fct_payments": {"amount": 2.0},
    "fct_invoices": {"total": 2.0},
    "fct_revenue_monthly": {"reporting_amount": 2.0},
    "fct_usage_daily": {"events": 3.0},
}
