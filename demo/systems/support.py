"""The helpdesk's tickets and ratings, and the SQLite file from which helpdesk_server.py serves them.

In: the world, its people and a window of time. Out: objects as the API shows them.
"""

import json
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from demo.company import words
from demo.company.clock import NEVER, Ints
from demo.company.people import People
from demo.company.world import World
from weir.core.settings import home

Objects = Iterator[dict[str, Any]]
PRIORITIES = ["low", "normal", "high", "urgent"]
TAGS = [["login"], ["export", "csv"], ["report"], ["billing"], ["howto"], ["api"], ["performance"], ["feature"],
        ["cancel", "billing"], ["sso"], ["data"], ["billing"], [], ["api", "webhook"]]  # fmt: skip


def database() -> Path:
    """The file of the helpdesk's data."""
    return home() / "demo" / "helpdesk" / "helpdesk.db"


def connect() -> sqlite3.Connection:
    """Open the helpdesk's data; its tables are made when they are missing."""
    database().parent.mkdir(parents=True, exist_ok=True)
    connection = sqlite3.connect(database(), timeout=30)
    for table in ("tickets", "satisfaction_ratings"):
        connection.execute(
            f"create table if not exists {table} (id integer primary key, updated_at text, document text)"
        )
        connection.execute(f"create index if not exists {table}_by_time on {table} (updated_at, id)")
    return connection


def put(connection: sqlite3.Connection, table: str, objects: Objects) -> int:
    """Insert objects, or replace those with the same id; returns how many."""
    rows = ((item["id"], item["updated_at"], json.dumps(item, ensure_ascii=False)) for item in objects)
    return connection.executemany(f"insert or replace into {table} values (?, ?, ?)", rows).rowcount


class Support:
    """Objects that were new or changed in the window [since, until), as they stood at its end."""

    def __init__(self, world: World, people: People, since: int, until: int) -> None:
        self.world, self.people, self.since, self.until = world, people, since, until
        order = np.argsort(world.tickets["created"], kind="stable")
        self.rows = {name: values[order] for name, values in world.tickets.items()}
        rated = (self.rows["score"] > 0) & (self.rows["solve"] < NEVER)
        self.rated_at = np.where(rated, self.rows["solve"] + 3600 * (1 + np.arange(len(rated)) % 20), NEVER)

    def _past(self, moments: Ints) -> Ints:
        return np.where(moments < self.until, moments, NEVER)

    def tickets(self) -> Objects:
        """Tickets; one in sixty comes from a private address."""
        rows, text = self.rows, self.world.clock.texts
        replied, solved = self._past(rows["reply"]), self._past(rows["solve"])
        moments_of = (rows["created"], replied, solved)
        updated = np.maximum.reduce([np.where(moment < NEVER, moment, 0) for moment in moments_of])
        chosen = np.flatnonzero((rows["created"] < self.until) & (updated >= self.since))
        users = self.people.member(rows["account"][chosen], rows["who"][chosen], rows["created"][chosen])
        moments = zip(*(text(column[chosen]) for column in (rows["created"], updated, replied, solved)), strict=True)
        for place, user, (created, changed, reply, solve) in zip(chosen.tolist(), users.tolist(), moments, strict=True):
            email, subject = self.people.email(user), int(rows["subject"][place])
            if place % 60 == 11:
                email = f"{email.split('@')[0]}@gmail.com"
            yield {
                "id": place + 1,
                "requester": {"email": email.title() if place % 25 == 3 else email, "name": self.people.name(user)},
                "subject": words.SUBJECTS[subject],
                "status": "solved" if solve else "pending" if reply else "open",
                "priority": PRIORITIES[int(rows["priority"][place])],
                "created_at": created,
                "updated_at": changed,
                "first_reply_at": reply,
                "solved_at": solve,
                "tags": TAGS[subject],
            }

    def ratings(self) -> Objects:
        """Ratings of solved tickets by their requesters."""
        chosen = np.flatnonzero((self.rated_at >= self.since) & (self.rated_at < self.until))
        moments = self.world.clock.texts(self.rated_at[chosen])
        for place, moment in zip(chosen.tolist(), moments, strict=True):
            score = int(self.rows["score"][place])
            remarks = words.PRAISE if score > 3 else words.BLAME
            comment = remarks[place % len(remarks)] or None
            yield {"id": place + 1, "ticket_id": place + 1, "score": score, "comment": comment,
                   "created_at": moment, "updated_at": moment}  # fmt: skip
