"""`weir quarantine`: prints the rows that wait or are held back, the reasons, and one row as it was received.

In: quarantine (rows that are wrong by themselves) and the view `held_back` (sound rows, held back for what other tables
say), of the runs or of `dbt build` by hand. Out: tables. Alone: `weir quarantine`.
"""

import json
import os
from typing import Any

import psycopg
from psycopg import sql
from rich.json import JSON

from weir import warehouse
from weir.core import terminal
from weir.core.env import load_project
from weir.core.errors import WeirError
from weir.core.secrets import printable
from weir.ledger.quarantine import COUNTS, HELD_BACK, HELD_BACK_KEY, HISTORY, KEYS, ROW, marked
from weir.warehouse.catalog import exists


def show_quarantine(model: str | None = None, key: str | None = None, history: bool = False, dev: bool = False) -> int:
    """Print the counts of waiting rows; with a model its newest keys too; with a key the row as received.

    `dev` looks into the dev schemas, which `dbt build` by hand fills. Raises WeirError when the model or the key is
    unknown.
    """
    load_project()
    prefix = os.environ.get("DBT_DEV_PREFIX", "dev_").lower() if dev else ""
    with warehouse.connect() as connection:
        path = sql.SQL(", ").join(sql.Identifier(prefix + name) for name in ("quality", "ops"))
        connection.execute(sql.SQL("set local search_path to {}, pg_temp").format(path))
        if not exists(connection, f"{prefix}quality", "quarantine"):
            raise WeirError(f"there is no {prefix}quality.quarantine: `dbt build` by hand makes it")
        if connection.execute("select exists (select from ledger)").fetchone() != (True,) and not dev:
            raise WeirError(
                "nothing was staged yet: type `weir run` or `weir build` first "
                "(what `dbt build` by hand holds back: weir quarantine --dev)"
            )
        has_held_back = exists(connection, f"{prefix}quality", "held_back")
        values = {"model": model, "key": key, "all": history}
        if key is not None:
            rows = connection.execute(ROW, values).fetchall()
            beside = connection.execute(HELD_BACK_KEY, values).fetchall() if has_held_back else []
            return _one(rows, beside, key, history)
        taken = connection.execute("select exists (select from ledger where model = %s)", [model]).fetchone()
        if model and taken != (True,):
            raise WeirError(f"no staging model {model!r} has taken anything: `weir quarantine` lists those that have")
        if history:
            rows = marked(connection.execute(HISTORY, values).fetchall())
            terminal.table(
                "Quarantine, open and past", ["model", "state", "reasons", "rows#", "first seen", "resolved"], rows
            )
            return 0
        _waiting(connection, values, has_held_back)
    return 0


def _waiting(connection: psycopg.Connection, values: dict[str, Any], has_held_back: bool) -> None:
    """Print two tables: rows that are wrong by themselves, and rows held back for what other tables say."""
    rows = marked(connection.execute(COUNTS, values).fetchall())
    if rows:
        terminal.table("Quarantine", ["model", "reasons", "rows#", "first seen", "last seen"], rows)
    else:
        terminal.say("Nothing waits in quarantine.", style="green")
    if rows and values["model"]:
        terminal.table("Newest keys", ["key", "reasons", "seen"], connection.execute(KEYS, values).fetchall())
    beside = connection.execute(HELD_BACK, values).fetchall() if has_held_back else []
    if beside:
        title = "Accepted, but held back from the marts for what other tables say"
        terminal.table(title, ["model", "reason", "rows#", "such as"], beside)
    if values["model"] and (rows or beside):
        terminal.say(f"one row: weir quarantine {values['model']} --key KEY")


def _one(rows: list[tuple[Any, ...]], beside: list[tuple[Any, ...]], key: str, history: bool) -> int:
    if not rows and not beside:
        more = "" if history else " (--history shows what has left it)"
        raise WeirError(f"no row with key {key!r} waits in quarantine or is held back{more}")
    console = terminal.console()
    for model, name, reasons, row, load, seen, resolved, how in rows:
        state = f"{how} {resolved:%Y-%m-%d %H:%M}" if resolved else "open"
        terminal.say(f"{model}  {name}  [{state}]", style="bold")
        terminal.say(f"{'; '.join(reasons)}  (first seen {seen:%Y-%m-%d %H:%M}, load {load})", style="red")
        received = JSON(json.dumps(row), ensure_ascii=False).text
        received.plain = printable(received.plain)
        console.print(received)
    for model, reason, parent in beside:
        terminal.say(f"{model}  {key}  [accepted, but held back from the marts]", style="bold")
        terminal.say(f"{reason}{f': it refers to {parent}' if parent else ''}", style="red")
    return 0
