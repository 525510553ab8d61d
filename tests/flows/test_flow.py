"""The flow end to end on a small company: what it publishes, what stops it, and how it ends whatever happens."""

import subprocess
import sys

import pytest

from tests.support.flow import flow_state, last_run, query, run, task_runs
from tests.support.small_company import Company
from weir.core.settings import home

pytestmark = pytest.mark.slow


def test_a_run_publishes_and_is_told_in_prefect_then_nothing_is_done_twice(
    first: tuple[Company, tuple[int, str, str]],
) -> None:
    company, (code, out, err) = first
    assert (code, err) == (0, "")
    assert "302 rows changed in 2 marts." in out
    assert "/runs/flow-run/" in out
    assert query("select count(*) from analytics.fct_orders") == [(300,)]
    state, message, flow_run = last_run()
    assert (state, message, flow_state(flow_run)) == ("succeeded", None, "Completed")
    names = {"land", "gate raw", "build", "gate marts", "publish", "balance", "shop.orders", "leads.people",
             "stg_shop__orders", "stg_leads__people", "fct_orders", "dim_people",
             "unique_fct_orders_order_id", "not_null_fct_orders_order_id"}  # fmt: skip
    assert task_runs(flow_run) == dict.fromkeys(names, "Completed")
    portal = home() / "portal" / "index.html"
    assert f": {portal}" in out and portal.read_text().endswith("</html>\n")
    steps = query("select step from ops.run_steps where seconds > 0 order by step")
    assert steps == [("balance",), ("build",), ("gate marts",), ("gate raw",), ("land",), ("publish",)]
    assert query("select count(distinct day), count(*) > 20 from ops.sizes") == [(1, True)]

    code, out, err = run()
    assert (code, err) == (0, "")
    assert "Nothing new at the sources: what is published stays." in out
    assert set(task_runs(last_run()[2])) == names - {name for name in names if "_" in name}
    assert query("select count(*) from ops.publications") == [(1,)]

    query("update analytics.fct_orders set amount = 0 where order_id = 1 returning 1")
    code, _, err = run()
    assert code == 1
    assert "analytics.fct_orders is not as publication 1 left it" in err and "`weir publish` puts that right" in err

    company.orders(301, 301)
    portal.parent.rename(portal.parent.with_name("portal before"))
    portal.parent.write_text("no folder")
    code, out, err = run()
    portal.parent.unlink()
    assert code == 0 and f"portal: the portal can't be written to {portal.parent}" in err
    assert "2 rows changed in 2 marts." in out
    built = task_runs(last_run()[2])
    assert "fct_orders" in built
    assert "dim_people" not in built, "only what new rows touch is built"


def test_a_set_that_was_built_and_published_by_hand_is_known_to_the_next_run(published: Company) -> None:
    published.orders(701, 702)
    for words in ("land", "build", "check marts", "publish"):
        subprocess.run([sys.executable, "-m", "cli.app", *words.split()], check=True, capture_output=True, timeout=120)
    code, out, err = run()
    assert (code, err) == (0, "")
    assert "Nothing new at the sources: what is published stays." in out
    assert query("select command, state from ops.runs order by started_at desc limit 3") == [
        ("run", "succeeded"), ("build", "succeeded"), ("land", "succeeded")
    ]  # fmt: skip


def test_a_failed_gate_stops_what_depends_on_it_until_accepted(published: Company) -> None:
    ((orders,),) = query("select count(*) from analytics.fct_orders")
    published.shop("delete from orders where order_id > 100")
    published.people("b.csv", ["cleo@x.io,Cleo"])
    code, out, err = run()
    assert code == 1
    assert f"orders lost {orders - 100} rows at the source, at least half of the {orders} it had" in err
    assert "gate raw shop: orders lost" in err
    assert '--accept "raw shop: orders: deletes"' in out
    assert query("select count(*) from analytics.fct_orders") == [(orders,)]
    assert query("select count(*) from analytics.dim_people") == [(2,)]
    assert last_run()[0] == "failed"
    code, _, err = run("accept=['raw shop: orders: deletes']")
    assert code == 1
    assert f"gate marts: fct_orders has 100 rows, less than half of the {orders} published last" in err
    assert query("select count(*) from analytics.fct_orders") == [(orders,)]
    assert run("accept=['raw shop: orders: deletes', 'marts: fct_orders']")[0] == 0
    assert query("select count(*) from analytics.fct_orders") == [(100,)]
    assert query("select count(*) from analytics.dim_people") == [(3,)]


