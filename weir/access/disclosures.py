"""Disclosures: each look at personal data in clear is written down, before anything is shown.

In: who looks at what, and why. Out: a row of `ops.disclosures`.
"""

import getpass
import socket

import psycopg

from weir.core.errors import WeirError
from weir.publish import key as masks


def disclose(
    connection: psycopg.Connection,
    command: str,
    because: str,
    rows: int,
    model: str | None = None,
    key: str | None = None,
    is_personal_key: bool = False,
) -> None:
    """Write the look down, and commit; of a key that is personal itself a keyed hash.

    Raises WeirError where it can't be written down: then nothing may be shown.
    """
    if key is not None and is_personal_key:
        key = f"hmac {masks.current(connection).mac(key)[:20]}"
    try:
        connection.execute(_INSERT, [getpass.getuser(), socket.gethostname(), command, model, key, because, rows])
        connection.commit()
    except psycopg.Error as fault:
        raise WeirError(
            f"nothing is shown, for it can't be written down in ops.disclosures: {fault.diag.message_primary or fault}"
        ) from None


_INSERT = """
insert into ops.disclosures (os_user, host, command, model, key, because, rows) values (%s, %s, %s, %s, %s, %s, %s)"""
