"""Staged models of files and documents: unreadable lines, missing keys, keys of several columns, keyless tables."""

from tests.support.shop import Shop, messages, state

DOCUMENTS = """-- Grain: one row per event.
with typed as (
    select
        {{ parse('_id', 'text', name='event_id') }} as event_id,
        {{ json_number('document', 'account.id', 'bigint', name='account_id') }} as account_id,
        {{ json_timestamp('document', 'at') }} as at,
        {{ carry(key=['_id'], unreadable=true) }}
    from {{ source('shop', 'TABLE') }}
)

select
    *,
    {{ reject({'occurred in the future': "at > _as_of + interval '1 day'"}) }}
from typed
"""
FILE_COLUMNS = "_id text, document jsonb, _file text, _line bigint, _text text, _error text"


def test_documents_with_unreadable_lines_and_the_moment_of_the_load(shop: Shop) -> None:
    shop.table("events", DOCUMENTS, FILE_COLUMNS)
    unreadable = {"_file": "a.jsonl", "_line": 3, "_text": '{"_id', "_error": "not valid JSON; cut"}
    shop.land("events", 1, [
        {"_id": "a", "document": {"account": {"id": "17"}, "at": "2026-01-01T10:00:00Z"}},
        {"_id": "b", "document": {"account": {"id": "seven"}, "at": "2026-01-01T10:00:00.5+02:00"}},
        unreadable,
        {"_id": "c", "document": {"at": "2026-01-05T00:00:00Z"}},
        {"document": {"at": "2026-01-01T00:00:00Z"}, "_file": "a.jsonl", "_line": 5},
    ])  # fmt: skip
    shop.build()
    staged, quarantine, _ = state(shop, "events")
    assert [(row[0], row[1]) for row in staged] == [("a", 17)]
    assert [(row[0], row[1]) for row in quarantine] == [
        ("a.jsonl:3", ["not valid JSON, cut"]),
        ("a.jsonl:5", ["_id is missing"]),
        ("b", ["account_id is not a bigint"]),
        ("c", ["occurred in the future"]),
    ]
    assert quarantine[0][2]["_text"] == '{"_id'
    # The moment is the load's own: a later full refresh judges the first load as it was judged then.
    shop.land("events", 6, [{"_id": "d", "document": {"at": "2026-01-06T00:00:00Z"}}])
    shop.build()
    before = state(shop, "events")
    shop.build("--full-refresh")
    assert state(shop, "events") == before
    assert len(before[1]) == 4


def test_a_model_of_files_that_would_lose_what_is_wrong_with_a_line_is_refused(shop: Shop) -> None:
    shop.table("leads", columns="order_id text, amount text, _file text, _line bigint, _text text, _error text")
    shop.land("leads", 1, [{"_file": "a.csv", "_line": 2, "_text": "x", "_error": "quote is not closed"}])
    assert "shop.leads is read from files" in messages(shop.dbt("run"))


def test_the_tombstone_of_a_place_resolves_its_unreadable_line(shop: Shop) -> None:
    shop.table("events", DOCUMENTS, FILE_COLUMNS)
    shop.land("events", 1, [{"_file": "a.jsonl", "_line": 3, "_error": "not valid JSON"}])
    shop.build()
    shop.land("events", 2, [{"_op": "delete", "_file": "a.jsonl", "_line": 3}])
    shop.build()
    assert [row[7] for row in state(shop, "events")[1]] == ["deleted"]


