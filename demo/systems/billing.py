"""The rows of legacy billing, computed from the world and a window of time; every value is text.

In: the world. Out: rows as tuples of text; billing_store.py writes them. Each account has an invoice per month. Payment
by card is tried three times at most; then the invoice has failed.
"""

from collections.abc import Iterator
from typing import Any

import numpy as np

from demo.company import words
from demo.company.clock import DAY, NEVER, Ints, draw
from demo.company.people import company_name, domain_of, reference_of
from demo.company.world import BASE_PRICE, PLANS, SEAT_PRICE, World

Texts = Iterator[tuple[str | None, ...]]
ISSUED = 6 * 3600  # invoices are written in the morning
CODES = ["card_declined", "insufficient_funds", "expired_card"]
_CHUNK = 50_000


class Billing:
    """Rows that were new or changed in the window [since, until), as they stood at its end."""

    def __init__(self, world: World, since: int, until: int) -> None:
        self.world, self.since, self.until = world, since, until
        country = draw(world.seed, "country").integers(0, len(words.COUNTRY), len(world.created))
        self.currency = [words.CURRENCY.get(words.COUNTRY[place], "EUR") for place in country.tolist()]
        rows = world.invoices
        self.issued = rows["day"] * DAY + ISSUED
        first = rows["day"] * DAY + np.maximum(rows["delay"], ISSUED + 600)
        first = first + np.where(rows["transfer"], (2 + rows["number"] % 11) * DAY, 0)
        tries = np.stack([first, first + 3 * DAY, first + 7 * DAY])
        tried = np.arange(3)[:, None] <= np.minimum(rows["fails"], 2)
        self.tries = np.where(tried & ~rows["void"], tries, NEVER)
        last = np.minimum(rows["fails"], 2)
        settled = np.where(rows["void"], self.issued + 2 * DAY, self.tries[last, np.arange(len(last))])
        self.settled = np.where(settled < until, settled, NEVER)

    def customers(self) -> Texts:
        """The customers who are billed."""
        world, until, since = self.world, self.until, self.since
        for index in np.flatnonzero((world.created < until) & (world.created >= since)).tolist():
            created = int(world.created[index])
            yield (reference_of(world, index), company_name(index), f"billing@{domain_of(index)}",
                   self.currency[index], world.clock.text(created)[:10], world.clock.text(created + 120))  # fmt: skip

    def _chunks(self, mask: Any) -> Iterator[Ints]:
        rows = np.flatnonzero(mask)
        for begin in range(0, len(rows), _CHUNK):
            yield rows[begin : begin + _CHUNK]

    def _number(self, row: int) -> str:
        invoices = self.world.invoices
        return f"{self.world.reference[invoices['account'][row]]:05d}-{invoices['number'][row] + 1:03d}"

    def invoices(self, new: bool) -> Texts:
        """Invoices of the window, or older ones whose state changed in it."""
        world, rows = self.world, self.world.invoices
        is_new = self.issued >= self.since
        changed = (self.settled >= self.since) & (self.settled < NEVER)
        wanted = is_new if new else np.logical_and(~is_new, changed)
        for chunk in self._chunks(np.logical_and(self.issued < self.until, wanted)):
            settled = self.settled[chunk]
            dates, due = world.clock.dates(rows["day"][chunk]), world.clock.dates(rows["day"][chunk] + 14)
            updated = world.clock.texts(np.where(settled < NEVER, settled, self.issued[chunk]))
            plan, seats = rows["plan"][chunk], rows["seats"][chunk]
            totals = (BASE_PRICE[plan] + seats * SEAT_PRICE[plan]).tolist()
            state = np.select([settled >= NEVER, rows["void"][chunk], rows["fails"][chunk] == 3], [0, 1, 2], 3)
            states = [("open", "void", "failed", "paid")[place] for place in state.tolist()]
            for row, *values, total in zip(chunk.tolist(), dates, due, states, updated, totals, strict=True):
                account = int(rows["account"][row])
                yield (f"INV-{self._number(row)}", reference_of(world, account), values[0], values[1],
                       self.currency[account], values[2], f"{total}.00", values[3])  # fmt: skip

    def invoice_lines(self) -> Texts:
        """Two lines for each invoice of the window: the plan, and the seats."""
        rows = self.world.invoices
        for chunk in self._chunks((self.issued < self.until) & (self.issued >= self.since)):
            updated = self.world.clock.texts(self.issued[chunk])
            columns = (chunk.tolist(), rows["plan"][chunk].tolist(), rows["seats"][chunk].tolist(), updated)
            for row, plan, seats, moment in zip(*columns, strict=True):
                number, (code, base, price) = self._number(row), PLANS[plan]
                invoice = f"INV-{number}"
                yield f"L-{number}-1", invoice, f"Plan {code}", "1", f"{base}.00", f"{base}.00", moment
                yield f"L-{number}-2", invoice, "Seats", str(seats), f"{price}.00", f"{seats * price}.00", moment

    def payments(self) -> Texts:
        """Attempts to pay within the window."""
        rows = self.world.invoices
        within = (self.tries >= self.since) & (self.tries < self.until)
        for chunk in self._chunks(within.any(axis=0)):
            plan, seats = rows["plan"][chunk], rows["seats"][chunk]
            totals = (BASE_PRICE[plan] + seats * SEAT_PRICE[plan]).tolist()
            moments = [self.world.clock.texts(self.tries[attempt][chunk]) for attempt in range(3)]
            for place, (row, total) in enumerate(zip(chunk.tolist(), totals, strict=True)):
                number, fails = self._number(row), int(rows["fails"][row])
                account = int(rows["account"][row])
                method = "transfer" if rows["transfer"][row] else "sepa" if account % 3 == 0 else "card"
                for attempt in np.flatnonzero(within[:, row]).tolist():
                    failed = attempt < fails
                    moment = moments[attempt][place]
                    yield (f"P-{number}-{attempt + 1}", f"INV-{number}", moment, f"{total}.00",
                           self.currency[account], method, "failed" if failed else "succeeded",
                           CODES[(row + attempt) % 3] if failed else None, moment)  # fmt: skip
