"""Product events as JSON lines, one day of all accounts at a time; their shape changes half-way through the history.

In: the world and its people. Out: the lines of a day, sorted by time, with the account of each; last logins.
"""

from dataclasses import dataclass

import numpy as np

from demo.company.clock import DAY, HISTORY_DAYS, draw
from demo.company.people import People
from demo.company.world import World

HALF_WAY = HISTORY_DAYS // 2
PER_USER_AND_DAY = 0.305
TYPES = ["login", "report_viewed", "export", "invite_sent", "api_call"]
PROPERTIES = [
    ['{"device":"web"}', '{"device":"ios"}', '{"device":"android"}', '{"device":"web","sso":true}'],
    ['{"report":"revenue","ms":231}', '{"report":"cohorts","ms":1820}', '{"report":"funnel","ms":540.5}', "{}"],
    ['{"format":"csv","rows":1200}', '{"format":"xlsx","rows":88}', '{"format":"csv","rows":"n/a"}', '{"rows":null}'],
    ['{"role":"member"}', '{"role":"admin"}', '{"role":"member","note":"très urgent"}', '{"role":"member"}'],
    ['{"path":"/v1/items","status":200}', '{"path":"/v1/items","status":429}', '{"path":"/v2/q","status":200}', "{}"],
]


@dataclass
class Day:
    """The events of one day: lines, and for each line its account and id."""

    date: str
    lines: list[str]
    accounts: list[int]
    ids: list[str]


class Stream:
    """Makes the events of one day after another, and keeps `last_login` (seconds, -1 where never)."""

    def __init__(self, world: World, people: People) -> None:
        self.world, self.people = world, people
        self.last_login = np.full(len(people.account), -1, dtype="int64")
        spells = world.segments
        self._start, self._end, self._of = spells["start"], spells["end"], spells["account"]
        self._leaves = spells["reason"] >= 4

    def day(self, number: int) -> Day:
        """All events of the day with that number."""
        world, people, begin = self.world, self.people, number * DAY
        date = world.clock.dates(np.array([number]))[0]
        covers = (self._start <= begin) & (self._end > begin) & ~(self._leaves & (self._end < begin + DAY))
        size = len(world.created)
        present = np.bincount(people.account[people.created < begin], minlength=size)
        weekend = np.datetime64(date).astype("datetime64[D]").astype("int64") % 7 in (2, 3)  # 1970-01-01: a Thursday
        rate = world.usage[number // 7] * present * PER_USER_AND_DAY * (0.25 if weekend else 1.0)
        rate = np.where(np.bincount(self._of[covers], minlength=size) > 0, rate, 0)
        generator = draw(world.seed, "events", number)
        accounts = np.repeat(np.arange(size), generator.poisson(rate))
        count = len(accounts)
        chosen = people.first[accounts] + (generator.random(count) ** 1.6 * present[accounts]).astype("int64")
        users = np.where(people.deleted[chosen] < begin + DAY, people.first[accounts], chosen)
        millis = np.clip(generator.normal(13.5, 3.2, count) * 3_600_000, 0, 86_399_999).astype("int64")
        kinds = np.searchsorted([0.36, 0.74, 0.82, 0.84], generator.random(count))
        kinds = np.where((kinds == 4) & (accounts % 4 > 0), 1, kinds)  # one account in four uses the API
        flavours = generator.integers(0, 4, count)
        order = np.argsort(millis, kind="stable")
        accounts, users, millis = accounts[order], users[order], millis[order]
        logins = kinds[order] == 0
        np.maximum.at(self.last_login, users[logins], begin + millis[logins] // 1000)
        columns = (accounts + 1, people.number[users], kinds[order], flavours[order])
        times = np.datetime_as_string(np.datetime64(date, "ms") + millis.astype("timedelta64[ms]")).tolist()
        prefix = "ev-" + date.replace("-", "")
        ids = [f"{prefix}-{place:06d}" for place in range(count)]
        write = line_v1 if number < HALF_WAY else line_v2
        lines = list(map(write, ids, *(column.tolist() for column in columns), times))
        return Day(date, lines, accounts.tolist(), ids)


def line_v1(key: str, account: int, user: int, kind: int, flavour: int, time: str) -> str:
    """An event in the first shape."""
    return (
        f'{{"_id":"{key}","account_id":{account},"user_id":{user},"type":"{TYPES[kind]}",'
        f'"ts":"{time}Z","props":{PROPERTIES[kind][flavour]}}}'
    )


def line_v2(key: str, account: int, user: int, kind: int, flavour: int, time: str) -> str:
    """An event in the second shape: nested, with ids as text."""
    return (
        f'{{"_id":"{key}","v":2,"account":{{"id":"{account}"}},"user":{{"id":"{user}"}},"event":"{TYPES[kind]}",'
        f'"occurred_at":"{time}+00:00","context":{PROPERTIES[kind][flavour]}}}'
    )
