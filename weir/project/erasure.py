"""Erasure: keyed hashes by which a person who was forgotten is known again, and the removal of values from texts.

In: the key of a row, values of a person, WEIR_ERASURE_SECRET of `.env`. Out: hashes (HMAC-SHA256) that tell nothing
without the secret; tokens that stand in place of a key; texts without the values. The same functions serve `weir
forget`, which knows the values, and later landings, which know their hashes only: so both leave the same text.
"""

import hashlib
import hmac
import json
import os
import re
import secrets
import uuid
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

from weir.core.env import load_env, write_env
from weir.core.errors import WeirError

NAME = "WEIR_ERASURE_SECRET"
ERASED = "[erased]"  # stands where a value stood within a text
_TEXT = ("text", "character varying", "character", "bpchar", "citext")
KEPT = {"_file", "_line", "_error"}  # of a row of a file: where it stood, and what was wrong with it
# Signs that make one word with what stands beside them, by kind: ann@x.io is not in jo.ann@x.io, nor Ann Lee in
# Ann Lee-Fox.
_JOINS = {"email": ".+-", "name": "-"}
_LITERAL = re.compile(r'"(?:[^"\\]|\\.)*"')


@dataclass(frozen=True, order=True)
class Known:
    """A value of a person: its kind, its length, its hash, and whether it counts only as a whole text."""

    kind: str
    length: int
    hash: str
    whole: bool = False


@dataclass
class Values:
    """The values to remove: by their hashes, and in the clear where they are known."""

    secret: bytes
    known: frozenset[Known]
    clear: dict[str, str] = field(default_factory=dict)  # lower-case value -> hash; may be empty

    def __post_init__(self) -> None:
        self._whole = {each.hash for each in self.known}
        self._within: dict[tuple[int, str], set[str]] = {}
        for each in self.known:
            if not each.whole:
                self._within.setdefault((each.length, _JOINS.get(each.kind, "")), set()).add(each.hash)
        self._lengths = {each.length for each in self.known}

    def _hash(self, text: str) -> str:
        if self.clear:
            return self.clear.get(text, "")
        return value_hash(self.secret, text)

    def scrub(self, text: str | None) -> str | None:
        """The text without the values: None where it is nothing but a value, else with [erased] in place of each."""
        if text is None:
            return None
        bare = text.strip().lower()
        if len(bare) in self._lengths and self._hash(bare) in self._whole:
            return None
        spots: list[tuple[int, int]] = []
        for (length, joins), hashes in self._within.items():
            spots += [(at, at + length) for at in _starts(text, length, joins)
                      if self._hash(text[at : at + length].lower()) in hashes]  # fmt: skip
        for start, end in _apart(spots):
            text = text[:start] + ERASED + text[end:]
        return text

    def scrub_json(self, text: str | None) -> str | None:
        """The JSON text with every string in it scrubbed; a string that is nothing but a value becomes null."""
        if text is None:
            return None

        def scrubbed(found: re.Match[str]) -> str:
            said = str(json.loads(found[0], strict=False))
            left = self.scrub(said)
            if left == said:
                return found[0]
            is_name = re.match(r"\s*:", found.string[found.end() :]) is not None
            if left is None:
                return json.dumps(ERASED) if is_name else "null"
            return json.dumps(left, ensure_ascii=False)

        return _LITERAL.sub(scrubbed, text)

    def scrub_any(self, value: object, type_: str) -> object:
        """The value of a column of this type, scrubbed."""
        if isinstance(value, list):
            return [self.scrub_any(each, type_.removesuffix("[]")) or ERASED if each else each for each in value]
        if not isinstance(value, str):
            return value
        return self.scrub_json(value) if type_ in {"json", "jsonb"} else self.scrub(value)


def _starts(text: str, length: int, joins: str) -> Iterable[int]:
    """Where a word or a group of words of this length begins and ends in the text."""
    for at in range(len(text) - length + 1):
        before, end = text[max(at - 2, 0) : at], at + length
        if before and (_inner(before[-1]) or (before[-1] in joins and len(before) == 2 and _inner(before[0]))):
            continue
        after = text[end : end + 2]
        if after and (_inner(after[0]) or (after[0] in joins and len(after) == 2 and _inner(after[1]))):
            continue
        yield at


def _inner(letter: str) -> bool:
    return letter.isalnum() or letter == "_"


