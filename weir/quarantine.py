"""Looking at quarantine: how many rows wait, why, and what one of them looked like when it arrived."""

import json
from typing import Any

from rich.json import JSON

from weir import show as shown
from weir import warehouse
from weir.settings import WeirError

_COUNTS = """
select model, array_to_string(reasons, '; '), count(*), min(first_seen), max(first_seen)
from quality.quarantine where resolved_at is null and (%(model)s::text is null or model = %(model)s)
group by 1, 2 order by 1, 3 desc, 2"""
_HISTORY = """
select model, coalesce(how, 'open'), array_to_string(reasons, '; '), count(*), min(first_seen), max(resolved_at)
from quality.quarantine where %(model)s::text is null or model = %(model)s
group by 1, 2, 3 order by 1, 2, 4 desc"""
_KEYS = """
select key, array_to_string(reasons, '; '), first_seen from quality.quarantine
where resolved_at is null and model = %(model)s order by first_seen desc, key limit 20"""
_ROW = """
select model, key, reasons, row, load_id, first_seen, resolved_at, how from quality.quarantine
where key = %(key)s and (%(model)s::text is null or model = %(model)s) and (%(all)s or resolved_at is null)
order by model, seq"""


def show(model: str | None = None, key: str | None = None, history: bool = False) -> int:
    """Print what waits: counts; with a model its newest keys too; with a key the row as received.

    Raises WeirError when the model or the key is not there.
    """
    with warehouse.connect() as connection:
        if connection.execute("select to_regclass('quality.quarantine')").fetchone() == (None,):
            raise WeirError("nothing was staged yet: type `weir run` or `weir build` first")
        values = {"model": model, "key": key, "all": history}
        if key is not None:
            return _one(connection.execute(_ROW, values).fetchall(), key, history)
        taken = connection.execute("select exists (select from ops.ledger where model = %s)", [model]).fetchone()
        if model and taken != (True,):
            raise WeirError(f"no staging model {model!r} has taken anything: `weir quarantine` lists those that have")
        if history:
            rows = connection.execute(_HISTORY, values).fetchall()
            shown.table(
                "Quarantine, open and past", ["model", "state", "reasons", "rows#", "first seen", "resolved"], rows
            )
            return 0
        rows = connection.execute(_COUNTS, values).fetchall()
        if not rows:
            shown.say("Nothing waits in quarantine.", style="green")
            return 0
        shown.table("Quarantine", ["model", "reasons", "rows#", "first seen", "last seen"], rows)
        if model:
            shown.table("Newest keys", ["key", "reasons", "seen"], connection.execute(_KEYS, values).fetchall())
            shown.say(f"the row as received: weir quarantine --model {model} --key KEY")
    return 0


def _one(rows: list[tuple[Any, ...]], key: str, history: bool) -> int:
    if not rows:
        more = "" if history else " (--history shows what has left it)"
        raise WeirError(f"no row with key {key!r} waits in quarantine{more}")
    terminal = shown.console()
    for model, name, reasons, row, load, seen, resolved, how in rows:
        state = f"{how} {resolved:%Y-%m-%d %H:%M}" if resolved else "open"
        shown.say(f"{model}  {name}  [{state}]", style="bold")
        shown.say(f"{'; '.join(reasons)}  (first seen {seen:%Y-%m-%d %H:%M}, load {load})", style="red")
        terminal.print(JSON(json.dumps(row), ensure_ascii=False))
    return 0
