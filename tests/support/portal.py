"""A warehouse as the portal finds it: the real views of `ops`, rows in the tables beneath, two published marts.

Each text of a row may be made hostile: it then tries to become markup, script, or a turn of the direction of writing.
"""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import psycopg

from weir.core.settings import ROOT

HOSTILE = "<script>window.hacked=1</script></script><!--<img src=x onerror=window.hacked=2>\"'`&{{ש\u202e😀}}"


def build_views(url: str) -> None:
    """Let dbt make the real views of models/ops, as a run does."""
    words = ["run", "--quiet", "--target", "prod", "--select", "path:models/ops"]
    environment = os.environ | {"WEIR_RUN": "1", "WAREHOUSE_URL": url}
    done = subprocess.run([sys.executable, "-m", "cli.dbt", *words], cwd=ROOT, env=environment, capture_output=True,
                          text=True)  # fmt: skip
    assert done.returncode == 0, (done.stdout + done.stderr)[-3000:]


def fill(connection: psycopg.Connection, text: str = "", incidents: int = 0) -> None:
    """Fill the tables of `ops` with the story of some days; `text` stands in every field that holds text."""
    words = {name: text or plain for name, plain in _WORDS.items()}
    connection.execute(_EMPTY)
    psycopg.ClientCursor(connection).execute(_STORY, words)
    for number in range(1, incidents + 1):
        connection.execute(_INCIDENT, words | {"number": number, "severity": "stopped" if number % 2 else "drifted"})


def mart(connection: psycopg.Connection, text: str = "") -> None:
    """Publish two marts by hand: one with months and plans, one with accounts."""
    connection.execute("drop table if exists analytics.by_month; drop table if exists analytics.accounts")
    connection.execute(
        "create table analytics.by_month as select month::date, plan, (row_number() over ())::numeric(10, 2) as mrr, "
        "(0.1 * row_number() over ())::numeric(10, 4) as share, n "
        "from generate_series('2026-01-01'::timestamp, '2026-06-01', '1 month') as months (month) "
        "cross join unnest(%s::text[]) with ordinality as plans (plan, n)",
        [[text + "a", text + "b"]],
    )
    connection.execute(
        "create table analytics.accounts as select n as account_id, %s::text as signs from generate_series(1, 30) as n",
        [text or "an overdue invoice; a bad rating"],
    )


def manifest(home: Path, entries: dict[str, Any], **more: Any) -> None:
    """Write a manifest of dbt that holds the two marts, with these charts."""
    columns = {"by_month": ["month", "plan", "mrr", "share", "n"], "accounts": ["account_id", "signs"]}
    nodes = {
        f"model.weir.{name}": {
            "resource_type": "model", "name": name, "schema": "analytics_next",
            "patch_path": f"weir://marts/{name}.yml",
            "original_file_path": f"marts/{name}.sql", "config": {"meta": {"portal": entries.get(name)}},
            "columns": {column: {"name": column, "description": "", "meta": {}, "config": {}} for column in names},
        } | more
        for name, names in columns.items()
    }  # fmt: skip
    path = home / "target" / "prod" / "manifest.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps({"nodes": nodes}))


def charts(text: str = "") -> dict[str, Any]:
    """A chart of each kind."""
    more = {"note": text or "A note.", "last": 6}
    months = {"x": "month", "by": "plan", **more}
    return {
        "by_month": [
            months | {"title": f"{text}lines", "chart": "line", "y": "mrr", "unit": text or "EUR"},
            months | {"title": f"{text}stacks", "chart": "stacked", "y": ["mrr"]},
            months | {"title": f"{text}shares", "chart": "bars", "y": ["share"], "unit": "%"},
            more | {"title": f"{text}cohorts", "chart": "cohorts", "x": "n", "by": "month", "y": "share", "unit": "%"},
        ],
        "accounts": more | {"title": f"{text}table", "chart": "table", "y": ["account_id", "signs"],
                            "order": ["account_id desc"]},
    }  # fmt: skip