def test_a_source_that_is_down_fails_the_others_land_and_readers_keep_the_last_set(published: Company) -> None:
    ((orders,),) = query("select count(*) from analytics.fct_orders")
    published.orders(901, 910)
    (published.folder / "leads").rename(published.folder / "gone")
    code, _, err = run()
    assert code == 1
    assert "leads" in err
    assert "nothing that depends on leads is built or published" in err
    assert query("select count(*) from staging.stg_shop__orders") == [(orders + 10,)]
    assert query("select count(*) from analytics.fct_orders") == [(orders,)]
    assert task_runs(last_run()[2])["land"] == "Failed"
    code, out, _ = run()
    assert code == 1 and "Nothing new at the sources" not in out, "nobody knows what is new at a source that is down"
    (published.folder / "gone").rename(published.folder / "leads")
    assert run()[0] == 0
    assert query("select count(*) from analytics.fct_orders") == [(orders + 10,)]


GHOSTS = """
version: 2
sources:
  - name: shop
    schema: raw_shop
    config: {meta: {connection: SHOP_URL}}
    tables:
      - {name: ghosts, config: {meta: {key: [id]}}}
      - {name: spirits, config: {meta: {key: [id]}}}
"""


def test_tables_that_fail_are_all_named_and_hold_back_what_stands_on_them_alone(published: Company) -> None:
    ((orders,),) = query("select count(*) from analytics.fct_orders")
    folder = published.folder / "project" / "models" / "staging" / "shop"
    (folder / "_ghosts__sources.yml").write_text(GHOSTS)
    (folder / "stg_shop__ghosts.sql").write_text(
        "with typed as (select {{ parse('id', 'bigint') }} as id, {{ carry(key=['id']) }} "
        "from {{ source('shop', 'ghosts') }}) select *, {{ reject({}) }} from typed"
    )
    published.orders(801, 810)
    code, _, err = run()
    assert code == 1
    assert "shop.ghosts: there is no table ghosts at the source" in err and "(and 1 more failed: shop.spirits)" in err
    assert "nothing that depends on shop.ghosts, shop.spirits is built or published" in err
    assert query("select count(*) from analytics.fct_orders") == [(orders + 10,)]
    for table in ("ghosts", "spirits"):
        published.shop(f"create table {table} (id integer primary key)")
        published.shop(f"insert into {table} values (1)")
    published.shop("alter table orders rename to hidden")
    published.people("late.csv", ["late@x.io,Late"])
    code, _, err = run()
    assert code == 1 and "nothing that depends on shop.orders is built or published" in err
    assert query("select count(*) from staging.stg_shop__ghosts") == [(1,)]
    assert query("select count(*) from staging.stg_leads__people where email = 'late@x.io'") == [(1,)]
    assert query("select count(*) from analytics.dim_people where email = 'late@x.io'") == [(0,)]
    published.shop("alter table hidden rename to orders")
    for name in ("_ghosts__sources.yml", "stg_shop__ghosts.sql"):
        (folder / name).unlink()
    assert run()[0] == 0
    assert query("select count(*) from analytics.dim_people where email = 'late@x.io'") == [(1,)]


def test_a_source_that_nobody_declared_is_an_error(company: Company) -> None:
    code, _, err = run("sources=['nosuch']")
    assert code == 1
    assert "nosuch" in err


def test_a_failed_dbt_test_publishes_nothing(published: Company) -> None:
    before = query("select count(*), max(order_id) from analytics.fct_orders")
    mart = published.folder / "project" / "models" / "marts" / "fct_orders.sql"
    good = mart.read_text()
    mart.write_text(good + " union all select 1, 0")
    code, out, err = run()
    assert code == 1
    assert "unique_fct_orders_order_id" in err
    assert "nothing is published" in err
    assert "/runs/flow-run/" in out and "weir docs" not in out, "where to look for the fault, and no more"
    assert task_runs(last_run()[2])["unique_fct_orders_order_id"] == "Failed"
    mart.write_text(good)
    assert query("select count(*), max(order_id) from analytics.fct_orders") == before
    assert run()[0] == 0, "the failed build is made good, though nothing has landed"
    assert query("select count(*), max(order_id) from analytics.fct_orders") == before
