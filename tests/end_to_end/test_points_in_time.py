"""Features hold what was known at their as-of moment: facts that land a week late move none of a month that is over."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg import sql
from psycopg.types.json import Jsonb

from weir.core.settings import ROOT

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]
LATE = "2026-07-08T00:00:00+00:00"
FEATURES = (
    "select * from dev_analytics.churn_features where as_of_month < '2026-07-01' order by account_id, as_of_month"
)


def call(*words: str) -> None:
    done = subprocess.run([sys.executable, "-m", *words], cwd=ROOT, capture_output=True, text=True, timeout=600)
    assert done.returncode == 0, (done.stdout + done.stderr)[-4000:]


def land_late(connection: psycopg.Connection, source: str, table: str, where: str, **changes: Any) -> None:
    """Land the row of raw that `where` finds once more, changed, in a load of its own that is a week late."""
    names = {"source": sql.Identifier(f"raw_{source}"), "table": sql.Identifier(table)}
    find = sql.SQL("select * from {source}.{table} where _op = 'upsert' and {where} order by _seq limit 1")
    cursor = connection.execute(find.format(**names, where=sql.SQL(where)))
    row = dict(zip([column.name for column in cursor.description or []], cursor.fetchone() or [], strict=True))
    for column, value in changes.items():
        row[column] = row[column] | value if isinstance(value, dict) else value
    load = f"late.{source}.{table}.{connection.execute('select count(*) from ops.landings').fetchone()}"
    row["_dlt_load_id"] = load
    del row["_seq"]
    connection.execute(
        sql.SQL("insert into {source}.{table} ({columns}) values ({values})").format(
            **names,
            columns=sql.SQL(", ").join(map(sql.Identifier, row)),
            values=sql.SQL(", ").join(sql.Placeholder() * len(row)),
        ),
        [Jsonb(value) if isinstance(value, dict) else value for value in row.values()],
    )
    connection.execute(
        "insert into ops.landings (load_id, job, source, table_name, promise, how, extracted, landed, as_of)"
        " values (%s, %s, %s, %s, 'exact', 'late', 1, 1, %s)",
        [load, table, source, table, LATE],
    )


def an_account(connection: psycopg.Connection) -> tuple:
    """An account that is active, used and billed, and that the other systems know."""
    row = connection.execute(
        "select features.account_id, accounts.customer_ref, accounts.email_domain"
        " from dev_analytics.churn_features as features inner join dev_analytics.dim_accounts as accounts"
        " using (account_id) where as_of_month = '2026-06-01' and features.is_active and events_28d > 0"
        " and last_nps_score is not null and last_satisfaction_score is not null and unpaid_invoices = 0"
        " and accounts.email_domain is not null order by account_id limit 1"
    ).fetchone()
    assert row
    return row


def test_late_facts_move_no_feature_of_a_month_that_is_over(
    warehouse: str, home: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, database: Callable[[], str]
) -> None:
    from weir.core.env import load_env

    monkeypatch.setenv("APP_URL", database())
    call("demo", "make", "--accounts", "60")
    load_env()
    try:
        call("cli.app", "land")
    finally:
        call("demo", "helpdesk", "stop")
    call("cli.dbt", "seed")
    call("cli.dbt", "run")
    with psycopg.connect(warehouse, autocommit=True, options="-c TimeZone=UTC") as connection:
        before = connection.execute(FEATURES).fetchall()
        account, customer, domain = an_account(connection)
        mine = f"account_id = {account}"
        running = connection.execute(
            f"select subscription_id from raw_app.subscriptions where {mine} and ended_at is null"
        ).fetchall()
        for (subscription,) in running:
            land_late(connection, "app", "subscriptions", f"subscription_id = {subscription}",
                      ended_at="2026-06-20T10:00:00Z", end_reason="cancelled")  # fmt: skip
        land_late(connection, "app", "subscriptions", mine,
                  subscription_id=990001, started_at="2026-03-01", ended_at="2026-05-01")  # fmt: skip
        land_late(connection, "app", "accounts", mine, account_id=990001, domain="late.example", billing_ref="L-1")
        land_late(connection, "billing", "invoices", f"customer_ref = '{customer}'", invoice_id="L-1", total="7.77",
                  status="open", invoice_date="2026-06-01", due_date="2026-06-10")  # fmt: skip
        land_late(connection, "billing", "payments", f"invoice_id in (select invoice_id from raw_billing.invoices"
                  f" where customer_ref = '{customer}' and status = 'paid')", payment_id="L-1", status="failed",
                  paid_at="2026-06-15T10:00:00Z")  # fmt: skip
        for number in range(5):
            land_late(connection, "product", "events", "document ? 'v'", _id=f"late-{number}", document={
                "_id": f"late-{number}", "account": {"id": str(account)}, "user": {"id": f"99000{number}"},
                "occurred_at": f"2026-06-2{number}T10:00:00+00:00"})  # fmt: skip
        land_late(connection, "helpdesk", "tickets", "true", id="990001", document={
            "id": 990001, "status": "open", "created_at": "2026-06-05T10:00:00Z", "solved_at": None,
            "requester": {"email": f"late@{domain}", "name": "Late"}})  # fmt: skip
        for (ticket,) in connection.execute(
            "select ticket_id from dev_analytics.fct_tickets where is_open and created_at < '2026-06-20'"
        ).fetchall():
            land_late(connection, "helpdesk", "tickets", f"id = '{ticket}'",
                      document={"status": "solved", "solved_at": "2026-06-25T10:00:00Z"})  # fmt: skip
        land_late(connection, "helpdesk", "satisfaction_ratings", "(document ->> 'ticket_id')::bigint in (select"
                  f" ticket_id from dev_analytics.fct_tickets where account_id = {account})", id="990001",
                  document={"id": 990001, "score": 1, "created_at": "2026-06-28T10:00:00Z"})  # fmt: skip
        land_late(connection, "drops", "nps_answers", f"email like '%@{domain}' and _error is null",
                  response_id="L-1", score="0", responded_at="2026-06-28T10:00:00Z")  # fmt: skip

        monkeypatch.setenv("WEIR_AS_OF", LATE)
        call("cli.dbt", "run")
        after = connection.execute(FEATURES).fetchall()
        assert len(before) > 300
        assert after == before
        # and yet all of it is known now
        now = connection.execute(
            "select is_active, unpaid_invoices > 0, failed_payments_90d > 0, last_satisfaction_score, last_nps_score,"
            f" tickets_90d > 0, subscription_count > 1 from dev_analytics.churn_features where {mine}"
            " and as_of_month = '2026-07-01'"
        ).fetchone()
        assert now == (False, True, True, 1, 0, True, True)
        late = "select count(distinct usage_date) from dev_analytics.fct_usage_daily where account_id = %s"
        assert connection.execute(late + " and usage_date between '2026-06-20' and '2026-06-24'", [account]).fetchone()
        newcomer = "select min(as_of_month)::text from dev_analytics.churn_features where account_id = 990001"
        assert connection.execute(newcomer).fetchone() == ("2026-07-01",)
