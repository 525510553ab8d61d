"""Faults of MongoDB servers and of their driver, each as one line: what is wrong, where, what to do next."""

from collections.abc import Iterator
from contextlib import contextmanager

from pymongo import errors

from weir.core.causes import Cause
from weir.core.errors import WeirError
from weir.core.faults import brief
from weir.project.plan import Source

_AWAY = "went away while it was read: see that it is up, then run again; nothing was half-landed"
_SAY = {
    18: "wrong user or password: mend {variable} (its ?authSource= too)",
    8000: "wrong user or password: mend {variable}",
    11: "wrong user or password: mend {variable} (its ?authSource= too)",
    13: "the account in {variable} may not read it: grant it the role read on this database",
    26: "there is no such collection at the source: mend its name, or `from`",
    31254: "`exclude` names paths that the source can't leave out together: mend it",
    31249: "`exclude` names a path twice, or one within another: mend it",
    43: "the source closed the cursor while it was read: run again; nothing was half-landed",
    50: "the source stopped the query for its time limit: raise maxTimeMS for it",
    136: "the capped collection moved on faster than it was read: run again",
    175: "the collection was dropped or renamed while it was read: run again, or mend its name",
    237: "someone stopped the query at the source: run again",
    11601: "someone stopped the query at the source: run again",
    91: _AWAY,
    189: _AWAY,
    11600: _AWAY,
    11602: _AWAY,
}
_CAUSES = {
    Cause.SOURCE_PASSWORD: {18, 8000, 11},
    Cause.SOURCE_FORBIDDEN: {13},
    Cause.TABLE_GONE: {26, 175},
    Cause.SHAPE_CHANGED: {31254, 31249},
    Cause.SOURCE_SLOW: {43, 50, 136, 237, 11601},
    Cause.SOURCE_UNREACHABLE: {91, 189, 11600, 11602},
}


@contextmanager
def translated(source: Source) -> Iterator[None]:
    """Turn faults of the server and of the connection into one-line WeirErrors."""
    try:
        yield
    except errors.OperationFailure as fault:
        text = str((fault.details or {}).get("errmsg") or fault)
        say = _SAY.get(fault.code or 0)
        why = next((cause for cause, codes in _CAUSES.items() if fault.code in codes), Cause.SOURCE_ERROR)
        if say is None:
            told = f"the source says: {brief(text)} ({type(fault).__name__} {fault.code})"
            raise WeirError(told, cause=why) from None
        raise WeirError(f"{say.format(variable=source.connection)} ({brief(text)})", cause=why) from None
    except errors.ServerSelectionTimeoutError as fault:
        text = brief(str(fault).split(" (configured", 1)[0].split(", Timeout:", 1)[0])
        if "certificate verify failed" in text or "certificate is not valid" in text:
            raise WeirError(f"the server's certificate is not trusted: check {source.connection} (tlsCAFile, "
                            f"docs/reference/tls.md), or have the certificate mended ({text})",
                            cause=Cause.SOURCE_CERTIFICATE) from None  # fmt: skip
        if "SSL" in text:
            raise WeirError(f"no encrypted connection could be made: check tls in {source.connection} "
                            f"(docs/reference/tls.md) ({text})", cause=Cause.SOURCE_ADDRESS) from None  # fmt: skip
        if "connection closed" in text or "reset by peer" in text:
            raise WeirError(f"the server hangs up; perhaps it takes encrypted connections only: add ?tls=true to "
                            f"{source.connection} (docs/reference/tls.md) ({text})",
                            cause=Cause.SOURCE_ADDRESS) from None  # fmt: skip
        say = f"can't be reached: see that it is up, and check {source.connection}, its tls too"
        raise WeirError(f"{say} ({text})", cause=Cause.SOURCE_UNREACHABLE) from None
    except errors.ConfigurationError as fault:
        text = brief(str(fault))
        if "wire version" in text:
            old = f"the server is older than MongoDB 4.4: update it ({text})"
            raise WeirError(old, cause=Cause.SOURCE_ADDRESS) from None
        told = f"{source.connection} is no address that MongoDB's driver understands: {text}"
        raise WeirError(told, cause=Cause.SOURCE_ADDRESS) from None
    except (errors.PyMongoError, OSError) as fault:
        raise WeirError(f"{_AWAY} ({brief(str(fault))})", cause=Cause.SOURCE_UNREACHABLE) from None
