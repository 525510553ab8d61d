"""`weir quarantine`: prints the rows that wait or are held back, the reasons, and one row as it was received.

In: quarantine (rows that are wrong by themselves) and the view `held_back` (sound rows, held back for what other tables
say), of the runs or of `dbt build` by hand. Out: tables. Personal values are shown as their kind and length; with a
reason, which is written down, in clear. Alone: `weir quarantine`.
"""

import json
import os
from functools import cached_property
from typing import Any

import psycopg
from psycopg import sql
from rich.json import JSON

from weir import warehouse
from weir.access.carried import Lineage, read_lineage
from weir.access.disclosures import disclose
from weir.access.reasons import Reasons
from weir.access.veil import Veil, refuse_without_reason, veiled
from weir.core import terminal
from weir.core.env import load_project
from weir.core.errors import WeirError
from weir.core.secrets import printable
from weir.ledger.quarantine import (
    ACCEPTED,
    COUNTS,
    HELD_BACK,
    HELD_BACK_KEY,
    HISTORY,
    KEYS,
    ROW,
    TYPES,
    marked,
)
from weir.ledger.warned import warned
from weir.warehouse.catalog import exists


def show_quarantine(
    model: str | None = None,
    key: str | None = None,
    history: bool = False,
    dev: bool = False,
    with_pii: bool = False,
    because: str | None = None,
) -> int:
    """Print the counts of waiting rows; with a model its newest keys too; with a key the row as received.

    `dev` looks into the dev schemas, which `dbt build` by hand fills. `with_pii` shows the row in clear, and writes
    `because` down. Raises WeirError when the model or the key is unknown.
    """
    load_project()
    refuse_without_reason(with_pii, because)
    if with_pii and key is None:
        raise WeirError("--with-pii shows one row in clear: name it by --key")
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
            if not rows and not beside:
                more = "" if history else " (--history shows what has left it)"
                raise WeirError(f"no row with that key waits in quarantine or is held back{more}")
            veils = _Veils(dev)
            if because:
                models = sorted({row[0] for row in [*rows, *beside]})
                hidden = any(veils[each].key_kind for each in models)
                disclose(connection, "quarantine", because, len(rows), ", ".join(models), key, hidden)
            return _one(connection, rows, beside, key, veils, in_clear=bool(because))
        taken = connection.execute("select exists (select from ledger where model = %s)", [model]).fetchone()
        if model and taken != (True,):
            raise WeirError(f"no staging model {model!r} has taken anything: `weir quarantine` lists those that have")
        if history:
            rows = marked(connection.execute(HISTORY, values).fetchall())
            terminal.table(
                "Quarantine, open and past", ["model", "state", "reasons", "rows#", "first seen", "resolved"], rows
            )
            return 0
        veils = _Veils(dev)
        _waiting(connection, values, has_held_back, veils)
        _warned(connection, f"{prefix}staging", model, veils)
        if not dev:
            _accepted(connection, values, veils)
    return 0


class _Veils(dict[str, Veil]):
    """The veil of each model, made when first needed."""

    def __init__(self, dev: bool) -> None:
        super().__init__()
        self._dev = dev

    def __missing__(self, model: str) -> Veil:
        self[model] = Veil(self.lineage, model)
        return self[model]

    @cached_property
    def lineage(self) -> Lineage | None:
        """The lineage of the last build; None where nothing was built yet."""
        try:
            return read_lineage("dev" if self._dev else "prod")
        except WeirError:
            return None

    def reasons(self, connection: psycopg.Connection, model: str, veiled: bool = True) -> Reasons:
        """The reasons of a model, told with their values."""
        prefix = os.environ.get("DBT_DEV_PREFIX", "dev_").lower() if self._dev else ""
        types: dict[str, str] = dict(connection.execute(TYPES, [f'{prefix}staging."{model}"']).fetchall())
        return Reasons(self.lineage, model, types, self[model] if veiled else None)

    def parent(self, key: str | None) -> str | None:
        """The key that a held-back row refers to; hidden where it may be personal."""
        lineage = self.lineage
        views = [each for each in lineage.nodes if each[1] == "held_back"] if lineage else []
        kinds = [kind for view in views if lineage for kind in lineage.held(view, "parent_key")]
        return veiled(kinds[0], key) if key and kinds else key


