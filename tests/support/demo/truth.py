"""Reads the demo's sources as a stranger would: SQL, files, HTTP. `rules` judges what it reads."""

import gzip
import json
import os
import sqlite3
import time
import urllib.error
import urllib.request
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg
from psycopg.rows import dict_row

from demo.systems import app_store

Row = dict[str, Any]
Found = set[tuple[str, str, str]]  # table, key, reason


def read_app() -> dict[str, list[Row]]:
    with psycopg.connect(os.environ["APP_URL"], row_factory=dict_row, options="-c TimeZone=UTC") as connection:
        query = "select * from {} order by 1, 2"
        return {table: connection.execute(query.format(table).encode()).fetchall() for table in app_store.TABLES}


def read_billing() -> dict[str, list[Row]]:
    with closing(sqlite3.connect(os.environ["BILLING_URL"].removeprefix("sqlite:///"))) as connection:
        connection.row_factory = sqlite3.Row
        tables = ("customers", "invoices", "invoice_lines", "payments")
        query = "select * from {} order by 1"
        return {table: [dict(row) for row in connection.execute(query.format(table))] for table in tables}


def folder(variable: str) -> Path:
    return Path(os.environ[variable].removeprefix("file://"))


def get(path: str, token: str | None = None, tries: int = 3) -> tuple[Any, list[int]]:
    """What the helpdesk answers, and the statuses on the way; waits when told to."""
    url = path if path.startswith("http") else os.environ["HELPDESK_URL"] + path
    headers = {"Authorization": f"Bearer {token or os.environ['HELPDESK_TOKEN']}"}
    statuses = []
    for _ in range(tries):
        try:
            opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
            with opener.open(urllib.request.Request(url, headers=headers), timeout=20) as answer:
                return json.load(answer), [*statuses, answer.status]
        except urllib.error.HTTPError as fault:
            statuses.append(fault.code)
            if fault.code == 429:
                time.sleep(float(fault.headers["Retry-After"]))
            elif fault.code != 500:
                return json.load(fault), statuses
    return None, statuses


def read_helpdesk(since: str = "") -> dict[str, list[Row]]:
    found = {}
    for path, name in (("/tickets", "tickets"), ("/satisfaction_ratings", "ratings")):
        rows, url = [], f"{path}?updated_since={since}&per_page=100"
        while url:
            body, _ = get(url)
            rows += body[name]
            url = body["next_page"]
        found[name] = rows
    return found


def read_events() -> tuple[list[Row], Found]:
    """Events in one shape, and the lines that can't be read."""
    events, unreadable = [], set()
    for file in sorted((folder("PRODUCT_URL") / "events").glob("*.jsonl.gz")):
        with gzip.open(file, "rt", encoding="utf-8") as lines:
            for number, line in enumerate(lines, 1):
                try:
                    row = json.loads(line)
                except ValueError:
                    unreadable.add(("events", f"events/{file.name}:{number}", "not valid JSON"))
                    continue
                new = row.get("v") == 2
                account = row["account"]["id"] if new else row["account_id"]
                user = row["user"]["id"] if new else row["user_id"]
                moment = datetime.fromisoformat(row["occurred_at" if new else "ts"])
                events.append({"key": row["_id"], "account": int(account), "user": int(user), "moment": moment})
    return events, unreadable


def parsed(text: str | None, kind: Any) -> Any:
    """The text as a number or date; the class ValueError where it is none."""
    if text is None:
        return None
    try:
        return kind(text)
    except ValueError:
        return ValueError


def clock() -> datetime:
    return datetime.fromisoformat(os.environ["WEIR_AS_OF"]).astimezone(UTC)
