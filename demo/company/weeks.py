"""The weeks of all accounts: mood, invoices, changes of plan, endings and returns. Tickets and answers: voices.py."""

from collections import defaultdict

import numpy as np

from demo.company import voices
from demo.company.clock import DAY, NEVER, WEEK, Clock, Ints, draw

UPGRADE, DOWNGRADE, SEATS, CANCELLED, NON_PAYMENT = 1, 2, 3, 4, 5
HIGHER = np.array([1, 2, 4, 1, 4])
LOWER = np.array([0, 0, 1, 0, 2])


class Weeks:
    """The state of all accounts between two weeks, and the rows of the weeks so far."""

    def __init__(self, seed: int, clock: Clock, created: Ints) -> None:
        self.seed, self.clock, self.created = seed, clock, created
        self.size = len(created)
        generator = draw(seed, "accounts")
        self.first_seats = np.clip(generator.lognormal(1.5, 0.8, self.size), 1, 90).astype("int64")
        self.seats = self.first_seats.copy()
        self.plan = np.select(
            [self.seats > 25, self.seats > 10, self.seats > 3], [2 + 2 * (self.seats > 50), 2, 1], 3 * (self.seats == 3)
        )
        self.base_mood = generator.normal(0.35, 0.55, self.size)
        self.mood = self.base_mood + generator.normal(0, 0.3, self.size)
        self.bad_payer = generator.random(self.size) < 0.06
        self.by_transfer = generator.random(self.size) < 0.25
        self.active = np.zeros(self.size, dtype=bool)
        self.begun = np.full(self.size, NEVER)  # when the running segment began
        self.first_day = created // DAY  # the first day of the running subscription; invoices follow monthly
        self.months = np.zeros(self.size, dtype="int64")
        self.next_invoice = self.first_day.copy()
        self.number = np.zeros(self.size, dtype="int64")  # invoices so far
        self.unpaid_end = np.full(self.size, NEVER)
        self.left = np.full(self.size, NEVER)
        self.neglect = np.zeros(self.size)
        self.failing = np.zeros(self.size)
        self._rows: dict[str, dict[str, list[Ints]]] = defaultdict(lambda: defaultdict(list))

    def live(self, week: int) -> Ints:
        """Simulate one week; returns how much each account used the product, 0 where it is no customer."""
        begin, self.week = week * WEEK, week
        arrived = self.created // WEEK == week
        self.active |= arrived
        self.begun[arrived] = self.created[arrived]
        settled = self.active & (self.begun < begin)
        self._feel()
        earliest = self._invoice(begin)
        self.keep("tickets", **voices.ask(self, begin))
        self.keep("answers", **voices.answer(self, begin))
        usage = np.where(self.active, np.exp(0.75 * self.mood), 0)
        generator = draw(self.seed, "moment", week)
        moment = earliest + (generator.random(self.size) * (begin + WEEK - earliest)).astype("int64")
        risk = 1 / (1 + np.exp(6.1 + 1.35 * self.mood - 1.1 * self.neglect - 0.8 * self.failing))
        unpaid = settled & (self.unpaid_end // WEEK == week)
        leaves = settled & ~unpaid & (generator.random(self.size) < risk)
        self._end(unpaid, self.unpaid_end, NON_PAYMENT)
        self._end(leaves, moment, CANCELLED)
        gone = ~self.active & (self.left < begin - 6 * WEEK) & (self.left > begin - 40 * WEEK)
        self._change(settled & self.active, moment, generator)
        back = gone & (generator.random(self.size) < 0.004)
        self.active |= back
        self.begun[back] = moment[back]
        self.first_day[back] = self.next_invoice[back] = moment[back] // DAY
        self.months[back], self.left[back], self.unpaid_end[back] = 0, NEVER, NEVER
        self.mood[back] = self.base_mood[back] = 0.3
        return usage

    def _feel(self) -> None:
        generator = draw(self.seed, "mood", self.week)
        shock = generator.random(self.size) < 0.006  # the person who wanted the product has left the account
        self.base_mood -= np.where(shock, 1.3, 0)
        self.mood += 0.09 * (self.base_mood - self.mood) + generator.normal(0, 0.16, self.size) - 0.12 * self.neglect
        self.neglect *= 0.75
        self.failing *= 0.8

    def _invoice(self, begin: int) -> Ints:
        """Write the invoices due in the week; returns from which moment on each account may have other events."""
        due = np.flatnonzero(self.active & (self.next_invoice * DAY < begin + WEEK))
        generator = draw(self.seed, "invoices", self.week)
        luck = generator.random(self.size)[due]
        bad = np.where(self.bad_payer, 0.35, 0.025)[due]
        fails = np.select([luck < 0.2 * bad, luck < 0.5 * bad, luck < bad], [3, 2, 1], 0)
        void = generator.random(self.size)[due] < 0.008
        fails[void] = 0
        day = self.next_invoice[due]
        self.keep("invoices", account=due, day=day, number=self.number[due], plan=self.plan[due], void=void,
                   seats=self.seats[due], fails=fails, transfer=self.by_transfer[due],
                   delay=generator.integers(3600, 12 * 3600, self.size)[due])  # fmt: skip
        self.failing[due] += np.where(fails > 0, 1.0, 0)
        quits = (fails == 3) & (generator.random(self.size)[due] < 0.8)
        self.unpaid_end[due] = np.where(quits, (day + 21) * DAY + 9 * 3600, NEVER)
        self.number[due] += 1
        self.months[due] += 1
        self.next_invoice[due] = self.clock.next_month(self.first_day[due], self.months[due])
        earliest = np.full(self.size, begin)
        earliest[due] = np.maximum(begin, day * DAY + 20 * 3600)
        return np.maximum(earliest, np.where(self.begun < NEVER, self.begun + 1, 0))

    def _change(self, mask: Ints, moment: Ints, generator: np.random.Generator) -> None:
        luck, step = generator.random(self.size), 1 + generator.integers(0, 1 + self.seats // 4 + 1)
        happy = 1 / (1 + np.exp(-2 * self.mood))
        more, fewer = luck < 0.014 * happy, (luck > 1 - 0.008 * (1 - happy)) & (self.seats > step)
        up, down = (luck > 0.5) & (luck < 0.5 + 0.003 * happy), (luck > 0.4) & (luck < 0.4 + 0.004 * (1 - happy))
        plan = np.where(up, HIGHER[self.plan], np.where(down, LOWER[self.plan], self.plan))
        seats = np.where(more, self.seats + step, np.where(fewer, self.seats - step, self.seats))
        changes = mask & ((plan != self.plan) | (seats != self.seats))
        reason = np.where(plan != self.plan, np.where(up, UPGRADE, DOWNGRADE), SEATS)
        self._segment(np.flatnonzero(changes), moment, reason)
        self.plan, self.seats = np.where(changes, plan, self.plan), np.where(changes, seats, self.seats)
        self.begun[changes] = moment[changes]

    def _end(self, mask: Ints, moment: Ints, reason: int) -> None:
        self._segment(np.flatnonzero(mask), moment, np.full(self.size, reason))
        self.active &= ~mask
        self.left[mask] = moment[mask]
        self.begun[mask] = self.unpaid_end[mask] = NEVER

    def _segment(self, rows: Ints, end: Ints, reason: Ints) -> None:
        self.keep("segments", account=rows, plan=self.plan[rows], seats=self.seats[rows], start=self.begun[rows],
                   end=end[rows], reason=reason[rows])  # fmt: skip

    def keep(self, name: str, **columns: Ints) -> None:
        """Keep rows, given as columns."""
        for column, values in columns.items():
            self._rows[name][column].append(values)

    def collected(self, name: str) -> dict[str, Ints]:
        """The rows kept so far, as columns."""
        return {column: np.concatenate(parts) for column, parts in self._rows[name].items()}

    def closed_segments(self) -> dict[str, Ints]:
        """All segments sorted by start; running segments end NEVER. A segment's number is its place."""
        self._segment(np.flatnonzero(self.active), np.full(self.size, NEVER), np.zeros(self.size, dtype="int64"))
        rows = self.collected("segments")
        order = np.lexsort([rows["account"], rows["start"]])
        return {column: values[order] for column, values in rows.items()}
