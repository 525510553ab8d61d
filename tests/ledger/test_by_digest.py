"""Raw against a staging table by digests: what a comparison of every row finds, the digests find too, and alike."""

from dataclasses import replace

import psycopg
import pytest

from weir import warehouse
from weir.ledger.verify import StagingComparison, StagingModel, compare_staged

MODEL = StagingModel(
    "stg_shop__orders",
    "shop",
    "orders",
    '"raw_shop"."orders"',
    """
    with typed as (
        select order_id, case when amount ~ '^[0-9.]+$' then amount::numeric end as amount, note,
            _dlt_load_id as _load_id, _op, _seq, true as _carried
        from "raw_shop"."orders"
    )

    select *, order_id as _key,
        case when _op <> 'delete' and amount is null then 'amount is not a numeric' end as _reasons
    from typed
    """,
)
# Load a has most rows: 7 and 8 are rejected, 9 came twice, so did 10, first rejected, and 11, rejected at last. Load b
# changes 1, deletes 2, mends 7, rejects 3, and brings 2001.
SETUP = """
create schema raw_shop; create schema staging;
create table raw_shop.orders (order_id text, amount text, note text, _dlt_load_id text not null, _op text not null,
    _seq bigint generated always as identity);
insert into raw_shop.orders (order_id, amount, note, _dlt_load_id, _op)
    select n, case when n in (7, 8, 10) then 'N/A' else n || '.0' end, 'note ' || n, 'a', 'upsert'
    from generate_series(1, 2000) as n;
insert into raw_shop.orders (order_id, amount, note, _dlt_load_id, _op) values
    ('9', '9.5', '', 'a', 'upsert'), ('10', '10.5', null, 'a', 'upsert'), ('11', '-', null, 'a', 'upsert'),
    ('1', '1.50', '', 'b', 'upsert'), ('2', null, null, 'b', 'delete'), ('7', '7.0', '', 'b', 'upsert'),
    ('3', '$3', '', 'b', 'upsert'), ('2001', '1', '', 'b', 'upsert');
insert into ops.landings (load_id, job, run_id, source, table_name, promise, how, extracted, landed, as_of)
    values ('a', 'orders', 'r', 'shop', 'orders', 'exact', 'first load', 2003, 2003, '2026-01-01Z'),
        ('b', 'orders', 'r', 'shop', 'orders', 'exact', 'compare', 5, 5, '2026-01-02Z');
insert into ops.ledger (step_id, model, source, table_name, load_id, as_of, full_refresh,
    landed, accepted, rejected, superseded, deleted)
values ('s', 'stg_shop__orders', 'shop', 'orders', 'a', '2026-01-01Z', false, 2003, 1997, 3, 3, 0),
    ('s', 'stg_shop__orders', 'shop', 'orders', 'b', '2026-01-02Z', false, 5, 3, 1, 0, 1);
create table staging.stg_shop__orders (order_id text, amount numeric, note text, _load_id text,
    _key text collate "C", _known_from timestamptz);
create unique index on staging.stg_shop__orders (_key);
insert into staging.stg_shop__orders
    select n, (n || '.0')::numeric, 'note ' || n, 'a', n from generate_series(1, 2000) as n
    where n not in (1, 2, 3, 7, 8, 9, 10, 11);
insert into staging.stg_shop__orders values ('1', 1.50, '', 'b', '1'), ('7', 7.0, '', 'b', '7'),
    ('9', 9.5, '', 'a', '9'), ('10', 10.5, null, 'a', '10'), ('2001', 1, '', 'b', '2001');
insert into quality.quarantine (model, key, reasons, row, load_id, seq, first_seen, resolved_at, how) values
    ('stg_shop__orders', '7', array['amount is not a numeric'], '{}', 'a', 7, now(), now(), 'mended'),
    ('stg_shop__orders', '8', array['amount is not a numeric'], '{}', 'a', 8, now(), null, null),
    ('stg_shop__orders', '11', array['amount is not a numeric'], '{}', 'a', 2003, now(), null, null),
    ('stg_shop__orders', '3', array['amount is not a numeric'], '{}', 'b', 2007, now(), null, null);
"""
TAKE_IN = """
insert into quality.accepted (model, key, load_id, seq, reasons, as_of, os_user, because)
    values ('stg_shop__orders', '8', 'a', 8, array['amount is not a numeric'], now(), 'ann', 'so it is');
update quality.quarantine set how = 'accepted', resolved_at = now() where key = '8';
insert into staging.stg_shop__orders values ('8', null, 'note 8', 'a', '8')"""


@pytest.fixture
def here(warehouse: str) -> str:
    with psycopg.connect(warehouse, autocommit=True) as connection:
        connection.execute(SETUP)
    return warehouse


def compared(url: str, act: str = "") -> tuple[StagingComparison, StagingComparison]:
    """The comparison by digests and the one of every row, after a change by hand."""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(act)
    with warehouse.connect() as connection:
        by_digest, of_all = compare_staged(connection, MODEL, at_once=0), compare_staged(connection, MODEL)
    assert of_all.proven == 0
    assert replace(by_digest, proven=0) == of_all, "both ways find the same"
    return by_digest, of_all


def test_a_sound_table_holds_and_hardly_a_row_is_compared_by_itself(here: str) -> None:
    found, _ = compared(here)
    assert found.holds and (found.live, found.staging, found.quarantined) == (2000, 1997, 3)
    assert found.proven > 1900, "the buckets of 1, 2, 3, 7, 9, 10 and 11 differ"


