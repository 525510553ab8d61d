"""The key of masks: personal values are published as pseudonyms that only the key makes.

In: `WEIR_MASK_KEY` of the environment, `ops.publications`. Out: a Key; its id, by which a publication says which key it
masked with; the settings of a session that masks. The warehouse never holds the key: a session gets it at its start.
"""

import hashlib
import hmac
import os
import secrets
from dataclasses import dataclass

import psycopg

from weir.core.env import load_env, outer, remove_env, write_env
from weir.core.errors import WeirError
from weir.project.erasure import pads

NAME = "WEIR_MASK_KEY"
NEXT_NAME = "WEIR_MASK_KEY_NEXT"  # a new key, until a publication has masked with it
INNER, OUTER = "weir.mask_inner", "weir.mask_outer"
_SHORTEST = 16


@dataclass(frozen=True, repr=False)
class Key:
    """A key of masks: text of at least 16 characters."""

    text: str

    @property
    def id(self) -> str:
        """The key's id, 12 hexadecimal digits that tell nothing of the key."""
        return self.mac("weir key")[:12]

    @property
    def options(self) -> str:
        """The settings of a session that masks, as libpq takes them: the two padded keys of HMAC (RFC 2104)."""
        inner, outer = pads(self.text.encode())
        return f"-c {INNER}={inner.hex()} -c {OUTER}={outer.hex()}"

    def mac(self, text: str) -> str:
        """The HMAC-SHA256 of the text, 64 hexadecimal digits; the session's `mask` gives the same in SQL."""
        return hmac.new(self.text.encode(), text.encode(), hashlib.sha256).hexdigest()


def current(connection: psycopg.Connection) -> Key:
    """The key that the published set is masked with; made, and written to `.env`, where nothing is masked yet.

    Raises WeirError when the environment holds another key, or none.
    """
    load_env()
    masked = _in_force(connection)
    for name in (NAME, NEXT_NAME):
        key = _read(name)
        if key and (masked is None or masked[1] == key.id):
            if name == NEXT_NAME:
                adopt(key)  # its publication was made, and the process ended before it could say so
            return key
    if masked is None:
        return _made(NAME)
    raise WeirError(
        f"{NAME} is not the key that publication {masked[0]} masked personal data with: put that key back in .env; "
        "where it is lost, `weir publish --rotate-key` masks everything anew, with a new key"
    )


def rotated() -> Key:
    """A new key, in `.env` under another name until `adopt`. Raises WeirError where `.env` does not decide."""
    load_env()
    if NAME in outer() and os.environ.get(NAME):
        raise WeirError(f"{NAME} is exported, and would win over .env: unset it and put it in .env, then rotate again")
    return _read(NEXT_NAME) or _made(NEXT_NAME)


def adopt(key: Key) -> None:
    """Make the new key the one of `.env`, after a publication has masked with it."""
    write_env({NAME: key.text})
    remove_env([NEXT_NAME])


def _read(name: str) -> Key | None:
    text = os.environ.get(name) or ""
    if text and len(text) < _SHORTEST:
        raise WeirError(
            f"{name} is too short to keep anything secret: write at least {_SHORTEST} characters, by chance"
        )
    return Key(text) if text else None


def _made(name: str) -> Key:
    key = Key(secrets.token_hex(32))
    write_env({name: key.text})
    return key


def _in_force(connection: psycopg.Connection) -> tuple[int, str] | None:
    """The publication in force and the id of its key; None where it masks nothing."""
    row = connection.execute(
        "select publication_id, mask_key from ops.publications where rolled_back_at is null and mask_key is not null "
        "order by publication_id desc limit 1"
    ).fetchone()
    return (int(row[0]), str(row[1])) if row else None
