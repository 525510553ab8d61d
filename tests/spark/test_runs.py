"""Runs that build on a real local cluster: published as ever, proven there, and killed in between."""

import json
import re
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.support.commands import query
from tests.support.long import only_long
from tests.support.shop_on_spark import ORDERS, Shop
from weir.core.settings import ROOT
from weir.spark.local import processes

pytestmark = [pytest.mark.slow, pytest.mark.spark, pytest.mark.timeout(900)]
STAGED = "select model, rows from ops.spark_staging inner join ops.staged_code using (model) where digest = 'spark'"


def test_a_run_on_spark_publishes_what_is_there(shop: Shop) -> None:
    assert query(shop.home, ORDERS) == [(number, "10.00") for number in range(1, 41)]
    assert query(shop.home, "select email, name from analytics.dim_people order by 1") == [
        ("ann@x.io", "Ann"), ("ben@x.io", "Ben"),
    ]  # fmt: skip
    assert sorted(query(shop.home, STAGED)) == [("stg_leads__people", 2), ("stg_shop__orders", 40)]
    assert query(shop.home, "select to_regclass('staging.stg_shop__orders') is null") == [(True,)]
    told = shop.call("weir", "run")
    assert "Seconds: land" in told
    assert "build" not in told.partition("Seconds: ")[2].splitlines()[0]


def test_a_day_later_what_is_new_is_counted_judged_and_proven(shop: Shop) -> None:
    shop.company.orders(39, 45, day="2026-07-01", amount="12.50")
    shop.company.orders(46, 46, day="2026-07-01", amount="-1")
    shop.call("weir", "run")
    assert query(shop.home, ORDERS)[37:] == [(38, "10.00"), *((number, "12.50") for number in range(39, 46))]
    rejected = query(shop.home, "select key, reasons, row ->> 'amount', resolved_at from quality.quarantine")
    assert rejected == [("46", ["amount is negative"], "-1", None)]
    counted = query(shop.home, "select sum(landed)::int, sum(accepted)::int, sum(rejected)::int from ops.ledger")
    assert counted == [(50, 49, 1)]
    told = shop.call("weir", "verify")
    assert "Verified: nothing was lost." in told
    assert re.search(r"stg_shop__orders +46 +45 +1 .*yes", told)
    told = shop.call("weir", "quarantine")
    assert re.search(r"stg_shop__orders +amount is odd +7 +39", told)
    told = shop.call("weir", "quarantine", spark=False)
    assert "accepted with a warning: not known now, for staging lies on Spark" in told


_TOTALS = """
from expectations.on_spark import answered
from expectations.rules import reconciled
from weir import warehouse
from weir.core.env import load_project

load_project()
rule = reconciled("sum of orders", "", "stg_shop__orders", "order_id", "sum(amount)", "sum(amount)")
with warehouse.connect() as connection:
    (told,) = answered(connection, {"fct_orders": (rule,)})["fct_orders"]
print(told.expectation.configuration.kwargs["unexpected_rows_query"], told.totals)
"""


def test_a_rule_that_asks_staging_for_a_total_is_answered_by_spark(shop: Shop) -> None:
    done = subprocess.run(
        [sys.executable, "-c", _TOTALS], cwd=ROOT, env=shop.environment(), capture_output=True, text=True, check=True
    )
    (total,) = query(shop.home, "select sum(amount) from analytics.fct_orders")[0]
    assert f", {total} as source_total" in done.stdout.replace("(", "").replace(")", "")
    assert "staging." not in done.stdout
    assert done.stdout.strip().endswith("None")


def test_a_row_that_was_changed_on_spark_is_named(shop: Shop) -> None:
    table = "staging.stg_shop__orders__all"
    shop.ask(f"update {table} set amount = 11 where _kind = 'accepted' and order_id = 7")
    shop.ask(f"delete from {table} where _kind = 'accepted' and order_id = 8")
    told = shop.call("weir", "verify", exit_code=1)
    assert "shop.orders: 1 missing, 1 different between raw and stg_shop__orders with its quarantine" in told
    assert "key 7 differs in staging.stg_shop__orders, column amount" in told
    assert "key 8 is missing in staging.stg_shop__orders" in told
    shop.call("weir", "run", "--full-refresh")
    assert "Verified: nothing was lost." in shop.call("weir", "verify")


def test_a_test_that_fails_on_spark_publishes_nothing(shop: Shop) -> None:
    before = query(shop.home, ORDERS)
    mart = Path(shop.settings["WEIR_PROJECT_DIR"]) / "models/marts/fct_orders.sql"
    code = mart.read_text()
    mart.write_text(f"{code} union all {code}")
    told = shop.call("weir", "run", exit_code=1)
    assert "unique_fct_orders_order_id" in told
    assert "nothing is published" in told
    assert query(shop.home, ORDERS) == before
    mart.write_text(code)


@only_long
def test_a_run_killed_while_what_was_built_comes_back_is_done_again(shop: Shop) -> None:
    shop.company.orders(50, 52, day="2026-07-02")
    marks = query(shop.home, "select mark from ops.spark_staging order by 1")
    with shop.started() as run:
        while query(shop.home, "select mark from ops.spark_staging order by 1") == marks:
            assert run.poll() is None
            time.sleep(0.05)
        run.kill()
    shop.call("weir", "run")
    assert query(shop.home, ORDERS)[-3:] == [(number, "10.00") for number in range(50, 53)]
    assert "Verified: nothing was lost." in shop.call("weir", "verify")


