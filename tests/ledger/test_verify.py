"""The balance and the proof: each way of losing, doubling or changing a row is found, and named."""

from collections.abc import Callable

import psycopg
import pytest

from cli.verify import Proof
from weir import warehouse
from weir.ledger.balance import lines
from weir.ledger.equations import equations
from weir.ledger.report import print_balance
from weir.ledger.verify import StagingComparison, StagingModel, compare_staged

Sql = Callable[..., list[tuple]]
MODEL = StagingModel(
    "stg_shop__orders",
    "shop",
    "orders",
    '"raw_shop"."orders"',
    """
    select order_id, case when amount ~ '^[0-9.]+$' then amount::numeric(12, 2) end as amount,
        _dlt_load_id as _load_id, _op, _seq, order_id as _key,
        case when _op = 'delete' then null when amount !~ '^[0-9.]+$' then 'amount is not a numeric' end as _reasons
    from "raw_shop"."orders"
    """,
)
SETUP = """
create schema raw_shop; create schema staging;
create table raw_shop.orders (order_id text, amount text, _dlt_load_id text not null, _op text not null,
    _seq bigint generated always as identity);
insert into raw_shop.orders (order_id, amount, _dlt_load_id, _op) values
    ('1', '10.00', 'a', 'upsert'), ('2', '20', 'a', 'upsert'), ('3', 'N/A', 'a', 'upsert'),
    ('4', '5', 'a', 'upsert'), ('4', '6', 'a', 'upsert'),
    ('1', '11.00', 'b', 'upsert'), ('2', null, 'b', 'delete'), ('5', '$1', 'b', 'upsert');
insert into ops.landings (load_id, job, run_id, source, table_name, promise, how, extracted, landed, deleted,
    source_rows, as_of, landed_at, compared) values
    ('a', 'orders', 'r1', 'shop', 'orders', 'exact', 'first load', 5, 5, 0, 4, '2026-01-01Z', '2026-01-01Z', false),
    ('b', 'orders', 'r2', 'shop', 'orders', 'exact', 'compare', 4, 3, 1, 4, '2026-01-02Z', '2026-01-02Z', true);
alter table ops.ledger drop constraint ledger_check;  -- some tests spoil the counts
insert into ops.ledger (step_id, model, source, table_name, load_id, as_of, full_refresh,
    landed, accepted, rejected, superseded, deleted)
values ('s', 'stg_shop__orders', 'shop', 'orders', 'a', '2026-01-01Z', false, 5, 3, 1, 1, 0),
       ('s', 'stg_shop__orders', 'shop', 'orders', 'b', '2026-01-02Z', false, 3, 1, 1, 0, 1);
insert into quality.quarantine (model, key, reasons, row, load_id, seq, first_seen) values
    ('stg_shop__orders', '3', array['amount is not a numeric'], '{}', 'a', 3, now()),
    ('stg_shop__orders', '5', array['amount is not a numeric'], '{}', 'b', 8, now());
create table staging.stg_shop__orders (order_id text, amount numeric(12, 2), _load_id text,
    _key text collate "C", _known_from timestamptz);
insert into staging.stg_shop__orders values ('1', 11, 'b', '1'), ('4', 6, 'a', '4');
"""


@pytest.fixture
def run(warehouse: str) -> Sql:
    def execute(text: str, *values: object) -> list[tuple]:
        with psycopg.connect(warehouse, autocommit=True) as connection:
            cursor = connection.execute(text, values or None)
            return cursor.fetchall() if cursor.description else []

    execute(SETUP)
    return execute


def broken() -> list[str]:
    return [equation.sentence for equation in equations(lines()) if not equation.holds]


def finding() -> StagingComparison:
    with warehouse.connect() as connection:
        return compare_staged(connection, MODEL)


def test_a_sound_warehouse_balances_and_verifies(run: Sql, capsys: pytest.CaptureFixture[str]) -> None:
    found = equations(lines())
    assert [(e.name, e.left, e.right) for e in found] == [
        ("extracted = landed", 9, 9),
        ("landed = in raw", 8, 8),
        ("landed = staged", 8, 8),
        ("at source = staging + quarantine + erased", 4, 4),
    ]
    assert broken() == []
    assert equations(lines("r1"))[1].left == 5
    assert finding().holds and finding().live == 4
    print_balance(lines())
    assert "It balances: 8 landed rows of 1 tables" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("act", "says"),
    [
        ("delete from raw_shop.orders where _seq = 1", "receipts say 8 rows, raw holds 7 (load a)"),
        ("update raw_shop.orders set _dlt_load_id = 'b' where _seq = 1", "receipts say 8 rows, raw holds 8 (load a)"),
        ("insert into raw_shop.orders (_dlt_load_id, _op) values ('z', 'upsert')", "raw holds 9 (load z)"),
        ("drop table raw_shop.orders", "raw holds 0 (load a)"),
        ("delete from ops.ledger where load_id = 'b'", "stg_shop__orders counted 5: 1 loads wait for `weir build`"),
        ("update ops.ledger set accepted = 2 where load_id = 'a'", "counted 7: rows are unaccounted for"),
        (
            "update ops.landings set extracted = 4 where load_id = 'a'",
            "8 rows were extracted but 7 landed and 2 were unchanged",
        ),
        ("update ops.landings set extracted = 1 where load_id = 'b'", "6 rows were extracted but 7 landed"),
        (
            "delete from staging.stg_shop__orders where order_id = '4'",
            "4 live rows at the source, 1 in stg_shop__orders",
        ),
        ("update quality.quarantine set resolved_at = now() where key = '3'", "and 1 in quarantine"),
    ],
)
def test_what_does_not_balance_is_named(run: Sql, act: str, says: str) -> None:
    run(act)
    sentences = broken()
    assert any(says in sentence for sentence in sentences), sentences
    assert all(sentence.startswith("shop.orders: ") for sentence in sentences)


