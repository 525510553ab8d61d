"""Faults of MySQL and MariaDB servers, each as one line: what is wrong, where, what to do next."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pymysql

from weir.core.causes import Cause
from weir.core.errors import WeirError
from weir.core.faults import brief
from weir.project.plan import Source

_SAY = {
    1045: "wrong user or password: mend {variable}",
    1698: "wrong user or password: mend {variable}",
    1049: "there is no such database: mend {variable}",
    1044: "the account in {variable} may not use that database: grant it select there",
    1142: "the account in {variable} may not read it: grant it select",
    1143: "the account in {variable} may not read all of its columns: grant it select on the table",
    1370: "the account in {variable} may not run a function that it uses: grant it execute",
    1356: "the view is broken, or names what its definer may not read: mend it at the source",
    1449: "the view's definer is gone: mend the view at the source",
    1146: "there is no such table at the source: mend its name, or `from`",
    1051: "there is no such table at the source: mend its name, or `from`",
    1412: "its columns were changed at the source meanwhile: run again",
    1205: "another session holds a lock on it: try again when that has ended",
    1969: "the source stopped the query for its time limit: raise max_statement_time for the account",
    3024: "the source stopped the query for its time limit: raise max_execution_time for the account",
    1317: "someone stopped the query at the source: run again",
    1927: "someone stopped the connection at the source: run again",
    1053: "the source is shutting down: run again when it is up; nothing was half-landed",
    1040: "the source has no connection free: try again, or raise its max_connections",
    1153: "a row is longer than the source may send: raise its max_allowed_packet",
    1226: "the account in {variable} has used up what it may: try later, or raise its limits",
    1820: "the account's password has expired: set a new one, and mend {variable}",
    2003: "can't be reached: see that it is up, and check {variable}",
    2006: "went away: see that it is up, then run again; nothing was half-landed",
    2013: "went away while it was read: see that it is up, then run again; nothing was half-landed",
    2026: "no encrypted connection could be made: mend sslmode in {variable}, or have the server encrypt",
    3159: "the server takes encrypted connections only: add ?sslmode=require to {variable} (docs/reference/tls.md)",
}  # fmt: skip
_CAUSES = {
    Cause.SOURCE_PASSWORD: {1045, 1698, 1820},
    Cause.SOURCE_NOT_THERE: {1049},
    Cause.SOURCE_FORBIDDEN: {1044, 1142, 1143, 1370},
    Cause.TABLE_GONE: {1356, 1449, 1146, 1051},
    Cause.SHAPE_CHANGED: {1412},
    Cause.SOURCE_LOCKED: {1205},
    Cause.SOURCE_SLOW: {1969, 3024, 1317, 1927},
    Cause.SOURCE_UNREACHABLE: {1053, 2003, 2006, 2013},
    Cause.SOURCE_BUSY: {1040},
    Cause.VALUE_UNHOLDABLE: {1153},
    Cause.SOURCE_LIMIT: {1226},
    Cause.SOURCE_ADDRESS: {2026, 3159},
}


@contextmanager
def translated(source: Source) -> Iterator[None]:
    """Turn faults of the server and of the connection into one-line WeirErrors."""
    try:
        yield
    except pymysql.err.MySQLError as fault:
        code, *rest = fault.args or (0,)
        text = " ".join(str(part) for part in rest) or str(fault)
        say = _SAY.get(code) if isinstance(code, int) else None
        if say is None:
            told = f"the source says: {brief(text)} ({type(fault).__name__} {code})"
            raise WeirError(told, cause=_cause(code)) from None
        raise WeirError(f"{say.format(variable=source.connection)} ({brief(text)})", cause=_cause(code)) from None
    except RuntimeError as fault:
        if "cryptography" not in str(fault):
            raise
        told = f"can be sent by an encrypted connection only: add ?sslmode=require to {source.connection}"
        raise WeirError(f"this account's password {told}", cause=Cause.SOURCE_ADDRESS) from None
    except OSError as fault:
        raise WeirError(f"{_SAY[2013]} ({fault})", cause=Cause.SOURCE_UNREACHABLE) from None


def refused(fault: pymysql.err.OperationalError, connection: Any, source: Source) -> Exception:
    """The fault to raise for a connection that could not be opened."""
    code, text = fault.args[0], str(fault.args[-1])
    if re.search(r"certificate|CERTIFICATE", text):
        reason = brief(text.split("failed: ")[-1].split(" (_ssl")[0])
        return WeirError(f"the server's certificate is not trusted ({reason}): check sslmode and sslrootcert in "
                         f"{source.connection}, or have the certificate mended",
                         cause=Cause.SOURCE_CERTIFICATE)  # fmt: skip
    if "[SSL" in text or "SSL:" in text:
        return pymysql.err.OperationalError(2026, text)
    if code in {1045, 1698} and connection.offered and not connection.ssl:
        return WeirError(f"wrong user or password, or the account takes encrypted connections only: mend "
                         f"{source.connection}, or add ?sslmode=require to it ({brief(text)})",
                         cause=Cause.SOURCE_PASSWORD)  # fmt: skip
    if code == 2013:
        return pymysql.err.OperationalError(2003, "what answers there is no MySQL server")
    return fault


def _cause(code: object) -> Cause:
    """The cause by the server's number of the fault."""
    return next((cause for cause, codes in _CAUSES.items() if code in codes), Cause.SOURCE_ERROR)
