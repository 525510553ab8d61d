"""What dbt's tests find, and what they read: the catalog where it proves the claim; in a run the new rows; else all."""

from typing import Any

import pytest
import yaml

from tests.support.batches import declare
from tests.support.shop import Shop, messages

# Each table breaks the claim, and the catalog has something that looks like a proof of it and is none.
TABLES = {
    "bare": "create table t.bare (a int, b text); insert into t.bare values (1, 'x'), (1, 'x'), (2, null)",
    "partial": "create table t.partial (a int, b text); insert into t.partial values (1, 'x'), (1, 'x'), (2, null); "
               "create unique index on t.partial (a) where a > 1; create unique index on t.partial (a, b) where a > 1",
    "expression": "create table t.expression (a int, b text); insert into t.expression values (1, 'x'), (1, 'x'), "
                  "(2, null); create index on t.expression (a); create unique index on t.expression ((a + length(b)))"
                  " where b <> 'x'; create unique index on t.expression (random_of(a))",
    "wider": "create table t.wider (a int, b text, c int); insert into t.wider values (1, 'x', 1), (1, 'x', 2), "
             "(2, null, 3); create unique index on t.wider (a, b, c); "
             "create unique index on t.wider (c) include (a, b)",
    "parent": "create table t.parent (a int not null no inherit, b text not null no inherit, unique (a)); create table "
              "t.child () inherits (t.parent); insert into t.child values (1, 'x'), (1, 'x'), (2, null)",
    "invalid": "create table t.invalid (a int, b text); insert into t.invalid values (1, 'x'), (1, 'x'), (2, null)",
    "unchecked": "create table t.unchecked (a int, b text); insert into t.unchecked values (1, 'x'), (1, 'x'), "
                 "(2, null); alter table t.unchecked add constraint set_b not null b not valid",
}  # fmt: skip
PROVEN = {
    "proven": "create table t.proven (a int not null, b text not null, unique (a), unique (b)); "
              "insert into t.proven values (1, 'x'), (2, 'y')",
    "Proven": 'create table t."Proven" ("A b" int primary key, b text not null unique); '
               'insert into t."Proven" values (1, \'x\'), (2, \'y\')',
}  # fmt: skip


def declared(shop: Shop, columns: dict[str, str]) -> None:
    """Declare the tables with a test of each kind; `columns` has the name of each table's first column."""
    tables: list[dict[str, Any]] = []
    for name, first in columns.items():
        both = [
            {"one_row_per": {"arguments": {"columns": [first, "b"]}}},
            {"never_null": {"arguments": {"columns": ["b"]}}},
        ]
        tables.append({"name": name, "data_tests": both, "quoting": {"identifier": True}, "columns": [
            {"name": first.strip('"'), "data_tests": ["unique"]},
            {"name": "b", "data_tests": ["not_null", "unique"]},
        ]})  # fmt: skip
        tables[-1]["columns"][0]["quote"] = first.startswith('"')
    shop.write("models/t.yml", yaml.safe_dump({"sources": [{"name": "t", "schema": "t", "tables": tables}]}))


def found(shop: Shop, *arguments: str) -> dict[str, int]:
    """The rows that each test finds."""
    result = shop.dbt("test", *arguments)
    assert result.exception is None and all(
        node.status in {"pass", "fail", "warn", "success"} for node in result.result
    ), messages(result)
    return {node.node.name: node.failures for node in result.result if node.node.resource_type == "test"}


def test_what_proves_nothing_is_read(shop: Shop) -> None:
    shop.execute(
        "create schema t; create function random_of(int) returns float language sql immutable as 'select random()'"
    )
    for make in TABLES.values():
        shop.execute(make)
    with pytest.raises(Exception, match="could not create unique index"):
        shop.execute("create unique index concurrently on t.invalid (a)")
    assert shop.rows("select indisvalid from pg_index where indrelid = 't.invalid'::regclass") == [(False,)]
    declared(shop, dict.fromkeys(TABLES, "a"))
    failures = found(shop)
    assert len(failures) == 5 * len(TABLES)
    for name in TABLES:
        rows = {test: number for test, number in failures.items() if f"_t_{name}_" in test}
        assert sorted(rows.values()) == [1, 1, 1, 1, 2], rows  # one_row_per: a pair, and a NULL
        assert next(number for test, number in rows.items() if "one_row_per" in test) == 2


