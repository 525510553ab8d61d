"""Faults of a landing, each as one line: what is wrong, where, what to do next; no secrets.

In: an exception of a driver, a library or Weir. Out: the line; the cause by which an incident is kept. The texts of
drivers are recognised by patterns.
"""

import os
import re
from urllib.parse import urlsplit

from weir.core.causes import Cause
from weir.core.errors import WeirError, cause_of
from weir.core.faults import brief
from weir.core.secrets import redact
from weir.project.plan import Source, Table

_HINTS: list[tuple[str, str, Cause]] = [
    (r"LockNotAvailable", "another session holds a lock on it, or on it in raw: try again when that has ended",
     Cause.SOURCE_LOCKED),
    (r"TooManyConnections", "no connection is free: try again, or raise the limit of the account or server",
     Cause.SOURCE_BUSY),
    (r"unsupported startup parameter", "a connection pooler answers there: name the server itself in {variable}",
     Cause.SOURCE_ADDRESS),
    (r'unrecognized configuration parameter "idle_in_transaction_session_timeout"',
     "the server is older than PostgreSQL 9.6, the oldest that lands: name a newer one in {variable}",
     Cause.SOURCE_ADDRESS),
    (r"unrecognized configuration parameter", "the server knows no such option: take it out of {variable}",
     Cause.SOURCE_ADDRESS),
    (r"rejected SSL upgrade", "the server takes no encrypted connections: mend sslmode in {variable}",
     Cause.SOURCE_ADDRESS),
    (r"ClientConfigurationError", "an option can't be followed: mend {variable}", Cause.SOURCE_ADDRESS),
    (r"could not identify an equality operator", "keys of that type can't be compared: declare another key, or none",
     Cause.KEY_UNFIT),
    (r"conflict with recovery",
     "the standby stopped the query to replay what its primary did: run again, or set hot_standby_feedback there",
     Cause.SOURCE_SLOW),
    (r"no pg_hba\.conf entry.*no encryption",
     "the server takes no plain connections from here: add ?sslmode=require to {variable} (docs/reference/tls.md)",
     Cause.SOURCE_ADDRESS),
    (r"InvalidPassword|InvalidAuthorization|password authentication failed", "wrong user or password: mend {variable}",
     Cause.SOURCE_PASSWORD),
    (r"InvalidCatalogName", "there is no such database: mend {variable}", Cause.SOURCE_NOT_THERE),
    (r"CERTIFICATE_VERIFY_FAILED",
     "its certificate is not trusted: check {variable} (docs/reference/tls.md), or have the certificate mended",
     Cause.SOURCE_CERTIFICATE),
    (r"SSLError", "speaks no TLS that we understand: check {variable}, perhaps it must begin with http://",
     Cause.SOURCE_CERTIFICATE),
    (r"statement timeout|QueryCanceled|statement_timeout",
     "the source ended the query, for it took longer than its statement_timeout: raise that for the account in "
     "{variable}, then run again",
     Cause.SOURCE_SLOW),
    (r"ChunkedEncodingError|ContentDecodingError|IncompleteRead", "an answer broke off or is damaged: run again",
     Cause.SOURCE_ERROR),
    (r"TooManyRedirects", "is sent from one address to the next without end: check {variable}", Cause.SOURCE_ADDRESS),
    (r"CharacterNotInRepertoire|UntranslatableCharacter|has no equivalent in encoding",
     "holds bytes that are no text in its database's encoding: mend them at the source, or `exclude` the column",
     Cause.VALUE_UNHOLDABLE),
    (r"value overflows numeric", "holds a number with more digits than PostgreSQL can hold: mend it at the source",
     Cause.VALUE_UNHOLDABLE),
    (r"ConnectionRefused|Connect call failed|ConnectionDoesNotExist|Connection refused|CannotConnectNow|timed? ?out"
     r"|NewConnectionError|gaierror|Name or service|ConnectionReset|Temporary failure|connection was closed"
     r"|AdminShutdown|CrashShutdown|ConnectionFailure",
     "can't be reached or went away: see that it is up, and check {variable}",
     Cause.SOURCE_UNREACHABLE),
    (r"InsufficientPrivilege|permission denied", "the account in {variable} may not read it: grant it select",
     Cause.SOURCE_FORBIDDEN),
    (r"DiskFull|No space left", "the warehouse's disk is full: make room, then run again; nothing was half-landed",
     Cause.DISK_FULL),
    (r"used by a view or rule", "a view stands on a column of raw whose type must change: drop the view, then land",
     Cause.SHAPE_CHANGED),
    (r"UndefinedTable|no such table",
     "there is no such table at the source: mend its name, or `from`; in a function that a view calls, its schema",
     Cause.TABLE_GONE),
    (r"database is locked", "another program holds the file locked: try again when it has ended", Cause.SOURCE_LOCKED),
    (r"file is not a database|file is encrypted", "the file is no SQLite database: check {variable}",
     Cause.FILE_DAMAGED),
    (r"unable to open database file", "the file is not there or can't be read: check {variable}",
     Cause.SOURCE_NOT_THERE),
]  # fmt: skip


