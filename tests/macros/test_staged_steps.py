"""One step of a staged model: what it takes, what makes it start anew, what it refuses, and what it leaves alone."""

import re
import threading
import time

import psycopg
import pytest

from tests.support.shop import MODEL, ROOT, Shop, messages, state

pytestmark = pytest.mark.slow

A = {"order_id": "1", "amount": "1"}

B = {"order_id": "2", "amount": "2"}


def full_refreshes(shop: Shop) -> int:
    return shop.rows("select count(distinct step_id) from dev_ops.ledger where full_refresh")[0][0]


def message(result: object) -> str:
    return result.result[-1].message  # type: ignore[attr-defined]


def test_nothing_new_does_nothing(shop: Shop) -> None:
    shop.table("orders")
    shop.land("orders", 1, [A, B])
    assert message(shop.build()) == "2 landed, 2 accepted"
    before = shop.rows("select xmin::text, ctid::text from dev_staging.stg_shop__orders")
    assert message(shop.build()) == "NOTHING NEW"
    assert shop.rows("select xmin::text, ctid::text from dev_staging.stg_shop__orders") == before
    assert full_refreshes(shop) == 1


def test_a_load_without_rows_is_booked_once(shop: Shop) -> None:
    shop.table("orders")
    shop.land("orders", 1, [A])
    shop.build()
    shop.land("orders", 2, [])
    assert message(shop.build()) == "0 landed"
    assert message(shop.build()) == "NOTHING NEW"
    assert [row[0] for row in state(shop, "orders")[2]] == ["load001", "load002"]


def test_an_empty_table_without_a_landing_is_made_empty(shop: Shop) -> None:
    shop.table("orders")
    shop.build()
    assert state(shop, "orders") == ([], [], [])
    shop.land("orders", 1, [A])
    shop.build()
    assert len(state(shop, "orders")[0]) == 1


def test_changed_code_starts_anew_a_changed_comment_does_not(shop: Shop) -> None:
    shop.table("orders")
    shop.land("orders", 1, [A, {"order_id": "3", "amount": "9"}])
    shop.build()
    path = "models/staging/shop/stg_shop__orders.sql"
    shop.write(path, "-- another comment\n" + MODEL.replace("TABLE", "orders"))
    assert message(shop.build()) == "NOTHING NEW"
    shop.write(path, MODEL.replace("TABLE", "orders").replace("'amount < 0'", "'amount < 0 or amount = 9'"))
    assert message(shop.build()) == "2 landed, 1 accepted, 1 rejected"
    assert full_refreshes(shop) == 2


def test_descriptions_are_kept_in_the_warehouse_and_follow_without_a_rebuild(shop: Shop) -> None:
    shop.table("orders")
    shop.land("orders", 1, [A])
    comment = "select obj_description('dev_staging.stg_shop__orders'::regclass), col_description("
    comment += "'dev_staging.stg_shop__orders'::regclass, 2)"
    for text in ("What was ordered.", "What people ordered."):
        columns = f"columns: [{{name: amount, description: 'Money. {text}'}}]"
        shop.write(
            "models/staging/shop/_m.yml", f"models: [{{name: stg_shop__orders, description: '{text}', {columns}}}]"
        )
        shop.build()
        assert shop.rows(comment) == [(text, f"Money. {text}")]
    assert full_refreshes(shop) == 1


def test_views_grants_and_indexes_stay_through_a_full_refresh_of_the_same_shape(shop: Shop) -> None:
    shop.table("orders")
    shop.land("orders", 1, [A])
    shop.build()
    shop.execute("create view public.readers_view as select order_id from dev_staging.stg_shop__orders")
    shop.execute("create index mine on dev_staging.stg_shop__orders (amount)")
    shop.build("--full-refresh")
    assert shop.rows("select order_id from public.readers_view") == [(1,)]
    indexes = "select count(*) from pg_indexes where tablename = 'stg_shop__orders'"
    assert shop.rows(indexes) == [(2,)]


