"""Random histories: increments, a full refresh, and a plain reading of the rules in Python must say the same."""

import random
from collections import defaultdict
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from tests.support.shop import Shop, moment, state

pytestmark = pytest.mark.slow

LOADS = 22
GIVEN = datetime(2026, 5, 1, tzinfo=UTC)
KEYS = [str(n) for n in range(1, 13)]


def random_rows(dice: random.Random) -> list[dict[str, Any]]:
    """Rows of one load: upserts, breaks, deletes, repeats of a key, unparsable and missing keys."""
    rows: list[dict[str, Any]] = []
    for _ in range(dice.randint(0, 14)):
        key: str | None = dice.choice(KEYS)
        if dice.random() < 0.25:
            rows.append({"_op": "delete", "order_id": key})
            continue
        if dice.random() < 0.15:
            key = dice.choice([f"0{key}", f"+{key}", f"x{key}", "", None])
        amount = dice.choice(["1.50", "7", "2.10", None, "-3", "$1,234.50", "N/A"])
        rows.append({"order_id": key, "amount": amount})
    return rows


def expected(history: list[list[dict[str, Any]]], given: set[int]) -> tuple[list[Any], list[Any], list[Any]]:
    """The rules, read plainly: what the staged table, the quarantine and the ledger must hold.

    `given` are the rows that a person has accepted, by their order of arrival.
    """
    stories: dict[str, list[tuple[int, str, dict[str, Any], int, list[str]]]] = defaultdict(list)
    ledger, seq = [], 0
    for load, rows in enumerate(history, start=1):
        counts, last = defaultdict(int), {}
        for row in rows:
            seq += 1
            key, reasons = judge(row, seq)
            what = "deleted" if row.get("_op") == "delete" else "rejected" if reasons else "accepted"
            what = "by hand" if seq in given else what
            counts["superseded"] += key in last
            last[key] = (load, what, row, seq, reasons)
        for key, version in last.items():
            stories[key].append(version)
            counts[version[1]] += 1
        words = ("accepted", "rejected", "superseded", "deleted", "by hand")
        ledger.append((f"load{load:03}", at(load), len(rows), *(counts[word] for word in words)))
    staged, quarantine = [], []
    for key, story in stories.items():
        run: list[int] = []
        for position, (load, what, row, number, reasons) in enumerate(story):
            run = [*run, load] if what == "accepted" else [load] if what == "by hand" else []
            if what == "by hand":
                quarantine.append((key, reasons, received(row), f"load{load:03}", number, at(load), GIVEN, "accepted"))
            if what == "rejected":
                after = story[position + 1] if position + 1 < len(story) else None
                how = {"accepted": "mended", "rejected": "replaced", "deleted": "deleted", "by hand": "replaced"}
                quarantine.append(
                    (key, reasons, received(row), f"load{load:03}", number,
                     at(load), after and at(after[0]), after and how[after[1]])
                )  # fmt: skip
        if run:
            unread = "amount is not a numeric" in reasons  # then it is NULL, as the person was told
            amount = None if unread else row["amount"] and Decimal(row["amount"]).quantize(Decimal("0.01"))
            known_from = None if run[0] == 1 else at(run[0])
            staged.append((int(key), amount, f"load{load:03}", key, known_from))
    return sorted(staged, key=lambda row: row[3]), sorted(quarantine, key=lambda row: (row[0], row[3])), ledger


def received(row: dict[str, Any]) -> dict[str, Any]:
    """The row as quarantine keeps it: what was given."""
    return {name: row[name] for name in ("order_id", "amount") if row[name] is not None}


def judge(row: dict[str, Any], seq: int) -> tuple[str, list[str]]:
    """A row's key and its faults."""
    key, amount, faults = row["order_id"], row.get("amount"), []
    if key is not None and not key.lstrip("+").isdigit():
        faults.append("order_id is not a bigint")
    if amount in ("$1,234.50", "N/A"):
        faults.append("amount is not a numeric")
    if key is None:
        faults.append("order_id is missing")
    if amount == "-3":
        faults.append("amount is negative")
    name = f"row {seq}" if key is None else key if "order_id is not a bigint" in faults else str(int(key))
    return name, faults


def at(load: int) -> datetime:
    return datetime.fromisoformat(moment(load)).astimezone(UTC)


@pytest.mark.timeout(600)
def test_increments_equal_a_full_refresh_equal_the_rules(shop: Shop) -> None:
    dice = random.Random(7)
    tables = [f"orders{n}" for n in range(8)]
    histories: dict[str, list[list[dict[str, Any]]]] = {table: [] for table in tables}
    for table in tables:
        shop.table(table)
    given: dict[str, set[int]] = {table: set() for table in tables}
    load = 0
    while load < LOADS:
        for _ in range(dice.choice([1, 1, 2, 4])):
            load += 1
            for table in tables:
                rows = random_rows(dice)
                histories[table].append(rows)
                shop.land(table, load, rows)
        shop.build()
        if load > LOADS / 2:
            shop.execute(f"alter table raw_shop.{tables[0]} add column if not exists added_later text")
        for table in tables:
            assert state(shop, table) == expected(histories[table], given[table]), f"{table} after load {load}"
            accept_some(shop, dice, table, given[table])
    shop.build()
    for table in tables:
        assert state(shop, table) == expected(histories[table], given[table]), table
    assert shop.rows("select count(*) from dev_ops.ledger where full_refresh") == [
        (len(tables) * steps_of_first(shop),)
    ]
    before = {table: state(shop, table) for table in tables}
    shop.build("--full-refresh")
    assert {table: state(shop, table) for table in tables} == before
    rejected = sum(len(quarantine) for _, quarantine, _ in before.values())
    assert rejected > 100, "the histories are too tame to prove anything"
    assert sum(map(len, given.values())) > 20, "too few rows were accepted by hand"


def accept_some(shop: Shop, dice: random.Random, table: str, given: set[int]) -> None:
    """Accept some of the rows that wait, and take some acceptances back."""
    model = f"stg_shop__{table}"
    waiting = (
        f"select seq from dev_quality.quarantine where model = '{model}' and resolved_at is null "
        "and not reasons && array['order_id is missing', 'order_id is not a bigint'] order by seq"
    )
    for (seq,) in shop.rows(waiting):
        if dice.random() < 0.15:
            given.add(seq)
            shop.execute(
                "insert into quality.accepted (model, key, load_id, seq, reasons, as_of, os_user, because) select "
                f"model, key, load_id, seq, reasons, '{GIVEN}', 'ann', 'so it is' from dev_quality.quarantine "
                f"where model = '{model}' and seq = {seq}"
            )
    passed = (
        f"select seq from dev_quality.quarantine as q join dev_staging.{model} as s on q.key = s._key "
        f"and q.load_id = s._load_id where model = '{model}' and how = 'accepted' order by seq"
    )
    for (seq,) in shop.rows(passed):
        if dice.random() < 0.3:
            given.discard(seq)
            shop.execute(f"update quality.accepted set undone_at = now() where model = '{model}' and seq = {seq}")


def steps_of_first(shop: Shop) -> int:
    """How many loads the first step took: only that step is a full one."""
    query = "select count(distinct load_id) from dev_ops.ledger where full_refresh"
    return int(shop.rows(query)[0][0])
