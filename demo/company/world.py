"""The simulation: accounts, their mood week by week, and what follows from it, up to the end of the demo's future.

In: number of accounts, seed, end of the history. Out: a `World` of numpy arrays; each source takes from it the events
up to a moment. Churn has causes: a falling mood (and usage with it), neglected tickets, failed payments.
"""

from dataclasses import dataclass, field
from datetime import datetime

import numpy as np

from demo.company.clock import DAY, FUTURE_DAYS, HISTORY_DAYS, NEVER, WEEKS, Clock, Ints, draw

PLANS = [("starter", 19, 5), ("team", 99, 12), ("business", 399, 20), ("classic", 49, 8), ("enterprise", 1200, 18)]
BASE_PRICE = np.array([plan[1] for plan in PLANS])
SEAT_PRICE = np.array([plan[2] for plan in PLANS])
REASONS = [None, "upgrade", "downgrade", "seats", "cancelled", "non_payment"]


@dataclass
class World:
    """All that happens in the company. Times are in seconds; `account` is an index from 0."""

    seed: int
    accounts: int
    clock: Clock
    created: Ints
    reference: Ints
    usage: Ints  # by week and account: how much the product is used, 0 while no customer
    first_seats: Ints
    closed: Ints  # when the account is soft-deleted
    segments: dict[str, Ints] = field(default_factory=dict)
    invoices: dict[str, Ints] = field(default_factory=dict)
    tickets: dict[str, Ints] = field(default_factory=dict)
    answers: dict[str, Ints] = field(default_factory=dict)


def simulate(accounts: int, seed: int, until: datetime) -> World:
    """Simulate a world with so many accounts at the end of its history; equal arguments give an equal world."""
    from demo.company.weeks import Weeks

    clock, created = Clock(until), _arrivals(accounts, seed)
    reference = draw(seed, "reference").permutation(len(created)) + 1
    weeks = Weeks(seed, clock, created)
    usage = np.zeros((WEEKS, len(created)), dtype="float32")
    for week in range(WEEKS):
        usage[week] = weeks.live(week)
    segments = weeks.closed_segments()
    last_end = np.zeros(len(created), dtype="int64")
    np.maximum.at(last_end, segments["account"], segments["end"])
    generator = draw(seed, "closing")
    delay = generator.integers(20 * DAY, 90 * DAY, len(created))
    closes = (last_end < NEVER) & (generator.random(len(created)) < 0.6)
    return World(
        seed, accounts, clock, created, reference, usage, weeks.first_seats, np.where(closes, last_end + delay, NEVER),
        segments, *(weeks.collected(name) for name in ("invoices", "tickets", "answers")),
    )  # fmt: skip


def _arrivals(accounts: int, seed: int) -> Ints:
    """The sign-up of each account: a quarter in the first month (from an older system), then more each month."""
    generator = draw(seed, "arrivals")
    early = generator.random(accounts // 4) * 30
    later = 30 + (HISTORY_DAYS - 33) * generator.random(accounts - accounts // 4) ** 0.8
    extra = max(2, accounts * FUTURE_DAYS // HISTORY_DAYS)
    future = HISTORY_DAYS + (np.arange(extra) + 0.2 + 0.6 * generator.random(extra)) * (FUTURE_DAYS / extra)
    days = np.concatenate([np.sort(np.concatenate([early, later])), future])
    return (np.floor(days) * DAY + generator.integers(7 * 3600, 19 * 3600, len(days))).astype("int64")
