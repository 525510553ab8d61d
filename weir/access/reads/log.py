"""The server's log as it grows: its files, whole lines from where the last look ended, and what a line tells of a read.

In: the owner's connection; the files are read through the server, so that it makes no difference where it runs. Out:
lines, with the position behind them. A line that is not yet whole waits for the next look, in a file that rotation has
closed it counts as unreadable.
"""

import csv
import json
import re
from collections.abc import Iterator, Mapping, Set
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import psycopg

PIECE = 8 << 20  # bytes that are read at once
_STATE = """
select current_setting('logging_collector') = 'on', current_setting('log_destination') ~ 'jsonlog',
    has_function_privilege('pg_ls_logdir()', 'execute'),
    has_function_privilege('pg_read_binary_file(text, bigint, bigint, boolean)', 'execute')"""
_FILES = "select name, size from pg_ls_logdir() where name ~ '\\.json$' order by modification, name"
_PART = "select pg_read_binary_file(current_setting('log_directory') || '/' || %s, %s, %s, true)"
# A line of pgaudit: the number of the statement in its session, of the part in it, class, command, object, text.
_AUDITED = re.compile(r"AUDIT: (?:SESSION|OBJECT),(\d+),1,READ,(\w[\w ]*),[^,]*,[^,]*,(.*)", re.DOTALL)
_TIMED = re.compile(r"duration: ([\d.]+) ms  (statement|execute [^:]*|parse [^:]*|bind [^:]*): (.*)", re.DOTALL)


@dataclass(frozen=True)
class Entry:
    """A statement of one login: when, its text, how long, and its number, where the server tells."""

    at: str
    login: str
    application: str
    text: str
    number: int = 0
    ms: float | None = None
    refused: str = ""
    audited: str = ""  # the statement's number, where pgaudit tells of it


def why_not(connection: psycopg.Connection) -> str:
    """Why the log can't tell of reads; empty where it can."""
    row = connection.execute(_STATE).fetchone()
    collects, is_json, lists, reads = row or (False, False, False, False)
    if not collects or not is_json:
        return (
            "the server keeps no log of JSON lines: set logging_collector = on and log_destination = 'jsonlog', and "
            "restart it (the embedded warehouse: `weir down`, `weir up`)"
        )
    if not lists or not reads:
        return (
            "the account of WAREHOUSE_URL may not read the server's log: grant it pg_monitor, and execute on function "
            "pg_read_binary_file(text, bigint, bigint, boolean)"
        )
    return ""


def new_lines(connection: psycopg.Connection, known: Mapping[str, int]) -> Iterator[tuple[str, int, list[bytes], int]]:
    """For each file that has grown: its name, the position behind these lines, the lines, and how many are torn.

    `known` holds the position of each file. A file that is shorter than its position is another one of that name.
    """
    files = connection.execute(_FILES).fetchall()
    for place, (name, size) in enumerate(files):
        position = known.get(name, 0)
        position = 0 if position > size else position
        is_closed = place < len(files) - 1
        rest = b""
        while position + len(rest) < size:
            row = connection.execute(_PART, [name, position + len(rest), PIECE]).fetchone()
            part = row[0] if row and row[0] else b""
            if not part:
                break  # deleted meanwhile
            *lines, rest = (rest + part).split(b"\n")
            if lines:
                position += sum(len(line) + 1 for line in lines)
                yield name, position, lines, 0
        if rest and is_closed:
            yield name, position + len(rest), [], 1


def entry_of(line: bytes, no_people: Set[str], database: str) -> Entry | None:
    """What the line tells of a statement in this database, by another login than these; None where it tells of none.

    Raises ValueError when the line is no JSON.
    """
    found: Any = json.loads(line)
    if not isinstance(found, dict):
        raise ValueError("no object")
    login = found.get("user")
    if not login or login in no_people or found.get("dbname") != database:
        return None
    datetime.strptime(str(found["timestamp"])[:19], "%Y-%m-%d %H:%M:%S")
    facts = (str(found["timestamp"]), str(login), str(found.get("application_name") or ""))
    if found.get("error_severity") in ("ERROR", "FATAL"):
        return Entry(*facts, text="", refused=found.get("state_code") or "XX000")
    message = found.get("message") or ""
    if audited := _AUDITED.fullmatch(message):
        text = next(csv.reader([audited[3]]))[0]
        number = int(found.get("query_id") or 0)
        statement = f"{found.get('session_id')} {audited[1]}"
        return None if audited[2] == "PREPARE" else Entry(*facts, text=text, number=number, audited=statement)
    timed = _TIMED.fullmatch(message)
    if not timed or timed[2].startswith(("parse", "bind", "execute fetch from")):
        return None
    text = timed[3]
    # EXECUTE of a prepared statement: the log says beside it what was prepared.
    if (found.get("detail") or "").startswith("prepare: "):
        text = f"{found['detail'].removeprefix('prepare: ')}; {text}"
    return Entry(*facts, text=text, number=int(found.get("query_id") or 0), ms=float(timed[1]))
