"""The rows of files that people drop in a folder: NPS answers (CSV), campaign touches (Parquet), a CRM list (XLSX).

In: the world, its people and a window of time. Out: rows; drop_files.py writes them.
"""

from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal
from typing import Any

import numpy as np

from demo.company import words
from demo.company.clock import DAY, HISTORY_DAYS, draw
from demo.company.people import People, company_name, domain_of
from demo.company.world import BASE_PRICE, SEAT_PRICE, World

NPS = ["response_id", "email", "score", "comment", "responded_at"]
CRM = ["crm_id", "company", "domain", "owner", "segment", "arr", "stage", "updated_on"]
CAMPAIGN = ["touch_id", "email", "campaign", "channel", "cost", "touched_at"]
PERIOD = 30  # days per campaign
CAMPAIGNS = ["webinar", "newsletter", "winback", "launch", "survey"]
CHANNELS = ["email", "ads", "event"]


class Drops:
    """The rows of the window [since, until), and the CRM list as it stood at its end."""

    def __init__(self, world: World, people: People, since: int, until: int) -> None:
        self.world, self.people, self.since, self.until = world, people, since, until

    def answers(self) -> Iterator[tuple[str, ...]]:
        """NPS answers, sorted by time."""
        rows = self.world.answers
        order = np.argsort(rows["time"], kind="stable")
        times = rows["time"][order]
        places = np.flatnonzero((times >= self.since) & (times < self.until))
        chosen = order[places]
        users = self.people.member(rows["account"][chosen], rows["who"][chosen], rows["time"][chosen])
        columns = (places, users, rows["score"][chosen])
        moments = self.world.clock.texts(rows["time"][chosen])
        for (place, user, score), moment in zip(zip(*(c.tolist() for c in columns), strict=True), moments, strict=True):
            remarks = words.PRAISE if score > 6 else words.BLAME
            yield f"R-{place + 1:06d}", self.people.email(user), str(score), remarks[place % len(remarks)], moment or ""

    def touches(self, period: int) -> list[tuple[Any, ...]]:
        """The people whom the period's campaign reached within the window; one in thirty belongs to no account."""
        world, begin = self.world, period * PERIOD * DAY
        generator = draw(world.seed, "campaign", period)
        size = len(world.created)
        chosen = np.flatnonzero((generator.random(size) < 0.12) & (world.created < begin))
        times = begin + generator.integers(0, PERIOD * DAY, size)[chosen]
        users = self.people.member(chosen, generator.random(size)[chosen], times)
        cents = generator.integers(5, 900, size)[chosen]
        rows: list[tuple[Any, ...]] = []
        campaign = f"{CAMPAIGNS[period % len(CAMPAIGNS)]}-{period:02d}"
        for place, (user, time, cost) in enumerate(zip(users.tolist(), times.tolist(), cents.tolist(), strict=True)):
            if self.since <= time < self.until:
                email = f"info@stranger{place}.example" if place % 30 == 29 else self.people.email(user)
                moment: datetime = world.clock.moment(time)
                price = Decimal(cost).scaleb(-2)
                rows.append((f"T-{period:02d}-{place:05d}", email, campaign, CHANNELS[place % 3], price, moment))
        return rows

    def periods(self) -> range:
        """The periods that overlap the window."""
        return range(max(self.since, 0) // (PERIOD * DAY), -(-self.until // (PERIOD * DAY)))

    def crm(self) -> Iterator[list[Any]]:
        """The sales team's list, without accounts that left more than half a year ago."""
        world, rows = self.world, self.world.segments
        begun = rows["start"] < self.until
        size = len(world.created)
        last = np.full(size, -1)
        last[rows["account"][begun]] = np.flatnonzero(begun)
        listed = draw(world.seed, "crm").random(size) < 0.85
        for index in np.flatnonzero(listed & (last >= 0)).tolist():
            segment = last[index]
            plan, seats, end = int(rows["plan"][segment]), int(rows["seats"][segment]), int(rows["end"][segment])
            ended = end < self.until
            if ended and end < self.until - HISTORY_DAYS // 4 * DAY:
                continue
            arr = 0 if ended else 12 * int(BASE_PRICE[plan] + seats * SEAT_PRICE[plan])
            day = world.clock.text(end if ended else int(rows["start"][segment]))[:10]
            domain = domain_of(index)
            yield [f"CRM-{index + 1001}", company_name(index).rsplit(" ", 1)[0],
                   domain.upper() if index % 20 == 5 else domain, words.OWNERS[index % 4],
                   "enterprise" if seats > 20 else "mid-market" if seats > 5 else "small", arr,
                   "churned" if ended else "customer", day]  # fmt: skip
        for index in range(world.accounts // 10):
            day = world.clock.text(index % HISTORY_DAYS * DAY)[:10]
            yield [f"CRM-P{index + 1}", f"Prospect {index + 1}", f"prospect{index + 1}.example",
                   words.OWNERS[index % 4], "small", 0, "prospect", day]  # fmt: skip
