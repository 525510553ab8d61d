"""The users of the accounts: names, e-mail addresses, when each came and left; computed from the world alone."""

from dataclasses import dataclass

import numpy as np

from demo.company import words
from demo.company.clock import DAY, NEVER, Ints, draw
from demo.company.world import World

_PAIRS = len(words.FIRST) * len(words.SECOND)
_STRIDE = 1501  # has no common factor with _PAIRS, so that pairs repeat only after all were used
MOST_USERS = 60


@dataclass
class People:
    """One entry per user, account by account, the owner first. Times in seconds; `number` is the user id."""

    account: Ints
    place: Ints  # within the account
    first: Ints  # per account: where its users begin
    created: Ints
    deleted: Ints  # soft
    purged: Ints  # hard
    number: Ints

    def member(self, accounts: Ints, luck: Ints, moment: Ints) -> Ints:
        """One present user of each account, chosen by `luck`; the owner where the chosen user has left."""
        count = np.diff(np.append(self.first, len(self.account)))[accounts]
        chosen = self.first[accounts] + np.minimum((luck * count).astype("int64"), count - 1)
        absent = (self.created[chosen] >= moment) | (self.deleted[chosen] <= moment)
        result: Ints = np.where(absent, self.first[accounts], chosen)
        return result

    def name(self, user: int) -> str:
        """Full name."""
        given, family = self._words(user)
        return f"{words.GIVEN[given]} {words.FAMILY[family]}"

    def email(self, user: int) -> str:
        """E-mail address, unique within the account."""
        given, family = self._words(user)
        return f"{words.SLUG_GIVEN[given]}.{words.SLUG_FAMILY[family]}@{domain_of(int(self.account[user]))}"

    def _words(self, user: int) -> tuple[int, int]:
        account, place = int(self.account[user]), int(self.place[user])
        return (account * 13 + place * 7) % len(words.GIVEN), (account * 29 + place * 11) % len(words.FAMILY)


def populate(world: World) -> People:
    """Make the users of all accounts, also those who come in the future."""
    generator = draw(world.seed, "users")
    share = 0.6 + 0.4 * generator.random(len(world.created))
    count = np.clip(np.rint(world.first_seats * share), 1, MOST_USERS).astype("int64")
    account = np.repeat(np.arange(len(count)), count)
    begin = np.cumsum(count) - count
    owner = np.arange(len(account)) == begin[account]
    created = world.created[account] + np.where(owner, 300, generator.exponential(45 * DAY, len(account)) + 600)
    created = created.astype("int64")
    last_end = np.zeros(len(count), dtype="int64")
    np.maximum.at(last_end, world.segments["account"], world.segments["end"])
    stays = owner | (created < last_end[account])
    account, created, owner = account[stays], created[stays], owner[stays]
    order = np.lexsort([created, account])
    account, created, owner = account[order], created[order], owner[order]
    first = np.searchsorted(account, np.arange(len(count)))
    number = np.empty(len(account), dtype="int64")
    number[np.argsort(created, kind="stable")] = np.arange(len(account)) + 1
    leaves = ~owner & (generator.random(len(account)) < 0.15)
    deleted = np.where(leaves, created + generator.exponential(200 * DAY, len(account)).astype("int64") + DAY, NEVER)
    purges = leaves & (generator.random(len(account)) < 0.4)
    return People(
        account, np.arange(len(account)) - first[account], first, created, deleted,
        np.where(purges, deleted + 30 * DAY, NEVER), number,
    )  # fmt: skip


def _pair(account: int) -> tuple[int, int, int]:
    index = account * _STRIDE % _PAIRS
    return index % len(words.FIRST), index // len(words.FIRST), account // _PAIRS


def company_name(account: int) -> str:
    """Name of the account's company."""
    first, second, again = _pair(account)
    suffix = words.SUFFIX[account % len(words.SUFFIX)]
    return f"{words.FIRST[first]} {words.SECOND[second]}{f' {again + 1}' if again else ''} {suffix}"


def domain_of(account: int) -> str:
    """E-mail domain of the account's company; a few share that of the one before, their parent company."""
    if account % 250 == 249:
        account -= 1
    first, second, again = _pair(account)
    tld = words.TLD[account % len(words.TLD)]
    return f"{words.SLUG_FIRST[first]}{words.SLUG_SECOND[second]}{again + 1 if again else ''}.{tld}"


def spoilable(account: int) -> bool:
    """Whether the company's name has letters that a wrong decoding turns into recognisable nonsense."""
    return words.SPOILABLE[_pair(account)[0]]


def reference_of(world: World, account: int) -> str:
    """The account's reference in billing, such as C-00042; its number is unrelated to the account's id."""
    return f"C-{int(world.reference[account]):05d}"