def test_a_new_shape_keeps_the_views_that_still_fit(shop: Shop) -> None:
    shop.table("orders")
    shop.land("orders", 1, [A])
    shop.build()
    shop.execute("create view public.fits as select order_id from dev_staging.stg_shop__orders")
    shop.execute("create view public.upon as select order_id from public.fits")
    shop.execute("create view public.fits_not as select amount from dev_staging.stg_shop__orders")
    shop.execute("grant create on schema public to weir_dbt")
    model = MODEL.replace("TABLE", "orders").replace("as amount", "as paid").replace("2)') }}", "2)', name='paid') }}")
    shop.write("models/staging/shop/stg_shop__orders.sql", model.replace("amount < 0", "paid < 0"))
    told = messages(shop.dbt("run"))
    assert " of weir reads " in told and ", whose columns change: drop it or type `alter view" in told
    assert shop.rows("select amount from public.fits_not") == [(1,)], "nothing has happened to it"
    for name in ("fits", "upon", "fits_not"):
        shop.execute(f"alter view public.{name} owner to weir_dbt")
    shop.build()
    assert shop.rows("select order_id from public.upon") == [(1,)]
    assert shop.rows("select viewowner from pg_views where viewname in ('fits', 'upon')") == [("weir_dbt",)] * 2
    assert shop.rows("select to_regclass('public.fits_not')") == [(None,)]
    assert shop.rows("select paid from dev_staging.stg_shop__orders") == [(1,)]


def test_sums_that_do_not_match_the_receipts_are_refused_and_leave_all_as_it_was(shop: Shop) -> None:
    shop.table("orders")
    shop.land("orders", 1, [A])
    shop.build()
    before = state(shop, "orders")
    shop.land("orders", 2, [B], receipts=2)
    result = shop.dbt("run")
    assert not result.success
    assert "shop.orders does not balance: load load002 holds 1 rows in raw, its receipts say 2" in messages(result)
    assert state(shop, "orders") == before


def test_old_versions_deleted_as_the_page_on_retention_says_leave_all_in_balance(shop: Shop) -> None:
    """The page's own SQL, for this table; deleting the rows alone is refused by the next full refresh."""
    page = (ROOT / "docs/operations/growth-of-raw-and-retention.md").read_text()
    found = re.search(r"begin;.*?commit;", page, re.DOTALL)
    assert found
    recipe = found[0].replace("raw_app.users", "raw_shop.orders").replace("user_id", "order_id")
    recipe = recipe.replace("users.", "orders.").replace("= 'app'", "= 'shop'").replace("= 'users'", "= 'orders'")
    shop.table("orders")
    shop.land("orders", 1, [A, B])
    shop.land("orders", 2, [{"order_id": "1", "amount": "3"}])
    shop.build()
    present = "select order_id, amount from dev_staging.stg_shop__orders order by order_id"
    before = shop.rows(present)
    shop.execute(recipe)
    assert shop.rows("select order_id from raw_shop.orders order by _seq") == [("2",), ("1",)]
    assert message(shop.build()) == "2 landed, 2 accepted"
    assert (shop.rows(present), full_refreshes(shop)) == (before, 2)
    shop.execute("delete from raw_shop.orders where order_id = '2'")
    result = shop.dbt("run", "--full-refresh")
    assert "load load001 holds 0 rows in raw, its receipts say 1" in messages(result)
    assert "(docs/operations/growth-of-raw-and-retention.md)" in messages(result)


def test_a_load_that_arrived_late_or_grew_starts_anew(shop: Shop) -> None:
    shop.table("orders")
    shop.land("orders", 2, [A])
    shop.build()
    shop.land("orders", 1, [{"order_id": "1", "amount": "-5"}])
    shop.execute("update ops.landings set landed_at = landed_at - interval '1 day' where load_id = 'load001'")
    shop.build()
    assert full_refreshes(shop) == 2
    # The order of loads is the order of their receipts, the same in every later full refresh.
    assert [row[3] for row in state(shop, "orders")[0]] == ["1"]
    shop.execute(
        "insert into raw_shop.orders (order_id, amount, _dlt_load_id, _op) values ('2', '2', 'load002', 'upsert')"
    )
    shop.execute(
        "insert into ops.landings (load_id, job, source, table_name, promise, how, extracted, landed, as_of)"
        " values ('load002', 'second', 'shop', 'orders', 'exact', 'compare', 1, 1, '2026-01-02T00:00:00Z')"
    )
    shop.build()
    assert full_refreshes(shop) == 3
    assert [row[3] for row in state(shop, "orders")[0]] == ["1", "2"]


