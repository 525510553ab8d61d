"""Random histories of batched models: after each build every table equals its own select, row by row."""

import os
import random
import subprocess
import sys
import time
from typing import Any

import pytest

from tests.support.batches import BATCHED, declare, differing
from tests.support.shop import Shop, messages

ACCOUNTS = 6
START = 1760000000  # 9 October 2025


class History:
    """A project that lives: rows come, change and go, the clock moves, builds fail."""

    def __init__(self, shop: Shop, dice: random.Random, monkeypatch: pytest.MonkeyPatch) -> None:
        self.shop, self.dice, self.patch = shop, dice, monkeypatch
        self.events: dict[int, dict[str, Any]] = {}
        self.accounts: set[int] = set()
        self.next, self.load, self.day, self.builds = 1, 0, 100, 0
        self.did: list[str] = []
        declare(shop)

    def moment(self) -> str:
        """A text that is an event time: mostly recent, at times old, missing, or far away."""
        roll = self.dice.random()
        if roll < 0.03:
            return self.dice.choice(["2025-12-31T23:59:59.999999Z", "1970-01-01T00:00:00Z", "2261-05-01T00:00:00Z"])
        days = self.dice.randint(self.day - 3, self.day + 1) if roll < 0.7 else self.dice.randint(0, self.day)
        seconds = START + days * 86400 + self.dice.choice([0, 43200, self.dice.randint(0, 86399)])
        return self.shop.rows(
            f"select to_char(to_timestamp({seconds}) at time zone 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"')"
        )[0][0]

    def event(self, number: int) -> dict[str, Any]:
        """An event as it lands: of any account, at times corrupt or without a time."""
        roll = self.dice.random()
        return {
            "event_id": str(number),
            "account_id": str(self.dice.randint(1, ACCOUNTS)) if roll > 0.03 else None,
            "amount": self.dice.choice(["1.00", "2.50", "1.00", "-1", "x", None]),
            "happened_at": None if self.dice.random() < 0.04 else self.moment(),
        }

    def land(self) -> None:
        """Land some changes of events and accounts; at times a load arrives late."""
        self.load += 1
        rows: list[dict[str, Any]] = []
        for _ in range(self.dice.randint(0, 6)):
            known = self.dice.random() < 0.5 and self.events
            number = self.dice.choice(list(self.events)) if known else self.next
            self.next += not known
            if known and self.dice.random() < 0.3:
                rows.append({"event_id": str(number), "_op": "delete"})
                del self.events[number]
                continue
            self.events[number] = self.event(number)
            rows.append(self.events[number])
        if rows or self.dice.random() < 0.3:
            self.land_table("events", rows)
        if self.dice.random() < 0.4:
            number = self.dice.randint(1, ACCOUNTS)
            gone = number in self.accounts and self.dice.random() < 0.5
            row = {"account_id": str(number), "plan": self.dice.choice(["free", "pro", None])}
            self.land_table("accounts", [{"account_id": str(number), "_op": "delete"} if gone else row])
            (self.accounts.discard if gone else self.accounts.add)(number)

    def land_table(self, table: str, rows: list[dict[str, Any]]) -> None:
        """Land one load."""
        for row in rows:
            row = {"_dlt_load_id": f"load{self.load:04}", "_op": "upsert"} | row
            self.shop.execute(
                f"insert into raw_shop.{table} ({', '.join(row)}) values ({', '.join(['%s'] * len(row))})",
                list(row.values()),
            )
        late = self.load > 3 and self.dice.random() < 0.04
        self.shop.execute(
            "insert into ops.landings (load_id, job, source, table_name, promise, how, extracted, landed, as_of,"
            " landed_at) values (%s, %s, 'shop', %s, 'exact', 'compare', %s, %s, to_timestamp(%s),"
            " clock_timestamp() - %s * interval '1 s')",
            [
                f"load{self.load:04}",
                f"job {table}",
                table,
                len(rows),
                len(rows),
                START + self.day * 86400,
                5 if late else 0,
            ],
        )
        self.did.append(f"{table} {rows}{' late' if late else ''}")

    def build(self, *arguments: str, must: bool = True) -> Any:
        """Build at the history's moment."""
        self.builds += 1
        text = f"select (to_timestamp({START + self.day * 86400}) at time zone 'UTC')::text || '+00:00'"
        self.patch.setenv("DBT_ENV_CUSTOM_ENV_WEIR_AS_OF", self.shop.rows(text)[0][0].replace(" ", "T"))
        result = self.shop.dbt("run", *arguments)
        assert result.success or not must, messages(result)
        return result

    def disturb(self) -> None:
        """What people and faults do between two builds."""
        roll, name = self.dice.random(), self.dice.choice(BATCHED)
        self.did.append(f"{roll:.2f} {name}")
        if roll < 0.15:
            self.build("--select", name)
        elif roll < 0.25:
            self.build("--full-refresh", "--select", self.dice.choice([name, f"{name}+", f"+{name}"]))
        elif roll < 0.33:
            self.shop.execute(
                f"alter table if exists dev_intermediate.{name} add constraint no check (false) not valid"
            )
            self.build(must=False)
            self.shop.execute(f"alter table if exists dev_intermediate.{name} drop constraint if exists no")
        elif roll < 0.37:
            self.shop.execute(f"drop table if exists dev_intermediate.{name} cascade")
        elif roll < 0.41:
            self.shop.execute(f"delete from dev_ops.batched_models where model = '{name}'")
        elif roll < 0.44:
            self.build("--empty", "--select", name)

    def live(self) -> None:
        """One round: rows land, something may happen, the clock moves, all is built and judged."""
        for _ in range(self.dice.randint(0, 2)):
            self.land()
        if self.builds:
            self.disturb()
        self.day += self.dice.choice([0, 0, 1, 1, 1, 2, 9, 33, -1])
        self.build()
        wrong = differing(self.shop)
        assert not wrong, (wrong, self.did)
        self.did.clear()