def test_of_a_table_whose_keys_came_once_only_what_was_rejected_is_compared(here: str) -> None:
    found, _ = compared(here, """
        delete from raw_shop.orders where order_id in ('1', '2', '3', '7', '9', '10', '11');
        delete from staging.stg_shop__orders where order_id in ('1', '2', '3', '7', '9', '10', '11');
        delete from quality.quarantine where key in ('3', '7', '11')""")  # fmt: skip
    assert found.holds and (found.live, found.proven, found.quarantined) == (1994, 1993, 1)


@pytest.mark.parametrize(
    ("act", "says"),
    [
        ("update {} set amount = 9 where _key = '77'", "key 77 differs in {}, column amount"),
        ("update {} set amount = 77.00 where _key = '77'", "key 77 differs in {}, column amount"),
        ("update {} set note = '' where _key = '10'", "key 10 differs in {}, column note"),
        ("update {} set note = null where _key = '9'", "key 9 differs in {}, column note"),
        ("update {} set _load_id = 'a' where _key = '2001'", "key 2001 differs in {}, column _load_id"),
        ("update {} set _key = 'x' where _key = '77'", "key 77 is missing in {}; key x should not be in {}"),
        ("delete from {} where _key = '77'", "key 77 is missing in {}"),
        ("insert into {} values ('0', 1, '', 'a', '0')", "key 0 should not be in {}"),
        ("update {} set amount = 1.0, note = 'note 1', _load_id = 'a' where _key = '1'", "key 1 differs in {}"),
        ("update {} set amount = 9.0, note = 'note 9' where _key = '9'", "key 9 differs in {}"),
        ("delete from {} where _key = '10'", "key 10 is missing in {}"),
        ("insert into {} values ('2', 2.0, 'note 2', 'a', '2')", "key 2 should not be in {}"),
        ("insert into {} values ('3', 3.0, 'note 3', 'a', '3')", "key 3 should not be in {}"),
        ("insert into {} values ('8', null, 'note 8', 'a', '8')", "key 8 should not be in {}"),
        ("insert into {} values ('11', 11.0, 'note 11', 'a', '11')", "key 11 should not be in {}"),
        ("delete from {} where _key = '7'", "key 7 is missing in {}"),
        ("delete from quality.quarantine where key = '8'", "key 8 is missing in quarantine"),
        ("update quality.quarantine set resolved_at = null, how = null where key = '7'",
         "key 7 should not be in quarantine"),
        ("update quality.quarantine set seq = 9 where key = '8'", "key 8 differs in quarantine"),
        ("delete from raw_shop.orders where _seq = 77", "key 77 should not be in {}"),
        ("update raw_shop.orders set note = 'x' where _seq = 77", "key 77 differs in {}, column note"),
        ("update raw_shop.orders set amount = 'x' where _seq = 77", "key 77 is missing in quarantine"),
        ("insert into raw_shop.orders (order_id, _dlt_load_id, _op) values ('77', 'b', 'erase')",
         "key 77 should not be in {}"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_named_as_by_a_comparison_of_every_row(here: str, act: str, says: str) -> None:
    found, of_all = compared(here, act.replace("{}", "staging.stg_shop__orders"))
    assert found.proven > 1800 and not found.holds
    for each in says.replace("{}", "staging.stg_shop__orders").split("; "):
        assert each in "; ".join(of_all.examples)


def test_values_that_two_rows_of_a_bucket_have_exchanged_are_found(here: str) -> None:
    found, _ = compared(here, """
        with pair as (
            select min(_key::int)::text as one, max(_key::int)::text as other from staging.stg_shop__orders
            where _load_id = 'a' and _key::int > 100
            group by hashtextextended(_key, 0) & 1023 having count(*) > 1 limit 1
        )

        update staging.stg_shop__orders as s
        set amount = o.amount
        from pair, staging.stg_shop__orders as o
        where s._key = one and o._key = other or s._key = other and o._key = one""")  # fmt: skip
    assert found.different == 2


def test_a_key_that_is_twice_in_the_table_is_found(here: str) -> None:
    found, _ = compared(here, """
        drop index staging.stg_shop__orders__key_idx;
        insert into staging.stg_shop__orders values ('9', 9.0, 'note 9', 'a', '9')""")  # fmt: skip
    assert not found.holds and found.proven == 0, "without the unique index digests prove nothing"


def test_a_row_accepted_by_hand_is_compared(here: str) -> None:
    assert compared(here, TAKE_IN)[0].holds
    found, _ = compared(here, "delete from staging.stg_shop__orders where _key = '8'")
    assert found.missing == 1 and "key 8 is missing" in found.examples[0]


def test_an_object_that_landing_has_marked_is_rejected(here: str) -> None:
    mark = """alter table raw_shop.orders add _error text;
        update raw_shop.orders set _error = 'stands there twice' where _seq = 77"""
    found, _ = compared(here, mark)
    assert (found.missing, found.extra) == (1, 1), "in quarantine, in staging"
    found, _ = compared(here, """delete from staging.stg_shop__orders where _key = '77';
        insert into quality.quarantine (model, key, reasons, row, load_id, seq, first_seen)
        values ('stg_shop__orders', '77', array['stands there twice'], '{}', 'a', 77, now())""")  # fmt: skip
    assert found.holds


def test_a_table_most_of_whose_rows_were_replaced_is_compared_row_by_row(here: str) -> None:
    found, _ = compared(here, "update ops.landings set landed = 4000 where load_id = 'b'")
    assert found.holds and found.proven == 0