def test_what_the_catalog_proves_is_not_read(shop: Shop) -> None:
    shop.execute("create schema t")
    for make in PROVEN.values():
        shop.execute(make)
    declared(shop, {"proven": "a", "Proven": '"A b"'})
    shop.execute("select pg_stat_force_next_flush()")
    before = shop.rows("select relname, seq_scan + idx_scan from pg_stat_user_tables where schemaname = 't' order by 1")
    assert set(found(shop).values()) == {0}
    shop.execute("select pg_stat_clear_snapshot()")
    after = shop.rows("select relname, seq_scan + idx_scan from pg_stat_user_tables where schemaname = 't' order by 1")
    assert after == before


STAGED = """
models:
  - name: stg_shop__orders
    data_tests:
      - one_row_per: {arguments: {columns: [amount]}}
      - never_null: {arguments: {columns: [amount]}}
      - holds: {arguments: {predicate: amount < 100}}
      - holds: {name: warns, arguments: {predicate: amount < 100}, config: {severity: warn}}
    columns:
      - name: amount
        data_tests: [not_null, unique, {accepted_values: {arguments: {values: [1, 2, 3, 4, 5, 6, 7, 8], quote: false}}}]
"""


def test_in_a_run_the_new_rows_are_read(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    shop.table("orders")
    shop.write("models/staging/shop/_shop__models.yml", STAGED)
    shop.land("orders", 1, [{"order_id": str(n), "amount": str(n % 8 + 1)} for n in range(1, 9)])
    shop.land("orders", 2, [{"order_id": str(n), "amount": None if n == 11 else "200"} for n in (10, 11)])
    shop.build()
    shop.execute("analyze")
    all_of_it = found(shop)
    names = ["accepted_values", "holds", "never_null", "not_null", "one_row_per", "unique", "warns"]
    assert [all_of_it[name] for name in sorted(all_of_it, key=str)] == [1, 2, 1, 1, 1, 0, 2], all_of_it
    assert len(names) == len(all_of_it)
    ((since,),) = shop.rows("select max(built_at)::text from dev_ops.ledger")
    monkeypatch.setenv("DBT_ENV_CUSTOM_ENV_WEIR_TESTED_AT", since)
    quiet = found(shop)
    assert {name: rows for name, rows in quiet.items() if rows} == {"warns": 2}, "nothing new; a warning is told again"
    shop.land("orders", 3, [{"order_id": "12", "amount": "3"}])
    shop.build()
    new = {name.split("_stg_")[0].split("_dev")[0]: rows for name, rows in found(shop).items() if rows}
    assert new == {"one_row_per": 1, "unique": 1, "warns": 2}, "the new row has the amount of an old one"
    monkeypatch.delenv("DBT_ENV_CUSTOM_ENV_WEIR_TESTED_AT")
    assert sum(found(shop).values()) == sum(all_of_it.values()) + 2


DAILY = """
models:
  - name: int_daily
    data_tests:
      - one_row_per: {arguments: {columns: [account_id, day]}}
    columns:
      - name: amount
        data_tests: [not_null]
"""


def test_in_a_run_the_batches_that_were_made_anew_are_read(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    declare(shop)
    shop.write("models/daily.yml", DAILY)
    monkeypatch.setenv("DBT_ENV_CUSTOM_ENV_WEIR_AS_OF", "2026-01-05T00:00:00Z")
    shop.land("accounts", 1, [{"account_id": "1", "plan": "free"}])
    events = [{"event_id": str(n), "account_id": "1", "happened_at": f"2025-12-{n:02}T12:00:00Z", "amount": "1"}
              for n in range(1, 20)]  # fmt: skip
    shop.land("events", 1, events)
    shop.build()
    ((where,),) = shop.rows("select schemaname from pg_tables where tablename = 'int_daily'")
    shop.execute(f"update {where}.int_daily set amount = null where day = '2025-12-01'")
    assert sorted(found(shop, "--select", "int_daily").values()) == [0, 1]
    ((since,),) = shop.rows("select max(built_at)::text from dev_ops.batched_models")
    monkeypatch.setenv("DBT_ENV_CUSTOM_ENV_WEIR_TESTED_AT", since)
    assert sorted(found(shop, "--select", "int_daily").values()) == [0, 0], "no batch was made anew"
    shop.land(
        "events", 2, [{"event_id": "20", "account_id": "1", "happened_at": "2025-12-20T12:00:00Z", "amount": None}]
    )
    shop.build()
    assert sorted(found(shop, "--select", "int_daily").values()) == [0, 1], "the new day's amount is NULL"
    shop.execute(
        f"insert into {where}.int_daily select * from {where}.int_daily where day in ('2025-12-20', '2025-12-02')"
    )
    assert sorted(found(shop, "--select", "int_daily").values()) == [1, 2], "of two pairs one is new"
    monkeypatch.delenv("DBT_ENV_CUSTOM_ENV_WEIR_TESTED_AT")
    assert sorted(found(shop, "--select", "int_daily").values()) == [2, 3]


def test_in_a_run_the_keys_that_changed_are_read(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where few keys of a batch differ, their rows alone are read; other rows of the batch are not."""
    declare(shop)
    shop.write("models/daily.yml", DAILY)
    monkeypatch.setenv("DBT_ENV_CUSTOM_ENV_WEIR_AS_OF", "2026-01-05T00:00:00Z")
    shop.land("accounts", 1, [{"account_id": str(n), "plan": "free"} for n in range(200)])
    events = [{"event_id": str(1000 * day + n), "account_id": str(n), "happened_at": f"2025-12-{day:02}T12:00:00Z",
               "amount": "1"} for n in range(200) for day in (1, 2)]  # fmt: skip
    shop.land("events", 1, events)
    shop.build()
    ((since,),) = shop.rows("select max(built_at)::text from dev_ops.batched_models")
    monkeypatch.setenv("DBT_ENV_CUSTOM_ENV_WEIR_TESTED_AT", since)
    late = {"event_id": "9999", "account_id": "7", "happened_at": "2025-12-01T13:00:00Z", "amount": "1"}
    shop.land("events", 2, [late])
    shop.build()
    ((where,),) = shop.rows("select schemaname from pg_tables where tablename = 'int_daily'")
    assert shop.rows("select key from dev_ops.batch_keys where model = 'int_daily'") == [("7",)]
    twice = f"insert into {where}.int_daily select * from {where}.int_daily where account_id"
    shop.execute(f"{twice} = 8 and day = '2025-12-01'")
    assert sorted(found(shop, "--select", "int_daily").values()) == [0, 0], "the account's rows did not change"
    shop.execute(f"{twice} = 7 and day = '2025-12-01'")
    assert sorted(found(shop, "--select", "int_daily").values()) == [0, 1]


KEYED = """
models:
  - name: stg_shop__orders
    data_tests: [{one_row_per: {arguments: {columns: [order_id]}}}]
    columns: [{name: order_id, data_tests: [unique]}]
"""


def test_a_column_that_is_the_key_is_not_counted(shop: Shop) -> None:
    shop.table("orders")
    shop.write("models/staging/shop/_shop__models.yml", KEYED)
    shop.land("orders", 1, [{"order_id": str(n), "amount": "1"} for n in range(1, 5)])
    shop.build()
    assert found(shop) == {"one_row_per_stg_shop__orders_order_id": 0, "unique_stg_shop__orders_order_id": 0}
    ((where,),) = shop.rows("select schemaname from pg_tables where tablename = 'stg_shop__orders'")
    tests = [each.node for each in shop.dbt("test").result if each.node.resource_type == "test"]
    assert len(tests) == 2
    for test in tests:
        plan = "\n".join(row[0] for row in shop.rows(f"explain (analyze, costs off) {test.compiled_code}"))
        assert "Aggregate (never executed)" in plan, plan
    shop.execute(f"update {where}.stg_shop__orders set order_id = 1 where _key = '2'")
    assert set(found(shop).values()) == {1}
    shop.execute(f"update {where}.stg_shop__orders set order_id = null where _key in ('1', '2')")
    assert found(shop) == {"one_row_per_stg_shop__orders_order_id": 1, "unique_stg_shop__orders_order_id": 0}


NUMBERED = """-- Grain: one row per order.
with typed as (
    select
        {{ parse('order_id', 'bigint') }} as order_id,
        {{ parse('number', 'bigint') }} as number,
        {{ parse('placed_at', 'timestamp') }} as placed_at,
        {{ carry(key=['order_id']) }}
    from {{ source('shop', 'TABLE') }}
)

select *, {{ reject({}) }} from typed
"""
NUMBERS = """
models:
  - name: stg_shop__orders
    data_tests:
      - one_row_per: {name: one, arguments: {columns: [number]}}
      - distinct_rows: {name: distinct, arguments: {columns: [number, placed_at]}}
      - holds: {name: recent, arguments: {predicate: "placed_at > {{ as_of() }} - interval '10 days'"}}
      - holds: {name: past, arguments: {predicate: "placed_at < current_date"}}
    columns: [{name: number, data_tests: [{unique: {name: unique}}]}]
"""


def test_in_a_run_a_new_row_is_held_against_old_ones(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also where its number is its key, and the old one's is not; and what the clock decides is asked of all rows."""
    shop.table("orders", NUMBERED, "order_id text, number text, placed_at text")
    shop.write("models/staging/shop/_shop__models.yml", NUMBERS)
    placed = {"placed_at": "2026-01-01T00:00:00Z"}
    shop.land("orders", 1, [{"order_id": str(n), "number": str(n + 1), **placed} for n in range(1, 20)])
    monkeypatch.setenv("DBT_ENV_CUSTOM_ENV_WEIR_AS_OF", "2026-01-05T00:00:00Z")
    shop.build()
    shop.execute("analyze")
    assert set(found(shop).values()) == {0}
    ((since,),) = shop.rows("select max(built_at)::text from dev_ops.ledger")
    monkeypatch.setenv("DBT_ENV_CUSTOM_ENV_WEIR_TESTED_AT", since)
    shop.land("orders", 2, [{"order_id": "20", "number": "20", **placed}])
    shop.build()
    assert found(shop) == {"one": 1, "unique": 1, "distinct": 1, "recent": 0, "past": 0}
    monkeypatch.setenv("DBT_ENV_CUSTOM_ENV_WEIR_AS_OF", "2026-01-15T00:00:00Z")
    assert found(shop)["recent"] == 20


KEYED_DAYS = """
{{ config(materialized='batched', event_time='day', batch_size='day', by='name') }}
select d.name, d.day, p.plan from {{ source('t', 'days') }} as d
left join {{ source('t', 'plans') }} as p on d.name is not distinct from p.name
"""
DAYS = """
sources: [{name: t, schema: t, tables: [{name: days}, {name: plans}]}]
models:
  - name: int_named
    data_tests:
      - distinct_rows: {name: days, arguments: {columns: [day, plan]}}
    columns:
      - name: plan
        data_tests: [{not_null: {name: given}}]
"""


@pytest.mark.parametrize("zone", ["UTC", "Pacific/Kiritimati", "America/Los_Angeles"])
@pytest.mark.parametrize("time", ["date", "timestamp", "timestamptz"])
def test_in_a_run_the_rows_of_all_changed_keys_and_batches_are_read(
    shop: Shop, monkeypatch: pytest.MonkeyPatch, zone: str, time: str
) -> None:
    """Those without a key, too, whatever the time zone of the session."""
    shop.execute("create schema t")
    shop.execute(f"create table t.days as select n::text as name, d::{time} as day from generate_series(1, 9) as n, "
                 "generate_series(timestamp '2026-01-01', '2026-01-12', interval '1 day') as d")  # fmt: skip
    shop.execute("insert into t.days select null, day from t.days where name = '1'")
    shop.execute("create table t.plans as select distinct name, coalesce(name, 'none') as plan from t.days")
    shop.write("models/t.yml", DAYS)
    shop.write("models/intermediate/int_named.sql", "-- Grain: one row per name and day.\n" + KEYED_DAYS)
    monkeypatch.setenv("DBT_ENV_CUSTOM_ENV_WEIR_AS_OF", "2026-01-05T00:00:00Z")
    shop.build()
    assert found(shop) == {"days": 0, "given": 0}
    ((since,),) = shop.rows("select max(built_at)::text from dev_ops.batched_models")
    monkeypatch.setenv("DBT_ENV_CUSTOM_ENV_WEIR_TESTED_AT", since)
    shop.execute("update t.plans set plan = '3' where name = '2'")
    shop.execute("update t.plans set plan = null where name is null")
    shop.build()
    shop.execute("update dev_ops.batch_keys set changed = changed where key = ''")  # it lies behind the others
    monkeypatch.setenv("PGOPTIONS", f"-c TimeZone={zone}")
    assert found(shop) == {"days": 12, "given": 12}, "the rows of a key that changed are like those of one that did not"
    shop.execute("update dev_ops.batches set whole = changed where batch = '2026-01-02' and model = 'int_named'")
    shop.execute(
        "update dev_intermediate.int_named set plan = null where name in ('4', '5') and day::date = '2026-01-02'"
    )
    assert found(shop)["given"] == 14, "and those of a batch that changed as a whole"
