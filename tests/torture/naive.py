"""The way that most tools go: all rows whose cursor is above the greatest one seen. It shows that the torture bites."""

import psycopg

from tests.torture.judge import Row, rows_of
from tests.torture.writers import TABLES


class Naive:
    """What `cursor > max` would have landed from PostgreSQL."""

    def __init__(self, url: str) -> None:
        self.url, self.rows, self.increments = url, 0, 0
        self.lost = self.stale = self.ghosts = 0
        self.here: dict[str, dict[str, Row]] = {table: {} for table in TABLES}
        self.newest = dict.fromkeys(TABLES, "-infinity")

    def land(self) -> None:
        """One increment."""
        with psycopg.connect(self.url, options="-c TimeZone=UTC") as connection:
            for table, low in self.newest.items():
                query = f"select id::text, v::text, body, at::text, (max(at) over ())::text from {table} where at > %s"
                for *row, newest in connection.execute(query.encode(), [low]):
                    self.here[table][str(row[0])] = tuple(row[1:])
                    self.newest[table] = newest
        self.increments += 1

    def judge(self) -> None:
        """Count what is lost, stale or a ghost."""
        for table, here in self.here.items():
            there = rows_of(self.url, table)
            self.rows += len(there)
            self.lost += len(there.keys() - here.keys())
            self.ghosts += len(here.keys() - there.keys())
            self.stale += sum(here[key] != row for key, row in there.items() if key in here)