def test_a_short_history(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    history = History(shop, random.Random(1), monkeypatch)
    history.land()
    history.land_table("accounts", [{"account_id": "1", "plan": "pro"}])
    for _ in range(6):
        history.live()  # judges every table after its build
    assert history.builds >= 6


@pytest.mark.slow
@pytest.mark.parametrize("seed", [2, 3, 4])
def test_long_histories(shop: Shop, monkeypatch: pytest.MonkeyPatch, seed: int) -> None:
    history = History(shop, random.Random(seed), monkeypatch)
    history.land()
    history.land_table("accounts", [{"account_id": "1", "plan": "pro"}])
    while history.builds < 40:
        history.live()
    assert differing(shop) == {}


@pytest.mark.slow
def test_two_builds_at_once_and_builds_that_are_killed(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    dice = random.Random(5)
    history = History(shop, dice, monkeypatch)
    history.land()
    history.land_table("accounts", [{"account_id": "1", "plan": "pro"}])
    history.build()
    for _ in range(3):
        history.land()
        history.day += 1
        # dbt itself can't make a view or a table twice at once
        history.build("--exclude", "config.materialized:batched")
        both = [_begin(shop, "--select", "config.materialized:batched") for _ in range(2)]
        assert [each.wait(120) for each in both] == [0, 0]
        history.build()
        assert differing(shop) == {}
        history.land()
        killed = _begin(shop)
        time.sleep(dice.uniform(3, 6))
        killed.kill()
        killed.wait()
        history.build()
        assert differing(shop) == {}


def _begin(shop: Shop, *arguments: str) -> "subprocess.Popen[bytes]":
    """A build in a process of its own."""
    from weir.dbt.environment import as_dbt

    with as_dbt():
        words = [sys.executable, "-m", "dbt.cli.main", "--quiet", "run", *arguments]
        return subprocess.Popen(words, cwd=shop.folder, env=dict(os.environ))