def crowded(fault: BaseException) -> bool:
    """Whether the fault means that the server, or the account, has no connection free."""
    return bool(re.search(r"too many (clients|connections)|connection slots|max_user_connections", str(fault), re.I))


def one_line(fault: BaseException, source: Source, table: Table | None = None, warehouse_lost: bool = False) -> str:
    """The fault as one line that begins with source and table; `warehouse_lost` says that the warehouse went away."""
    where = f"{source.name}.{table.name}" if table else source.name
    text = " ".join(redact(fault).split())
    if warehouse_lost:
        return f"{where}: the warehouse went away: see that it is up, then run again ({brief(text, 240)})"
    if isinstance(fault, WeirError):
        return text if text.startswith(where) else f"{where}: {text}"
    text = _innermost(text)
    text = re.sub(r" ?(\[SQL: .*|\(Background on this error at: \S*\))", "", text)  # what SQLAlchemy appends
    if found := _known(f"{_names(fault)} {text}"):
        say = found[0].format(variable=source.connection)
        return f"{where}: {say} ({_place(source)}{brief(text, 240)})"
    return f"{where}: {type(fault).__name__}: {brief(text, 240) or 'no more is known'}"


def cause(fault: BaseException, warehouse_lost: bool = False) -> Cause:
    """The cause of the fault: the one that it knows, else the one by which its driver's text is recognised."""
    if warehouse_lost:
        return Cause.WAREHOUSE_DOWN
    known, _ = cause_of(fault)
    if known is not Cause.UNKNOWN:
        return known
    found = None if isinstance(fault, WeirError) else _known(f"{_names(fault)} {_innermost(redact(fault))}")
    return found[1] if found else Cause.LANDING_FAILED


def _known(text: str) -> tuple[str, Cause] | None:
    """The hint and the cause of the first pattern that the text matches."""
    return next(((hint, cause) for pattern, hint, cause in _HINTS if re.search(pattern, text, re.IGNORECASE)), None)


def _innermost(text: str) -> str:
    """The cause within the text of an HTTP fault, which names three layers."""
    if "ConnectionPool(" not in text:
        return text
    causes = re.findall(
        r"\[Errno -?\d+\] [^'\")\]]+|\[SSL: [^'\")(]+|[Rr]ead timed out|timed out|[Ff]ailed to resolve", text
    )
    return causes[-1].strip() if causes else text


def _names(fault: BaseException) -> str:
    names: list[str] = []
    step: BaseException | None = fault
    while step is not None and len(names) < 5:
        names.append(type(step).__name__)
        step = step.__cause__ or step.__context__
    return " ".join(names)


def _place(source: Source) -> str:
    try:
        parts = urlsplit(os.environ.get(source.connection, ""))
        port = parts.port or {"http": 80, "https": 443}.get(parts.scheme)
        return f"{parts.hostname}:{port}: " if parts.hostname and port else ""
    except ValueError:
        return ""
