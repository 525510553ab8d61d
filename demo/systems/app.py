"""The rows of the application's database (PostgreSQL), computed from the world and a window of time.

In: the world, its people, last logins. Out: rows as tuples; app_store.py writes them.
"""

import json
from collections.abc import Iterator
from typing import Any

import numpy as np

from demo.company import words
from demo.company.clock import DAY, NEVER, Ints, draw
from demo.company.people import People, company_name, domain_of, reference_of
from demo.company.world import BASE_PRICE, PLANS, REASONS, SEAT_PRICE, World

Rows = Iterator[tuple[Any, ...]]
LOCALES = ["en_US", "de_DE", "en_GB", "fr_FR", "nl_NL", "sv_SE", "es_ES", "de_CH"]
ZONES = ["America/New_York", "Europe/Berlin", "Europe/London", "Europe/Paris", "Europe/Amsterdam", "Europe/Stockholm",
         "Europe/Madrid", "Europe/Zurich"]  # fmt: skip


class App:
    """Rows that were new or changed in the window [since, until), as they stood at its end."""

    def __init__(self, world: World, people: People, since: int, until: int) -> None:
        self.world, self.people, self.since, self.until = world, people, since, until
        self.country = draw(world.seed, "country").integers(0, len(words.COUNTRY), len(world.created))

    def _past(self, moments: Ints) -> Ints:
        return np.where(moments < self.until, moments, NEVER)

    def _fresh(self, created: Ints, *changes: Ints) -> tuple[Ints, Ints]:
        """The rows that belong to the window, and when each was last updated."""
        updated = np.asarray(created, dtype="int64")
        for change in changes:
            updated = np.maximum(updated, np.where(change < self.until, change, -NEVER))
        return np.flatnonzero((created < self.until) & (updated >= self.since)), updated

    def plans(self) -> Rows:
        """The plans that are sold."""
        begin = self.world.clock.text(-100 * DAY)
        for number, (code, base, seat) in enumerate(PLANS, 1):
            yield number, code, code.title(), f"{base}.00", f"{seat}.00", code != "classic", begin

    def accounts(self) -> Rows:
        """Customers; one in two hundred has no billing reference."""
        world, text = self.world, self.world.clock.texts
        rows, updated = self._fresh(world.created, world.closed)
        industry = draw(world.seed, "industry").integers(0, len(words.INDUSTRY), len(world.created))
        moments = zip(text(world.created[rows]), text(updated[rows]), text(self._past(world.closed[rows])), strict=True)
        for index, (created, changed, closed) in zip(rows.tolist(), moments, strict=True):
            yield (index + 1, company_name(index), domain_of(index),
                   None if index % 200 == 137 else reference_of(world, index), words.COUNTRY[self.country[index]],
                   words.INDUSTRY[industry[index]], created, changed, closed)  # fmt: skip

    def users(self, last_login: Ints) -> Rows:
        """People who log in; `last_login` in seconds, below 0 where never."""
        people, text = self.people, self.world.clock.texts
        rows, updated = self._fresh(people.created, people.deleted, np.where(last_login < 0, NEVER, last_login))
        rows = rows[people.purged[rows] >= self.until]
        columns = (people.created[rows], updated[rows], np.where(last_login[rows] < 0, NEVER, last_login[rows]),
                   self._past(people.deleted[rows]))  # fmt: skip
        for user, moments in zip(rows.tolist(), zip(*map(text, columns), strict=True), strict=True):
            account, place = int(people.account[user]), int(people.place[user])
            email = people.email(user)
            role = "owner" if place == 0 else "admin" if place % 9 == 1 else "member"
            yield (int(people.number[user]), account + 1, email.title() if user % 40 == 7 else email,
                   people.name(user), role, LOCALES[self.country[account]], *moments)  # fmt: skip

    def subscriptions(self) -> Rows:
        """The subscriptions that accounts pay for."""
        rows_of, text = self.world.segments, self.world.clock.texts
        rows, updated = self._fresh(rows_of["start"], rows_of["end"])
        plan, seats = rows_of["plan"][rows], rows_of["seats"][rows]
        mrr = BASE_PRICE[plan] + seats * SEAT_PRICE[plan]
        end = self._past(rows_of["end"][rows])
        reason = np.where(end < NEVER, rows_of["reason"][rows], 0).tolist()
        columns = (rows + 1, rows_of["account"][rows] + 1, plan + 1, seats, mrr)
        moments = zip(text(rows_of["start"][rows]), text(end), reason, text(updated[rows]), strict=True)
        numbers = zip(*(column.tolist() for column in columns), strict=True)
        for number, (started, ended, why, changed) in zip(numbers, moments, strict=True):
            yield *number, started, ended, REASONS[why], changed

    def account_settings(self) -> Rows:
        """Settings as entity, attribute and value; the newsletter's row is deleted when an account gives it up."""
        world, text = self.world, self.world.clock.text
        segments = world.segments
        begun = segments["start"] < self.until
        seats, since = np.zeros(len(world.created), dtype="int64"), np.full(len(world.created), -NEVER)
        seats[segments["account"][begun]] = segments["seats"][begun]
        since[segments["account"][begun]] = segments["start"][begun]
        removed = self.newsletter_removed()
        for index in np.flatnonzero(world.created < self.until).tolist():
            created = int(world.created[index])
            if created >= self.since:
                yield index + 1, "timezone", ZONES[self.country[index]], text(created)
                yield index + 1, "sso_enabled", "true" if world.first_seats[index] > 20 else "false", text(created)
                if removed[index] >= self.until:
                    yield index + 1, "newsletter", "weekly" if index % 3 else "", text(created)
            if since[index] >= self.since:
                yield index + 1, "seats_limit", str(int(seats[index])), text(int(since[index]))

    def newsletter_removed(self) -> Ints:
        """When each account's newsletter setting is hard-deleted."""
        generator = draw(self.world.seed, "newsletter")
        size = len(self.world.created)
        later = self.world.created + 1 + (generator.random(size) * 500 * DAY).astype("int64")
        result: Ints = np.where(generator.random(size) < 0.2, later, NEVER)
        return result

    def user_preferences(self) -> Rows:
        """One document per user; a quarter changes it once."""
        people, text = self.people, self.world.clock.texts
        generator = draw(self.world.seed, "preferences")
        size = len(people.account)
        later = people.created + 1 + (generator.random(size) * 600 * DAY).astype("int64")
        changes = np.where(generator.random(size) < 0.25, later, NEVER)
        rows, updated = self._fresh(people.created, changes)
        rows = rows[people.purged[rows] >= self.until]
        for user, changed in zip(rows.tolist(), text(updated[rows]), strict=True):
            document: dict[str, Any] = {"theme": ["light", "dark", "system"][user % 3], "email_digest": user % 4 > 0}
            if user % 5 == 0:
                document["language"] = LOCALES[user % len(LOCALES)][:2]
            if changes[user] < self.until:
                document |= {"theme": "dark", "shortcuts": {"save": "ctrl+s"}, "beta": ["charts"]}
            yield int(people.number[user]), json.dumps(document), changed
