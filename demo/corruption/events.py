"""Corrupts product events while they are written, and lists the events of corrupt accounts, which are held back."""

import re
from collections.abc import Iterable

import numpy as np

from demo.corruption.manifest import Entry, Manifest
from demo.systems.event_store import Store
from demo.systems.events import Day


def _future(line: str, luck: int) -> str:
    return re.sub(r'"(ts|occurred_at)":"\d{4}', r'"\1":"2099', line)


def _cut(line: str, luck: int) -> str:
    return line[: len(line) * (3 + luck % 5) // 10]


def _orphan(line: str, luck: int) -> str:
    return re.sub(r'("account_id":|"account":{"id":")\d+', rf"\g<1>{90_000_000 + luck % 1_000_000}", line)


_SPOIL = {"future_timestamp": _future, "truncated_json": _cut, "orphan_event": _orphan}


def possible(kind: str, store: Store) -> bool:
    """Whether the store can hold corruption of the kind: MongoDB can't hold a document that is cut off."""
    return store.holds_broken_lines or kind != "truncated_json"


class EventSpoiler:
    """Corrupts the events of one day after another."""

    def __init__(
        self, manifest: Manifest, store: Store, generator: np.random.Generator, days: range, wanted: Iterable[str]
    ) -> None:
        self.manifest, self.generator, self.store = manifest, generator, store
        self.corrupt_accounts = {int(key) - 1 for key in manifest.keys("accounts", known="staging")}
        # Days within the first nine tenths, so that a kind can wait for a day with events.
        last = days.start + max(1, len(days) * 9 // 10)
        self.waiting = sorted((int(generator.integers(days.start, last)), kind) for kind in wanted)

    def lines(self, number: int, day: Day) -> list[str]:
        """The day's lines, some of them corrupted and listed in the manifest."""
        lines = list(day.lines)
        for account, key in zip(day.accounts, day.ids, strict=True):
            if account in self.corrupt_accounts:
                self._note(key, "child_of_quarantined", "intermediate", {"parent": str(account + 1)})
        sound = [place for place, account in enumerate(day.accounts) if account not in self.corrupt_accounts]
        while sound and self.waiting and self.waiting[0][0] <= number:
            _, kind = self.waiting.pop(0)
            place = sound.pop(int(self.generator.integers(0, len(sound))))
            self._spoil(kind, place, day, lines)
        return lines

    def _spoil(self, kind: str, place: int, day: Day, lines: list[str]) -> None:
        key, was = day.ids[place], lines[place]
        if kind == "orphan_event":  # an additional event, so that the account keeps its own
            key, was = f"{key}x", was.replace(f'"{key}"', f'"{key}x"')
            place = len(lines)
            lines.append(was)
        wrong = _SPOIL[kind](was, int(self.generator.integers(0, 2**31)))
        if not possible(kind, self.store):  # chosen in any case, so that all other rows are the same as with files
            return
        lines[place] = wrong
        if kind == "truncated_json":
            key = f"events/{day.date}.jsonl.gz:{place + 1}"
        known = "intermediate" if kind == "orphan_event" else "staging"
        self._note(key, kind, known, {"date": day.date, "was": was, "is": wrong})

    def _note(self, key: str, kind: str, known: str, detail: dict[str, str]) -> None:
        self.manifest.add(Entry("product", "events", key, kind, known, detail))


def mend_event(store: Store, manifest: Manifest, entry: Entry) -> None:
    """Write the event without its corruption."""
    store.amend(entry.detail["date"], {entry.detail["is"]: entry.detail["was"]})
    manifest.drop([entry])
