"""Time in the demo: turns seconds since the start of its history (numpy integers) into dates and texts."""

import zlib
from datetime import UTC, datetime, timedelta

import numpy as np

DAY = 86_400
WEEK = 7 * DAY
HISTORY_DAYS = 730
FUTURE_DAYS = 371  # how far `tick` can move time on
WEEKS = -(-(HISTORY_DAYS + FUTURE_DAYS) // 7)
NEVER = 2**60

Ints = np.ndarray


def draw(seed: int, purpose: str, index: int = 0) -> np.random.Generator:
    """A random generator for one purpose: its numbers do not depend on what other generators have drawn."""
    return np.random.default_rng([seed, zlib.crc32(purpose.encode()), index])


class Clock:
    """Turns seconds since the start of the history into the dates and texts that the sources write."""

    def __init__(self, until: datetime) -> None:
        self.start = until - timedelta(days=HISTORY_DAYS)
        self._start = np.datetime64(self.start.replace(tzinfo=None), "s")

    def seconds(self, moment: datetime) -> int:
        """Seconds from the start of the history to the moment."""
        return int((moment - self.start).total_seconds())

    def moment(self, seconds: int) -> datetime:
        """The moment, in UTC."""
        return (self.start + timedelta(seconds=int(seconds))).astimezone(UTC)

    def texts(self, seconds: Ints, zone: str = "Z") -> list[str | None]:
        """Each moment as `2025-01-31T12:00:00` with the zone; None for NEVER."""
        array = np.asarray(seconds, dtype="int64")
        never = array >= NEVER
        texts = np.datetime_as_string(self._start + np.where(never, 0, array).astype("timedelta64[s]"))
        return [None if gone else f"{text}{zone}" for text, gone in zip(texts.tolist(), never.tolist(), strict=True)]

    def text(self, seconds: int) -> str:
        """The moment as `2025-01-31T12:00:00Z`."""
        return f"{self.moment(seconds):%Y-%m-%dT%H:%M:%SZ}"

    def dates(self, days: Ints) -> list[str]:
        """Each day since the start as `2025-01-31`."""
        start = self._start.astype("datetime64[D]")
        result: list[str] = np.datetime_as_string(start + np.asarray(days).astype("timedelta64[D]")).tolist()
        return result

    def next_month(self, first_day: Ints, months: Ints) -> Ints:
        """The day `months` months after the first day: the same day of the month, the 28th at the latest."""
        begin = self._start.astype("datetime64[D]")
        first = begin + first_day.astype("timedelta64[D]")
        month = first.astype("datetime64[M]")
        day = np.minimum((first - month.astype("datetime64[D]")).astype("int64"), 27)
        moved = (month + months.astype("timedelta64[M]")).astype("datetime64[D]") + day.astype("timedelta64[D]")
        result: Ints = (moved - begin).astype("int64")
        return result