def _apart(spots: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """The spots from the last to the first, without those that lie in another."""
    kept: list[tuple[int, int]] = []
    for start, end in sorted(spots, key=lambda spot: (spot[0], -spot[1])):
        if not kept or start >= kept[-1][1]:
            kept.append((start, end))
    return kept[::-1]


def is_text(type_: str) -> bool:
    """Whether a column of this type holds text."""
    return type_ in _TEXT


def is_searched(type_: str) -> bool:
    """Whether values are looked for in a column of this type: texts, JSON, and lists of these."""
    plain = type_.split("(")[0].split(" collate ")[0].removesuffix("[]")
    return plain in {*_TEXT, "json", "jsonb"}


def secret() -> bytes:
    """The secret of all hashes. Raises WeirError where `.env` has none."""
    load_env()
    if not os.environ.get(NAME):
        raise WeirError(
            f"{NAME} is not set, so that people who were forgotten can't be held back: put back the .env "
            "with which they were erased"
        )
    return os.environ[NAME].encode()


def secret_or_new() -> bytes:
    """The secret of all hashes; a new one, which `keep` puts in `.env`, where there is none."""
    load_env()
    return (os.environ.get(NAME) or secrets.token_hex(32)).encode()


def keep(own: bytes) -> None:
    """Put the secret in `.env`, unless it is there."""
    if not os.environ.get(NAME):
        write_env({NAME: own.decode()})


def mark_of(own: bytes) -> str:
    """A short text by which another secret is noticed."""
    return _hmac(own, "weir erasure")[:16]


def require_same(own: bytes, mark: str) -> None:
    """Raise WeirError when the secret is not that of the mark."""
    if mark_of(own) != mark:
        raise WeirError(
            f"{NAME} is not the one with which people were erased, so that they can't be held back: put back that one"
        )


def key_hash(own: bytes, source: str, table: str, key: Sequence[str]) -> str:
    """The hash of the key of a row."""
    return _hmac(own, "".join(_part(each) for each in (source, table, *key)))


def value_hash(own: bytes, value: str) -> str:
    """The hash of a value, in lower case."""
    return _hmac(own, "value " + value)


def pads(own: bytes) -> tuple[bytes, bytes]:
    """The two padded keys of HMAC (RFC 2104), for SQL that computes it."""
    key = (hashlib.sha256(own).digest() if len(own) > 64 else own).ljust(64, b"\0")
    return bytes(byte ^ 0x36 for byte in key), bytes(byte ^ 0x5C for byte in key)


def key_hash_sql(source: str, table: str, key: Sequence[str], inner: str, outer: str) -> str:
    """SQL of `key_hash`: `key` are quoted columns, `inner` and `outer` placeholders for the pads. NULL for a NULL."""
    begin = (_part(source) + _part(table)).replace("'", "''")
    parts = "".join(f" || length({name}::text) || ':' || ({name}::text)" for name in key)
    return f"encode(sha256({outer} || sha256({inner} || convert_to('{begin}'{parts}, 'UTF8'))), 'hex')"


def token(hashed: str, type_: str = "text") -> str:
    """What stands in place of a key that is a text or a uuid."""
    return str(uuid.UUID(hashed[:32])) if type_ == "uuid" else f"erased-{hashed[:24]}"


def token_sql(hashed: str, type_: str) -> str:
    """SQL of `token`, in the column's type."""
    return f"left({hashed}, 32)::uuid" if type_ == "uuid" else f"('erased-' || left({hashed}, 24))::{type_}"


def replaced(columns: dict[str, str], key: Sequence[str]) -> list[str]:
    """The columns of the key that give way to a token: texts and uuids, but for a row's place in a file.

    Numbers stay: without the row they tell nothing of a person.
    """
    return [name for name in key if name not in KEPT and (columns[name] == "uuid" or is_text(columns[name]))]


def blanks(columns: dict[str, str], key: Sequence[str], hashed: str, quote: Callable[[str], str]) -> str:
    """The assignments that blank a row: all but its key, its place in a file and the reader's words becomes NULL."""
    found = [f"{quote(name)} = null" for name in columns if name not in {*key, *KEPT} and not name.startswith("_dlt")]
    found += [f"{quote(name)} = {token_sql(hashed, columns[name])}" for name in replaced(columns, key)]
    return ", ".join(found)


def _part(text: str) -> str:
    return f"{len(text)}:{text}"


def _hmac(own: bytes, text: str) -> str:
    return hmac.new(own, text.encode(), hashlib.sha256).hexdigest()
