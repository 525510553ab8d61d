"""The names of what can go wrong. An error that knows its cause carries one; weir/incidents/ tells it in words."""

import re
from enum import StrEnum


class Cause(StrEnum):
    """Why something stopped or drifted: the fixed name under which an incident of that kind is kept."""

    # sources
    SOURCE_UNREACHABLE = "source unreachable"
    SOURCE_PASSWORD = "source refuses the password"  # noqa: S105
    SOURCE_FORBIDDEN = "source forbids reading"
    SOURCE_NOT_THERE = "source is not there"
    SOURCE_ADDRESS = "address of the source is missing or wrong"
    SOURCE_CERTIFICATE = "certificate of the source"
    SOURCE_BUSY = "source has no connection free"
    SOURCE_SLOW = "source ended the query"
    SOURCE_LOCKED = "table is locked"
    SOURCE_ERROR = "source answers with an error"
    SOURCE_LIMIT = "source answers too rarely"
    TABLE_GONE = "table is gone at the source"
    COLUMN_LOST = "column is gone at the source"
    SHAPE_CHANGED = "table has changed its shape"
    KEY_UNFIT = "key does not fit"
    FILE_DAMAGED = "file can't be read"
    VALUE_UNHOLDABLE = "value can't be held"
    LANDING_FAILED = "landing failed"
    HOOK_FAILED = "step before landing failed"
    # gates
    ARRIVALS_UNUSUAL = "unusual number of rows"
    MANY_DELETED = "many rows deleted"
    ROWS_WITHOUT_KEY = "rows without a key"
    LINES_UNREADABLE = "unreadable lines"
    COLUMNS_MISSING = "columns missing"
    ARRIVALS_OLD = "newest rows are old"
    SOURCE_SILENT = "nothing new arrives"
    ARRIVALS_GROWN = "table has grown suddenly"
    ARRIVALS_UNLIKE = "rows unlike those before"
    MANY_REJECTED = "many rows rejected"
    MART_UNUSUAL = "mart fails its check"
    GATE_BROKEN = "check can't be judged"
    # builds
    PROJECT_UNREADABLE = "project can't be read"
    MODEL_FAILED = "model failed"
    TEST_FAILED = "test failed"
    UNIT_TEST_FAILED = "unit test failed"
    SEED_FAILED = "seed failed"
    MARK_MISSING = "personal data without a mark"
    BATCH_DRIFTED = "batches not what a full refresh gives"
    BUILD_BROKE_OFF = "build broke off"
    # publication
    PUBLICATION_REFUSED = "publication refused"
    MARTS_EDITED = "marts edited by hand"
    # ledger
    RAW_EDITED = "raw does not match its receipts"
    BALANCE_BROKEN = "balance does not hold"
    # runs
    RUN_KILLED = "run was killed"
    RUN_INTERRUPTED = "run was interrupted"
    RUN_HANGS = "run takes very long"
    RUN_LATE = "no run on time"
    WORKER_DEAD = "worker is dead"
    PREFECT_DOWN = "Prefect is down"
    # the machine
    WAREHOUSE_DOWN = "warehouse is down"
    WAREHOUSE_PASSWORD = "warehouse refuses the password"  # noqa: S105
    DISK_FULL = "disk is full"
    DISK_NEARLY_FULL = "disk is nearly full"
    ALERT_UNDELIVERED = "alert can't be delivered"
    # what has no name yet
    UNKNOWN = "fault without a name"


_MACHINE = {
    Cause.DISK_FULL: r"no space left|disk is full|disk full|could not extend file",
    Cause.WAREHOUSE_PASSWORD: r"password authentication failed",
    Cause.WAREHOUSE_DOWN: r"connection refused|server closed the connection|could not connect to server"
    r"|connection to server .* failed|terminating connection|connection already closed|SSL SYSCALL error",
}


def cause_in(text: str) -> Cause | None:
    """The cause of the machine that another program's words about the warehouse tell of; None where they tell none."""
    return next((cause for cause, words in _MACHINE.items() if re.search(words, text, re.IGNORECASE)), None)