_WORDS = {
    "source": "shop", "table": "orders", "model": "stg_shop__orders", "reason": "amount is negative",
    "run": "r2", "step": "land", "message": "shop can't be reached",
    "sentence": "gate marts: a count fell by half", "scope": "marts",
    "mart": "fct_orders", "login": "ann", "title": "Source shop can't be reached",
    "what": "Since 1 March, shop is away.",
    "affected": "Waiting for it: 2 marts.", "readers": "Readers still see the set of 28 February.",
    "turn": "It is the turn of data engineering.", "command": "weir run", "promise": "exact", "gate": "marts",
}  # fmt: skip

_EMPTY = """
truncate ops.runs, ops.run_steps, ops.landings, ops.ledger, ops.gates, ops.publications, ops.publication_tables,
    ops.reads, ops.read_tables, ops.read_questions, ops.incidents, ops.sizes, ops.disks, quality.quarantine cascade"""

_STORY = """
insert into ops.runs (run_id, started_at, ended_at, state, message, as_of, command)
select n || %(run)s, now() - (9 - n) * interval '1 day', now() - (9 - n) * interval '1 day' + interval '40 seconds',
    case n when 4 then 'failed' else 'succeeded' end, case n when 4 then %(message)s end,
    now() - (9 - n) * interval '1 day', case n when 3 then %(step)s else 'run' end
from generate_series(1, 8) as n;
insert into ops.run_steps
select run_id, step || %(step)s, 3.25 from ops.runs cross join unnest('{a,b}'::text[]) as step;
insert into ops.landings (load_id, job, run_id, source, table_name, promise, how, extracted, landed, deleted,
    source_rows, bytes, seconds, as_of, landed_at)
select n || 'load', 'job', n || %(run)s, %(source)s, %(table)s, %(promise)s, 'compare', 100 * n, case n when 1 then 9000
    else 100 * n end, 2, 900, 5000, 1.5, now() - (9 - n) * interval '1 day', now() - (9 - n) * interval '1 day'
from generate_series(1, 8) as n;
insert into ops.ledger (step_id, run_id, model, source, table_name, load_id, as_of, full_refresh, landed, accepted,
    rejected, superseded, deleted)
select 'step', run_id, %(model)s, source, table_name, load_id, as_of, false, landed, landed - 3, 1, 0, 2
from ops.landings;
insert into quality.quarantine (model, key, reasons, row, load_id, seq, first_seen)
select %(model)s, n::text, array[%(reason)s], '{}', '1load', n, now() from generate_series(1, 8) as n;
insert into ops.gates (run_id, gate, scope, passed, sentence, checked_at)
values ('8' || %(run)s, %(gate)s, %(scope)s, true, %(sentence)s, now());
insert into ops.publications (run_id, as_of) select '8' || %(run)s, now();
insert into ops.publication_tables (publication_id, mart, inserted, updated, deleted, rows)
select publication_id, %(mart)s, 1, 2, 3, 400 from ops.publications;
insert into ops.read_questions (key, is_read, first_seen) values ('q', true, now());
insert into ops.read_tables (question_id, schema_name, table_name)
select question_id, 'analytics', %(mart)s from ops.read_questions;
insert into ops.reads (at, login, role, question_id, ms)
select now(), %(login)s, 'weir_analyst', question_id, 5 from ops.read_questions;
insert into ops.sizes (day, schema_name, table_name, bytes)
select current_date - n, 'raw_' || %(source)s, %(table)s, 10000000 - 100000 * n from generate_series(0, 20) as n;
insert into ops.disks (day, database_bytes, free_bytes, total_bytes)
select current_date - n, 90000000 - 1000000 * n, 40000000000 + 100000000 * n, 90000000000
from generate_series(0, 20) as n
"""

_INCIDENT = """
insert into ops.incidents (cause, subject, area, severity, title, what, affected, readers, turn, command, rows,
    opened_at, opened_by, last_seen_at, times_seen)
values (%(number)s || 'cause', %(source)s, 'land', %(severity)s, %(title)s, %(what)s, %(affected)s, %(readers)s,
    %(turn)s, %(command)s, 3, now() - interval '3 hours', 'r', now(), 2)"""