def test_keys_of_several_columns_and_keyless_tables(shop: Shop) -> None:
    several = """
    with typed as (
        select
            {{ parse('a', 'integer') }} as a,
            b,
            {{ carry(key=['a', 'b']) }}
        from {{ source('shop', 'TABLE') }}
    )

    select *, {{ reject() }} from typed
    """
    keyless = """
    with typed as (
        select
            a,
            {{ carry(key=['_key']) }}
        from {{ source('shop', 'TABLE') }}
    )

    select *, {{ reject() }} from typed
    """
    shop.table("several", several, "a text, b text")
    shop.table("keyless", keyless, "a text, _key text")
    rows = [
        {"a": "01", "b": "x|y"},
        {"a": "1", "b": "x|y"},
        {"a": "1", "b": "~"},
        {"a": "1", "b": None},
        {"a": "z", "b": ""},
    ]
    shop.land("several", 1, rows)
    shop.land("keyless", 1, [{"a": "1", "_key": "k1"}, {"a": "1", "_key": "k2"}, {"a": "2", "_key": "k" * 5000}])
    shop.build()
    assert sorted(row[3] for row in state(shop, "several")[0]) == ["1|x~1y", "1|~0"]
    assert sorted(row[0] for row in state(shop, "several")[1]) == ["row 4", "z|"]
    keys = [row[2] for row in state(shop, "keyless")[0]]
    assert keys[:2] == ["k1", "k2"]
    assert len(keys[2]) < 700


def test_rows_that_claim_one_key_all_wait_and_heal(shop: Shop) -> None:
    model = """
    with typed as (
        select
            {{ parse('id', 'bigint') }} as id,
            v,
            {{ carry(key=['id'], unreadable=true) }}
        from {{ source('shop', 'TABLE') }}
    )

    select *, {{ reject() }} from typed
    """
    shop.table("leads", model, "id text, v text, _file text, _line bigint, _text text, _error text")
    again = "its key stands in the file again, with other content"
    place = {"_file": "a.csv"}
    shop.land("leads", 1, [
        {"id": "1", "v": "a", "_line": 2} | place,
        {"id": "2", "v": "b", "_line": 3, "_error": again} | place,
        {"id": "2", "v": "B", "_line": 4, "_error": again} | place,
    ])  # fmt: skip
    shop.build()
    staged, quarantine, ledger = state(shop, "leads")
    assert [row[0] for row in staged] == [1]
    assert [(row[0], row[1], row[2]["id"], row[2]["v"]) for row in quarantine] == [
        ("a.csv:3", [again], "2", "b"), ("a.csv:4", [again], "2", "B"),
    ]  # fmt: skip
    assert ledger[0][2:] == (3, 1, 2, 0, 0, 0)
    shop.land("leads", 2, [
        {"_op": "delete", "_line": 3} | place, {"_op": "delete", "_line": 4} | place,
        {"id": "2", "v": "B", "_line": 3} | place,
    ])  # fmt: skip
    shop.build()
    staged, quarantine, _ = before = state(shop, "leads")
    assert [(row[0], row[1]) for row in staged] == [(1, "a"), (2, "B")]
    assert [row[7] for row in quarantine] == ["deleted", "deleted"]
    shop.build("--full-refresh")
    assert state(shop, "leads") == before


def test_an_object_in_conflict_waits_though_its_model_knows_of_no_marks(shop: Shop) -> None:
    shop.table("orders", columns="order_id text, amount text, _text text, _error text")
    listed = "listed more than once in one reading, with other content"
    shop.land("orders", 1, [
        {"order_id": "1", "amount": "1.00"},
        {"order_id": "2", "_text": '[{"amount": 1}, {"amount": 2}]', "_error": listed},
    ])  # fmt: skip
    shop.build()
    rows, quarantine, _ = state(shop, "orders")
    assert [row[0] for row in rows] == [1]
    assert [(row[0], row[1], row[2]["_text"]) for row in quarantine] == [
        ("2", [listed], '[{"amount": 1}, {"amount": 2}]')
    ]
    shop.land("orders", 2, [{"order_id": "2", "amount": "2.00"}, {"order_id": "1", "_error": listed}])
    shop.build()
    rows, quarantine, _ = before = state(shop, "orders")
    assert [row[0] for row in rows] == [2]
    assert [(row[0], row[7]) for row in quarantine] == [("1", None), ("2", "mended")]
    shop.build("--full-refresh")
    assert state(shop, "orders") == before