@pytest.mark.parametrize(
    ("act", "says"),
    [
        ("delete from staging.stg_shop__orders where order_id = '4'", "key 4 is missing in staging.stg_shop__orders"),
        ("insert into staging.stg_shop__orders values ('2', 20, 'a', '2')", "key 2 should not be in staging"),
        ("update staging.stg_shop__orders set amount = 9 where order_id = '1'", "key 1 differs in staging.stg_shop__orders, column amount"),  # noqa: E501
        ("update staging.stg_shop__orders set _load_id = 'a' where order_id = '1'", "column _load_id"),
        ("delete from quality.quarantine where key = '5'", "key 5 is missing in quarantine"),
        ("insert into quality.quarantine values ('stg_shop__orders', '1', '{bad}', '{}', 'a', 1, now())", "key 1 should not be in quarantine"),  # noqa: E501
        ("update quality.quarantine set reasons = '{other}' where key = '3'", "key 3 differs in quarantine, column reasons"),  # noqa: E501
        ("drop table staging.stg_shop__orders", "staging.stg_shop__orders is not there"),
    ],
)  # fmt: skip
def test_what_staging_does_not_hold_is_named_by_key_and_column(run: Sql, act: str, says: str) -> None:
    run(act)
    found = finding()
    assert not found.holds
    assert says in "; ".join(found.examples)
    [fault] = Proof(staging=[found]).faults
    assert fault.startswith("shop.orders: 1 ") and says in fault


def test_a_load_that_is_not_staged_yet_is_no_difference(run: Sql) -> None:
    run("insert into raw_shop.orders (order_id, amount, _dlt_load_id, _op) values ('9', '1', 'c', 'upsert')")
    run("insert into ops.landings (load_id, job, source, table_name, promise, how, extracted, landed, as_of)"
        " values ('c', 'orders', 'shop', 'orders', 'exact', 'cursor', 3, 1, now())")  # fmt: skip
    assert finding().holds
    assert broken() == ["shop.orders: 9 rows landed, stg_shop__orders counted 8: 1 loads wait for `weir build`"]


def test_a_table_that_no_model_reads_is_shown_not_blamed(run: Sql, capsys: pytest.CaptureFixture[str]) -> None:
    run("truncate ops.ledger")
    assert broken() == []
    print_balance(lines())
    assert "Not staged, for no model reads them: shop.orders" in capsys.readouterr().out


def test_before_anything_landed_there_is_nothing_to_balance(warehouse: str) -> None:
    assert equations(lines()) == []


GIVEN = """insert into quality.accepted (model, key, load_id, seq, reasons, as_of, os_user, because)
    values ('stg_shop__orders', '3', 'a', 3, array['amount is not a numeric'], '2026-01-03Z', 'ann', 'so it is')"""
TAKEN_IN = """
update quality.quarantine set how = 'accepted', resolved_at = '2026-01-03Z' where key = '3';
insert into staging.stg_shop__orders values ('3', null, 'a', '3');
update ops.ledger set rejected = 0, accepted_by_hand = 1 where load_id = 'a'"""


def test_a_row_that_was_accepted_by_hand_is_expected_in_staging(run: Sql, capsys: pytest.CaptureFixture[str]) -> None:
    run(GIVEN)
    assert finding().holds and broken() == [], "no build has followed yet"
    run(TAKEN_IN)
    assert finding().holds and broken() == []
    print_balance(lines())
    assert "accepted by hand rejected" in " ".join(capsys.readouterr().out.split())
    run("update quality.accepted set undone_at = now()")
    assert finding().holds, "no build has followed yet"


@pytest.mark.parametrize(
    ("act", "says"),
    [
        ("delete from staging.stg_shop__orders where order_id = '3'", "key 3 is missing in staging"),
        ("delete from quality.accepted", "key 3 should not be in staging"),
        ("update quality.accepted set reasons = '{another}'", "key 3 is missing in quarantine"),
        ("update quality.accepted set seq = 4", "key 3 should not be in staging"),
        ("update quality.quarantine set how = null, resolved_at = null where key = '3'",
         "key 3 should not be in staging"),
        ("update quality.quarantine set how = 'mended' where key = '3'; update quality.accepted set undone_at = now()",
         "key 3 is missing in quarantine"),
    ],
)  # fmt: skip
def test_what_does_not_fit_an_acceptance_is_named(run: Sql, act: str, says: str) -> None:
    run(GIVEN)
    run(TAKEN_IN)
    run(act)
    found = finding()
    assert not found.holds and says in "; ".join(found.examples)
