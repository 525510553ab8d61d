"""The rules for the marts of models/marts/churn; both leave with the demo."""

from expectations.rules import Rule, in_range, no_rows, no_totals, ordered, steady_mean

SUITES: dict[str, tuple[Rule, ...]] = {
    "churn_features": (
        in_range("mrr", 0, None),
        in_range("tenure_days", 0, None),
        in_range("seats", 1, None),
        in_range("last_nps_score", 0, 10),
        in_range("last_satisfaction_score", 1, 5),
        in_range("days_since_last_seen", 0, None),
        ordered("events_28d", "events_7d"),
        ordered("events_90d", "events_28d"),
        steady_mean("mrr"),
        steady_mean("tenure_days"),
        steady_mean("events_28d"),
    ),
    "churn_training_set": (
        no_totals(
            "share of churned",
            {"known": "count(churned_within_30d)", "churned": "count(*) filter (where churned_within_30d)"},
            "known >= 200 and 2 * churned > known",
            "{mart} labels {churned} of {known} rows as churned within 30 days, more than half",
        ),
        no_rows(
            "labels nest",
            "select count(*) as wrong from {batch} where churned_within_30d and not churned_within_90d "
            "having count(*) > 0",
            "{mart} has {wrong} rows churned within 30 days but not within 90",
            by_row=True,
        ),
    ),
}
# By mart the columns whose mean is watched: name -> by which factor the mean may rise or fall.
MEANS: dict[str, dict[str, float]] = {
    "churn_features": {"mrr": 2.0, "tenure_days": 2.0, "events_28d": 3.0},
}
