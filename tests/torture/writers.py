"""The writers of the torture: one process, many threads, each writing in every way that applications do.

In: a URL, seconds, how many writers, how long a long transaction lasts, a seed. Out: rows in the tables `busy`
(partitioned; long and prepared transactions), `moved` (rewritten and emptied meanwhile) and `grown` (nothing is
deleted, what is new bears the server's clock), each version with a stamp of its own in `v`; in the end one line of
JSON, how often each kind came through. Alone: `python -m tests.torture.writers URL 10 20 3 1`.
"""

import contextlib
import json
import random
import sys
import threading
import time
from collections import Counter

from tests.torture.dialects import DIALECTS, KEYS

TABLES = ["busy", "moved", "grown"]


class Writer:
    """One connection that writes until the end."""

    def __init__(self, url: str, number: int, until: float, long: float, seed: int) -> None:
        self.number, self.until, self.long = number, until, long
        self.dialect = DIALECTS[url.split(":", 1)[0]]
        self.do = self.dialect.connect(url)
        self.random = random.Random(seed * 1000 + number)
        self.step = 0
        self.name = "none"  # of the transaction that is prepared
        self.done: Counter[str] = Counter()

    def run(self) -> None:
        """Write in one kind after another; what another writer's lock or key refuses is rolled back."""
        kinds = [self.autocommit] * 8 + [self.short] * 6 + [self.savepoints] * 3 + [self.again] * 3 + [self.bulk]
        rare = [self.bulk, self.prepared, self.lasting] if self.number % 4 == 0 else []  # at once, so that none lacks
        self.random.shuffle(rare)
        kinds += rare
        if self.number == 1:
            kinds = [self.maintain]
        while time.time() < self.until:
            kind = rare.pop() if rare else self.random.choice(kinds)
            try:
                kind()
                self.done[kind.__name__] += 1
            except Exception:
                self.done["refused"] += 1
                self._abandon()
            time.sleep(self.random.random() * 0.02)

    def autocommit(self) -> None:
        """A few statements, each a transaction."""
        for _ in range(self.random.randint(1, 6)):
            self._write(self._table())

    def short(self) -> None:
        """Some statements and a pause in one transaction."""
        self.do(self.dialect.begin)
        for _ in range(self.random.randint(1, 5)):
            self._write(self._table())
        time.sleep(self.random.random() * 0.1)
        self._end()

    def savepoints(self) -> None:
        """Subtransactions, some rolled back, now and then more than a server keeps in memory (64)."""
        self.do(self.dialect.begin)
        for number in range(self.random.choice([2, 5, 80])):
            self.do(f"savepoint s{number}")
            self._write(self._table(["busy", "grown"]))
            if self.random.random() < 0.3:
                self.do(f"rollback to savepoint s{number}")
            elif self.random.random() < 0.5:
                self.do(f"release savepoint s{number}")
        time.sleep(self.random.random() * 0.5)
        self._end()

    def again(self) -> None:
        """A key deleted and inserted again, in one transaction or two."""
        table, key = self._table(TABLES[:2]), self._key()
        together = self.random.random() < 0.5
        if together:
            self.do(self.dialect.begin)
        self.do(f"delete from {table} where id = {key}")
        self.do(f"insert into {table} (id, v, body, at) values {self._row(key)}")
        if together:
            self._end()

    def bulk(self) -> None:
        """Many rows in one statement."""
        rest = self.random.randrange(40)
        self.do(f"update {self._table()} set v = {self._stamp()}, at = {self._at()} where id % 40 = {rest}")

    def prepared(self) -> None:
        """A transaction that is prepared, left alone, and then ended."""
        self.name = f"t{self.number}_{self._stamp()}"
        begin, prepare, commit, back = (part.replace("{}", self.name) for part in self.dialect.two_phase)
        self.do(begin)
        self._write("busy")
        self._write("grown")
        for part in prepare.split(";"):
            self.do(part)
        time.sleep(self.random.random() * self.long)
        self.do(commit if self.random.random() < 0.7 else back)

    def lasting(self) -> None:
        """A transaction that stays open for long."""
        self.do(self.dialect.begin)
        self._write("busy")
        self._write("grown")
        time.sleep(self.long)
        self._write("busy")
        self._end()

    def maintain(self) -> None:
        """What rewrites, cleans or empties a table. Only `moved` is: `busy` is always locked by someone."""
        work = self.random.choice(self.dialect.maintenance).replace("{}", "moved").replace("{v}", str(self._stamp()))
        for part in work.split("; "):
            self.do(part)
        time.sleep(0.3)

    def _write(self, table: str) -> None:
        key = self._key()
        dice = self.random.random()
        if table == "grown":
            if dice < 0.3:
                clock = self.random.choice(self.dialect.cursors[:2])
                self.do(f"insert into grown (id, v, at) values ({self._stamp()}, {self._stamp()}, {clock})")
                return
            dice *= 0.75
        if dice < 0.45:
            self.do(f"insert into {table} (id, v, body, at) values {self._row(key)} {self.dialect.upsert}")
        elif dice < 0.75:
            self.do(f"update {table} set v = {self._stamp()}, at = {self._at()} where id = {key}")
        elif dice < 0.9:
            self.do(f"delete from {table} where id = {key}")
        else:  # the key itself changes, unless the new one is taken
            new = self._key()
            self.do(f"delete from {table} where id = {new}")
            self.do(f"update {table} set id = {new}, v = {self._stamp()} where id = {key}")

    def _row(self, key: int) -> str:
        return f"({key}, {self._stamp()}, '{'x' * self.random.randrange(60)}', {self._at()})"

    def _table(self, among: list[str] = TABLES) -> str:
        return self.random.choice(among)

    def _key(self) -> int:
        return self.random.randint(1, KEYS)

    def _at(self) -> str:
        return self.random.choice(self.dialect.cursors)

    def _stamp(self) -> int:
        self.step += 1
        return (self.number + 1) * 10**9 + self.step

    def _end(self) -> None:
        self.do("commit" if self.random.random() < 0.8 else "rollback")

    def _abandon(self) -> None:
        for statement in ("rollback", f"xa end '{self.name}'", f"xa rollback '{self.name}'"):
            with contextlib.suppress(Exception):
                self.do(statement)


def main(url: str, seconds: str, writers: str, long: str, seed: str) -> None:
    """Write for that long."""
    until = time.time() + float(seconds)
    crowd = [Writer(url, number, until, float(long), int(seed)) for number in range(int(writers))]
    threads = [threading.Thread(target=writer.run) for writer in crowd]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    print(json.dumps(sum((writer.done for writer in crowd), Counter())))


if __name__ == "__main__":
    main(*sys.argv[1:])