def test_nothing_landed_is_said_plainly(shop: Shop) -> None:
    shop.table("orders")
    shop.execute("drop table raw_shop.orders")
    assert "nothing landed yet for shop.orders: run `weir land`" in messages(shop.dbt("run"))


def test_empty_skips_the_rows_and_the_ledger(shop: Shop) -> None:
    shop.table("orders")
    shop.land("orders", 1, [A])
    shop.build("--empty")
    assert state(shop, "orders") == ([], [], [])
    shop.build()
    assert len(state(shop, "orders")[0]) == 1
    shop.build("--empty")
    assert len(state(shop, "orders")[0]) == 1


def test_a_failure_half_way_leaves_no_trace(shop: Shop) -> None:
    shop.table("orders")
    shop.land("orders", 1, [A])
    shop.build()
    before = state(shop, "orders")
    # The last write of a step is the ledger's: what came before it must be undone with it.
    shop.execute("alter table dev_ops.ledger add constraint no_more check (load_id <> 'load002')")
    shop.land("orders", 2, [B, {"order_id": "1", "amount": "-1"}])
    assert not shop.dbt("run").success
    assert state(shop, "orders") == before
    shop.execute("alter table dev_ops.ledger drop constraint no_more")
    shop.build()
    assert [row[3] for row in state(shop, "orders")[0]] == ["2"]


def test_two_steps_at_once_take_a_load_once(shop: Shop, warehouse: str) -> None:
    shop.table("orders")
    shop.land("orders", 1, [A])
    shop.build()
    shop.land("orders", 2, [B])
    lock = "select pg_advisory_lock(hashtextextended('staged ' || %s, 0))"
    relation = '"' + shop.connection.info.dbname + '"."dev_staging"."stg_shop__orders"'
    results = []
    with psycopg.connect(warehouse, autocommit=True) as holder:
        holder.execute(lock, [relation])
        step = threading.Thread(target=lambda: results.append(shop.dbt("run")))
        step.start()
        waits = "select from pg_locks join pg_database d on d.oid = database and datname = current_database()"
        while not shop.rows(f"{waits} where locktype = 'advisory' and not granted"):
            assert step.is_alive(), "the step did not wait for the lock"
            time.sleep(0.05)
    step.join(60)
    assert results[0].success
    assert message(shop.build()) == "NOTHING NEW"
    assert len(state(shop, "orders")[2]) == 2


def test_a_model_without_reject_or_with_two_sources_is_told_so(shop: Shop) -> None:
    shop.table("orders")
    shop.table("others")
    path = "models/staging/shop/stg_shop__orders.sql"
    shop.write(path, "select order_id from {{ source('shop', 'orders') }}")
    assert "ends its typed CTE with carry() and its select with reject()" in messages(shop.dbt("run"))
    shop.write(path, MODEL.replace("TABLE", "orders") + " union all select * from {{ source('shop', 'others') }}")
    assert "reads exactly one source(), this one reads 2" in messages(shop.dbt("run"))


@pytest.mark.parametrize("count", [3000])
def test_history_of_many_loads_in_one_step(shop: Shop, count: int) -> None:
    shop.table("orders")
    shop.execute(
        "insert into raw_shop.orders (order_id, amount, _dlt_load_id, _op)"
        f" select (n % 7)::text, n::text, 'load' || n, 'upsert' from generate_series(1, {count}) as n"
    )
    shop.execute(
        "insert into ops.landings (load_id, job, source, table_name, promise, how, extracted, landed, as_of)"
        f" select 'load' || n, 'j', 'shop', 'orders', 'exact', 'x', 1, 1, '2026-01-01'"
        f" from generate_series(1, {count}) as n"
    )
    shop.build()
    assert {row[2] for row in state(shop, "orders")[0]} == {f"load{n}" for n in range(count - 6, count + 1)}
