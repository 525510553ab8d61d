"""Takes new reads out of the server's log into `ops.reads`: each line once, whatever happens.

In: the log, the positions of `ops.read_logs`; where the log can't be read, the server's own counts. Out: `ops.reads`
and the questions; positions and counts move in the transaction of their reads. A question is taken apart once: the
server numbers statements that differ in their values alike. What people typed as values is written nowhere. Alone:
`weir usage`; each run does it at its end.
"""

import hashlib
import os
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import psycopg

from weir import warehouse
from weir.access.reads import counted, log
from weir.access.reads.log import Entry
from weir.access.reads.names import logins, names, no_people, timed
from weir.access.reads.statements import Names, Reading, take_apart, without_values
from weir.core.errors import WeirError
from weir.warehouse import Role
from weir.warehouse.embedded import logs
from weir.warehouse.embedded.server import data_folder
from weir.warehouse.roles.logged import log_reads

_LOCK = "select pg_advisory_lock(hashtext('weir reads'))"
_POSITION = """
insert into ops.read_logs as l (file, position, lines, unreadable) values (%s, %s, %s, %s)
on conflict (file) do update set position = excluded.position, lines = l.lines + excluded.lines,
    unreadable = l.unreadable + excluded.unreadable, taken_at = clock_timestamp()"""
_QUESTION = """
insert into ops.read_questions (key, statement, is_read, first_seen) values (%s, %s, %s, %s)
on conflict (key) do update set key = excluded.key returning question_id"""
_TABLE = """
insert into ops.read_tables (question_id, schema_name, table_name, through, columns, filters)
values (%s, %s, %s, %s, %s, %s) on conflict do nothing"""
_READS = "copy ops.reads (at, login, role, application, question_id, ms, refused) from stdin"
_SESSIONS = 1_000  # statements of which pgaudit may still tell once more, for another of their tables
_COUNTED = """
insert into ops.reads (at, login, role, question_id, ms, calls) values (clock_timestamp(), %s, %s, %s, %s, %s)"""


@dataclass
class Collected:
    """What a look at the log has found; `why_not` says why the log can't be read."""

    reads: int = 0
    refused: int = 0
    unreadable: int = 0
    deleted: int = 0
    newly_logged: tuple[str, ...] = ()
    why_not: str = ""
    is_counted: bool = False  # the reads are known by the server's counts only


def days(name: str, default: int) -> int:
    """The number of days in the variable. Raises WeirError when it is none."""
    text = (os.environ.get(name) or str(default)).strip()
    if not text.isdigit() or not int(text):
        raise WeirError(f"{name} must be a number of days, such as {default}")
    return int(text)


def collect() -> Collected:
    """Take what is new in the log, and delete what is old: log files, and reads."""
    log_days, read_days = days("WEIR_READ_LOG_DAYS", 30), days("WEIR_READ_DAYS", 400)
    with warehouse.connect(Role.OWNER, autocommit=True) as connection:
        connection.execute(_LOCK)
        found = Collected(newly_logged=tuple(log_reads(connection)), why_not=log.why_not(connection))
        if found.why_not:
            if not counted.why_not(connection):
                found.why_not, found.is_counted = "", True
                with connection.transaction():
                    _Taker(connection, found).take_counted()
            return found
        known: dict[str, int] = dict(connection.execute("select file, position from ops.read_logs").fetchall())
        taker = _Taker(connection, found)
        for name, position, lines, torn in log.new_lines(connection, known):
            with connection.transaction():
                taker.take(lines)
                connection.execute(_POSITION, [name, position, len(lines), torn + taker.torn])
                found.unreadable += torn + taker.torn
        connection.execute("delete from ops.reads where at < now() - make_interval(days => %s)", [read_days])
        if warehouse.is_own_server():
            found.deleted = len(logs.delete_old(data_folder(), log_days))
    return found


class _Taker:
    """Turns lines of the log into rows; the names of the warehouse are read when the first question needs them."""

    def __init__(self, connection: psycopg.Connection, found: Collected) -> None:
        self.torn = 0
        self._connection, self._found = connection, found
        self._logins, self._no_people = logins(connection), no_people(connection)
        self._names: Names | None = None
        self._questions: dict[str, tuple[int, bool]] = {}
        self._timed: set[str] | None = None
        self._audited: set[str] = set()

    def take(self, lines: Iterable[bytes]) -> None:
        """Write what the lines tell, in the caller's transaction."""
        self.torn = 0
        rows: list[tuple[Any, ...]] = []
        for line in lines:
            try:
                entry = log.entry_of(line, self._no_people, self._connection.info.dbname)
            except (ValueError, KeyError):
                self.torn += bool(line.strip())
                continue
            if entry is None or (entry.audited and self._is_known(entry)):
                continue
            number, is_read = (None, True) if entry.refused else self._question(entry)
            if is_read:
                role = self._logins.get(entry.login)
                rows.append((entry.at, entry.login, role, entry.application, number, entry.ms, entry.refused or None))
        if rows:
            with self._connection.cursor() as cursor, cursor.copy(_READS) as copy:
                for row in rows:
                    copy.write_row(row)
        self._found.refused += sum(row[-1] is not None for row in rows)
        self._found.reads += sum(row[-1] is None for row in rows)

    def _is_known(self, entry: Entry) -> bool:
        """Whether a line of pgaudit tells of a read that another line tells of."""
        if self._timed is None:
            self._timed = timed(self._connection)
        if entry.login in self._timed or entry.audited in self._audited:
            return True
        self._audited = {entry.audited} | (self._audited if len(self._audited) < _SESSIONS else set())
        return False

    def take_counted(self) -> None:
        """Write what the server has counted since the last look, in the caller's transaction."""
        for each in counted.new_reads(self._connection, self._no_people):
            entry = Entry("now", each.login, "", each.text, each.number, each.ms)
            number, is_read = self._question(entry)
            if is_read:
                role = self._logins.get(each.login)
                self._connection.execute(_COUNTED, [each.login, role, number, each.ms, each.calls])
                self._found.reads += each.calls

    def _question(self, entry: Entry) -> tuple[int, bool]:
        key = _key(entry)
        if key not in self._questions:
            query = "select question_id, is_read from ops.read_questions where key = %s"
            row = self._connection.execute(query, [key]).fetchone()
            self._questions[key] = (row[0], row[1]) if row else self._add(key, entry)
        return self._questions[key]

    def _add(self, key: str, entry: Entry) -> tuple[int, bool]:
        self._names = self._names or names(self._connection)
        reading = take_apart(entry.text, self._names) or Reading({}, "", is_read=True)
        values = [key, reading.text or None, reading.is_read, entry.at]
        row = self._connection.execute(_QUESTION, values).fetchone()
        assert row
        for (schema, table), read in reading.tables.items():
            columns = None if read.columns is None else sorted(read.columns)
            facts = [row[0], schema, table, read.through, columns, sorted(read.filters)]
            self._connection.execute(_TABLE, facts)
        return row[0], reading.is_read


def _key(entry: Entry) -> str:
    """The name of the question: the server's number for it.

    Of several statements at once, and where there is no number, it is the digest of the text without its values.
    """
    several = ";" in entry.text.rstrip("; \n\t")
    if entry.number and not several:
        return f"q{entry.number}"
    try:
        plain = without_values(entry.text)
    except Exception:  # no SQL: all of its kind are one question
        plain = "can't be read"
    return f"t{hashlib.sha256(plain.encode()).hexdigest()[:32]}"