def _waiting(connection: psycopg.Connection, values: dict[str, Any], has_held_back: bool, veils: _Veils) -> None:
    """Print two tables: rows that are wrong by themselves, and rows held back for what other tables say."""
    rows = marked(connection.execute(COUNTS, values).fetchall())
    if rows:
        terminal.table("Quarantine", ["model", "reasons", "rows#", "first seen", "last seen"], rows)
    else:
        terminal.say("Nothing waits in quarantine.", style="green")
    if rows and values["model"]:
        veil = veils[values["model"]]
        reasons = veils.reasons(connection, values["model"])
        keys = [
            [veil.key(key, seq), "; ".join(reasons.told(reason, row) for reason in why), seen]
            for key, why, seen, seq, row in connection.execute(KEYS, values).fetchall()
        ]
        terminal.table("Newest keys", ["key", "what is wrong", "seen"], keys)
    beside = connection.execute(HELD_BACK, values).fetchall() if has_held_back else []
    if beside:
        title = "Accepted, but held back from the marts for what other tables say"
        told = [[name, reason, number, veils[name].key(key)] for name, reason, number, key in beside]
        terminal.table(title, ["model", "reason", "rows#", "such as"], told)
    if values["model"] and (rows or beside):
        terminal.say(f"one row: weir quarantine {values['model']} --key KEY")


def _warned(connection: psycopg.Connection, staging: str, model: str | None, veils: _Veils) -> None:
    """Print what the rules of `warn` have found in rows that are in staging."""
    try:
        found = warned(connection, staging, model)
    except WeirError as fault:
        terminal.warn(f"accepted with a warning: not known now, for {fault}")
        return
    rows = [[name, reason, number, veils[name].key(key)] for name, reason, number, key in found]
    if rows:
        terminal.table("Accepted with a warning", ["model", "reason", "rows#", "such as"], rows)


def _accepted(connection: psycopg.Connection, values: dict[str, Any], veils: _Veils) -> None:
    """Print the rows that a person has let through, the newest of them."""
    rows = [
        [model, veils[model].key(key, seq), reasons, by, because, at, "yes" if done else "waits for `weir run`"]
        for model, key, seq, reasons, by, because, at, done in connection.execute(ACCEPTED, values).fetchall()
    ]
    if rows:
        columns = ["model", "key", "reasons", "by", "because", "accepted", "built"]
        terminal.table("Accepted by hand", columns, rows)


def _one(connection: psycopg.Connection, rows: list[tuple[Any, ...]], beside: list[tuple[Any, ...]], key: str,
         every: _Veils, in_clear: bool) -> int:  # fmt: skip
    """Print the row."""
    console = terminal.console()
    veils = None if in_clear else every
    for model, name, reasons, row, load, seen, resolved, how, seq in rows:
        state = f"{how} {resolved:%Y-%m-%d %H:%M}" if resolved else "open"
        told = veils[model].key(name, seq) if veils is not None else name
        terminal.say(f"{model}  {told}  [{state}]", style="bold")
        why = every.reasons(connection, model, veiled=not in_clear)
        told = "; ".join(why.told(reason, row) for reason in reasons)
        terminal.say(f"{told}  (first seen {seen:%Y-%m-%d %H:%M}, load {load})", style="red")
        shown = veils[model].row(row) if veils is not None else row
        received = JSON(json.dumps(shown), ensure_ascii=False).text
        received.plain = printable(received.plain)
        console.print(received)
        if shown != row:
            terminal.say('In clear, which is written down: --with-pii --because "why you must see it"', style="dim")
    for model, reason, parent in beside:
        told = veils[model].key(key) if veils is not None else key
        parent = veils.parent(parent) if veils is not None else parent
        terminal.say(f"{model}  {told}  [accepted, but held back from the marts]", style="bold")
        terminal.say(f"{reason}{f': it refers to {parent}' if parent else ''}", style="red")
    return 0