@only_long
def test_an_executor_killed_in_the_midst_of_a_step_is_replaced(shop: Shop) -> None:
    shop.company.orders(55, 56, day="2026-07-03")
    with shop.started() as run:
        shop.wait_for_a_step(run)
        executors = [
            each for role, each in processes.found(shop.home / "spark") if "Executor" in " ".join(each.cmdline())
        ]
        executors[0].kill()
        output = run.communicate()[0]
    assert run.returncode == 0, output[-6000:]
    assert query(shop.home, ORDERS)[-2:] == [(55, "10.00"), (56, "10.00")]


def test_a_server_killed_in_the_midst_of_a_step_is_one_line_and_its_start_mends_all(shop: Shop) -> None:
    shop.company.orders(60, 61, day="2026-07-04")
    before = query(shop.home, ORDERS)
    with shop.started() as run:
        shop.wait_for_a_step(run)
        processes.leaders(processes.found(shop.home / "spark"))["thrift"].kill()
        output = run.communicate()[0]
    assert run.returncode == 1
    assert "Traceback" not in output
    assert "nothing is published" in output
    assert query(shop.home, ORDERS) == before
    told = shop.call("weir", "run", exit_code=1)
    assert "of WEIR_SPARK_URL does not answer: start it (`weir spark up`); nothing is published" in told
    shop.up()
    shop.call("weir", "run")
    assert query(shop.home, ORDERS)[-2:] == [(60, "10.00"), (61, "10.00")]
    assert "Verified: nothing was lost." in shop.call("weir", "verify")


def test_back_on_postgresql_staging_is_made_anew_and_spark_takes_over_again(shop: Shop) -> None:
    shop.company.orders(70, 70, day="2026-07-05")
    shop.call("weir", "run", spark=False)
    assert query(shop.home, STAGED) == []
    orders = len(query(shop.home, ORDERS))
    assert query(shop.home, "select count(*) from staging.stg_shop__orders") == [(orders,)]
    assert "Verified: nothing was lost." in shop.call("weir", "verify", spark=False)
    shop.company.orders(71, 71, day="2026-07-06")
    shop.call("weir", "run")
    assert query(shop.home, ORDERS)[-2:] == [(70, "10.00"), (71, "10.00")]
    assert dict(query(shop.home, STAGED)) == {"stg_leads__people": 2, "stg_shop__orders": orders + 1}
    assert "Verified: nothing was lost." in shop.call("weir", "verify")
    told = shop.call("weir", "verify", spark=False, exit_code=1)
    assert "staging lies on Spark" in told


@only_long
def test_views_of_ops_are_made_in_a_warehouse_that_took_the_others_place(shop: Shop) -> None:
    kept = shop.home / "target" / "views-of-ops.json"
    mine = json.loads(kept.read_text())
    kept.write_text(json.dumps(mine | {"warehouse": "1/another"}))
    shop.call("weir", "build", "--select", "dim_people")
    assert json.loads(kept.read_text()) == mine
    assert mine["warehouse"].endswith("/weir")


CLICKS = """
version: 2
sources:
  - name: leads
    schema: raw_leads
    config: {meta: {connection: LEADS_URL}}
    tables:
      - {name: clicks, config: {meta: {key: [id], path: "clicks/*.jsonl", repeats: last, land: lake}}}
"""
STG_CLICKS = """
with typed as (
    select {{ parse('id', 'bigint') }} as id, {{ carry(key=['id'], unreadable=true) }}
    from {{ source('leads', 'clicks') }}
)

select *, {{ reject({}) }} from typed
"""


def test_a_table_that_lands_in_the_lake_alone_is_staged_counted_and_proven(shop: Shop) -> None:
    folder = Path(shop.settings["WEIR_PROJECT_DIR"]) / "models"
    (folder / "staging/leads/_clicks__sources.yml").write_text(CLICKS)
    (folder / "staging/leads/stg_leads__clicks.sql").write_text(STG_CLICKS)
    (folder / "marts/fct_clicks.sql").write_text("select id from {{ ref('stg_leads__clicks') }}")
    clicks = shop.company.folder / "leads/clicks"
    clicks.mkdir()
    (clicks / "a.jsonl").write_text("".join(f'{{"id": {n}}}\n' for n in range(1, 101)) + "broken\n")
    (clicks / "b.jsonl").write_text('{"id": "x"}\n{"id": 100}\n')
    shop.call("weir", "run")
    assert query(shop.home, "select count(*), count(distinct id) from analytics.fct_clicks") == [(100, 100)]
    rejected = query(shop.home, "select key, reasons from quality.quarantine where model = 'stg_leads__clicks'")
    assert len(rejected) == 2
    assert query(shop.home, "select count(*) from raw_leads.clicks") == [(0,)]
    told = shop.call("weir", "verify")
    assert "Not compared with their sources, for their rows are in the lake alone: leads.clicks." in " ".join(
        told.split()
    )
    assert "Verified: nothing was lost." in told
    told = shop.call("weir", "build", "--select", "stg_leads__clicks", spark=False, exit_code=1)
    assert "leads.clicks lands in the lake, where only Spark reads its rows: set WEIR_SPARK_URL" in " ".join(
        told.split()
    )


@only_long
def test_a_file_of_such_a_table_that_changes_and_one_that_goes_reach_the_marts(shop: Shop) -> None:
    clicks = shop.company.folder / "leads/clicks"
    (clicks / "a.jsonl").write_text("".join(f'{{"id": {n}}}\n' for n in range(2, 102)))
    (clicks / "b.jsonl").unlink()
    shop.call("weir", "run")
    found = query(shop.home, "select min(id), max(id), count(*) from analytics.fct_clicks")
    assert found == [(2, 101, 100)]
    assert "Verified: nothing was lost." in shop.call("weir", "verify")
