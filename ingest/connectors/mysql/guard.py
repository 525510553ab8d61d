"""The guard of a window: makes the next window begin before any row that an open transaction may still commit.

In: the transactions open just before the snapshot. Out: where the next window begins. A row gets its timestamp when its
statement begins, and becomes visible when its transaction ends. So the next window begins at the newest cursor seen,
less the age of the oldest open transaction. A statement that waits for a lock is not in innodb_trx yet, but in the
process list.
"""

import math
import time
from datetime import UTC, datetime, timedelta

import pymysql

from ingest.connectors.cursors import earlier, order
from ingest.connectors.mysql.connection import Wire
from ingest.connectors.mysql.faults import translated
from ingest.connectors.mysql.types import Relation, back
from weir.project.plan import Table, duration

LAG = "1 hour"  # how far back a window begins where the account may not see others' transactions
_NEEDS_PROCESS = 1227
# The server may write trx_started in its own zone, or in the session's: the larger age is the safe one.
_TRANSACTIONS = """SELECT COALESCE(MAX(GREATEST(TIMESTAMPDIFF(SECOND, trx_started, UTC_TIMESTAMP()), TIMESTAMPDIFF(
SECOND, trx_started, COALESCE(CONVERT_TZ(UTC_TIMESTAMP(), '+00:00', 'SYSTEM'), UTC_TIMESTAMP())))), 0)
FROM information_schema.innodb_trx WHERE trx_is_read_only = 0"""
_STATEMENTS = """SELECT COALESCE(MAX(time), 0) FROM information_schema.processlist WHERE id <> CONNECTION_ID()
AND command NOT IN ('Sleep', 'Daemon', 'Binlog Dump', 'Binlog Dump GTID', 'Slave_IO')"""


class Guard:
    """The transactions that were open at the source just before the snapshot."""

    def __init__(self, wire: Wire) -> None:
        self.at = time.monotonic()
        self.age: int | None = None  # seconds; None where the account may not see open transactions
        with translated(wire.source):
            try:
                with wire.connection.cursor() as cursor:
                    ages = []
                    for query in (_TRANSACTIONS, _STATEMENTS):
                        cursor.execute(query)
                        ages.append(int(cursor.fetchall()[0][0]))
                self.age = max(ages)
            except pymysql.err.MySQLError as fault:
                if fault.args[0] != _NEEDS_PROCESS:
                    raise

    def how(self, table: Table) -> str:
        """The window in a few words; names the lag where open transactions can't be seen."""
        if self.age is not None:
            return "cursor"
        return f"cursor less {table.overlap or LAG} (the account may not see open transactions: grant it process)"

    def low(self, wire: Wire, relation: Relation, table: Table) -> str | None:
        """Where the next window begins; None where the cursor is no moment, and the table must be compared whole."""
        cursor = relation.column(str(table.cursor))
        # A row with a date in the future must not move the window there.
        latest = (datetime.now(UTC) + timedelta(days=1)).strftime("%Y-%m-%d" + (" 00:00:00" if cursor.moment else "~"))
        limit = "UTC_TIMESTAMP(6)" if cursor.utc else wire.text(latest)
        newest = wire.value(f"SELECT CAST(MAX({back(cursor.origin)}) AS CHAR) FROM {relation.name} "
                            f"WHERE {back(cursor.origin)} <= {limit}")  # fmt: skip
        if newest is None or order(newest)[0] != 1:
            return None
        back_by = duration(table.overlap or (LAG if self.age is None else "0 seconds")).total_seconds()
        open_for = 0 if self.age is None else self.age + time.monotonic() - self.at + 2
        return earlier(newest, f"{math.ceil(back_by + open_for)} seconds")
