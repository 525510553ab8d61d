-- No feature counts backwards in time, no window holds less than a shorter one, no row lies beyond as_of.
select account_id, as_of_month
from {{ ref('churn_features') }}
where as_of_at > {{ as_of() }}
    or least(
        account_age_days, tenure_days, days_on_plan, days_since_last_seen, days_since_last_payment,
        oldest_overdue_days, oldest_open_ticket_days, days_since_last_satisfaction, days_since_last_nps
    ) < 0
    or events_7d > events_28d or events_28d > events_90d
    or events_7d + events_prior_7d > events_28d
    or active_days_7d > 7 or active_days_28d > 28 or active_days_90d > 90
    or failed_payments_28d > failed_payments_90d
    or overdue_invoices > unpaid_invoices
    or is_active <> (mrr > 0)
