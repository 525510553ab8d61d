"""Counts rows that break a test, of a source that can't count by itself: in a temporary SQLite file on disk.

In: the rows of a table, as texts, once. Out: for each test how many rows break it, exactly. Memory stays small however
many rows there are; time is bounded by a deadline.
"""

import os
import re
import sqlite3
import tempfile
import time
from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, timedelta
from functools import cache
from itertools import islice
from typing import Any

from ingest.scratch import scratch
from weir.project.scaffold.described import Counted, Test

_PARTS = {"YYYY": r"(?P<Y>\d{4})", "MM": r"(?P<m>\d\d)", "DD": r"(?P<d>\d\d)", "HH24": r"(?P<H>\d\d)",
          "HH12": r"(?P<I>\d\d)", "MI": r"(?P<M>\d\d)", "SS": r"(?P<S>\d\d(?:[.]\d+)?)", "FMMM": r"(?P<m>\d\d?)",
          "FMDD": r"(?P<d>\d\d?)", "FMHH24": r"(?P<H>\d\d?)", "FMHH12": r"(?P<I>\d\d?)", "AM": r"(?P<p>[AaPp][Mm])",
          "Month": r"(?P<b>[A-Za-z]+)", "Mon": r"(?P<b>[A-Za-z]{3})"}  # fmt: skip
_WORDS = re.compile("|".join(sorted(_PARTS, key=len, reverse=True)) + "|.", re.DOTALL)
_MONTHS = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]
_BATCH = 5000
_EPOCH = datetime(1970, 1, 1)


class Tally:
    """The rows of one table with the columns that tests name; the file goes when it is closed."""

    def __init__(self, columns: Sequence[str]) -> None:
        handle, self.path = tempfile.mkstemp(dir=scratch(), suffix=".tally")
        os.close(handle)
        self.columns = list(columns)
        self.at = {name: f"c{n}" for n, name in enumerate(self.columns)}
        self.file = sqlite3.connect(self.path)
        self.file.executescript("pragma journal_mode = off; pragma synchronous = off; pragma temp_store = file;"
                                f"create table t ({', '.join([*self.at.values(), 'n'])})")  # fmt: skip
        self.file.create_function("moment", 2, moment, deterministic=True)
        self.rows = 0

    def close(self) -> None:
        """Remove the file."""
        self.file.close()
        os.unlink(self.path)

    def load(self, rows: Iterable[Sequence[str | None]], deadline: float) -> bool:
        """Take the rows, cells in the order of the columns; False where the time ran out before the last."""
        marks = ", ".join(["?"] * len(self.columns) + ["0"])
        left = iter(rows)
        while batch := list(islice(left, _BATCH)):
            self.file.executemany(f"insert into t values ({marks})", batch)
            self.rows += len(batch)
            if time.monotonic() > deadline:
                return False
        return True

    def count(self, tests: Sequence[Test], deadline: float) -> Counted:
        """How many rows break each test; None where the time ran out, or the test makes no sense here."""
        self.file.set_progress_handler(lambda: time.monotonic() > deadline, 100_000)
        return Counted(self.rows, tuple(map(self._broken, tests)))

    def _broken(self, test: Test) -> int | None:
        query = self._query(test)
        if not query:
            return None
        try:
            (count,) = self.file.execute(*query).fetchone()
        except sqlite3.OperationalError as fault:
            if "interrupted" in str(fault):
                return None
            raise
        return int(count or 0)

    def _query(self, test: Test) -> tuple[str, tuple[Any, ...]] | None:
        if any(name not in self.at for name in test.columns):
            return None
        names = [self.at[name] for name in test.columns]
        one = "select count(*) from t where "
        if test.what == "repeated":
            listed, given = ", ".join(names), " and ".join(f"{name} is not null" for name in names)
            return f"select sum(n - 1) from (select count(*) as n from t where {given} group by {listed})", ()
        if test.what == "missing":
            return f"{one} {names[0]} is null", ()
        if test.what == "negative":
            return f"{one} {names[0]} glob '-[0-9]*' and cast({names[0]} as real) < 0", ()
        sign = {"before": "<", "after": ">"}.get(test.what)
        if sign:
            return f"{one} moment({names[0]}, ?) {sign} moment(?, '')", (test.format, test.value)
        if test.what == "reversed":
            if test.kind in ("integer", "numeric", "double"):
                return f"{one} cast({names[0]} as real) > cast({names[1]} as real)", ()
            return f"{one} moment({names[0]}, ?) > moment({names[1]}, ?)", (test.format, test.format)
        return None


def moment(text: Any, format: str) -> str | None:
    """A date or moment, in parse's words or ISO 8601, as text that sorts; None where it is none."""
    if text is None:
        return None
    try:
        return _moment(str(text), format)
    except (ValueError, OverflowError):
        return None


def _moment(text: str, format: str) -> str | None:
    if not format:
        if len(text) == 10:
            return f"{date.fromisoformat(text)}T00:00:00.000000"
        if text[:1] == "{":  # milliseconds, as MongoDB writes dates that are far off
            millis = int(re.sub(r"[^-0-9]", "", text.partition(":")[2]))
            return (_EPOCH + timedelta(milliseconds=millis)).isoformat(timespec="microseconds")
        found = datetime.fromisoformat(text)
        if found.tzinfo:
            found = found.astimezone(UTC).replace(tzinfo=None)
        return found.isoformat(timespec="microseconds")
    match = _pattern(format).fullmatch(text)
    if not match:
        return None
    part = match.groupdict()
    month = _MONTHS.index(part["b"][:3].lower()) + 1 if part.get("b") else int(part["m"])
    hour = int(part.get("H") or part.get("I") or 0)
    if part.get("p"):
        hour = hour % 12 + (12 if part["p"].lower() == "pm" else 0)
    second = float(part.get("S") or 0)
    day = date(int(part["Y"]), month, int(part["d"]))
    return f"{day}T{hour:02}:{int(part.get('M') or 0):02}:{second:09.6f}"


@cache
def _pattern(format: str) -> re.Pattern[str]:
    return re.compile("".join(_PARTS.get(word, re.escape(word)) for word in _WORDS.findall(format)))
