"""A company in which one person stands in five sources: a dbt project with marks, its sources, ways to run it."""

import os
import sqlite3
import subprocess
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg
import pytest

from weir.core.settings import ROOT
from weir.warehouse.embedded import programs

AS_OF = datetime(2026, 7, 1, tzinfo=UTC)
EMAIL, NAME, PHONE = "Ann.Lee@Example.com", "Ann Lee-O'Brien", "+49 30 5551234"
TRACES = ["ann.lee@example", "lee-o'brien", "5551234"]
_STAGED = """
with typed as (
    select {columns}, {{{{ carry(key=[{key}]{files}) }}}}
    from {{{{ source('{source}', '{table}') }}}}
)

select *, {{{{ reject({{'{reason}': "{rule}"}}) }}}} from typed
"""
_SOURCES = {
    "app": [
        ("users", "[user_id]", ""), ("notes", "[note_id]", ""),
    ],
    "leads": [("people", "[email]", ", path: '*.csv', format: csv")],
    "crm": [("contacts", "[id]", "")],
}  # fmt: skip
_MODELS = {
    ("app", "users"): (
        "user_id, lower(email) as email, full_name, phone, role",
        "'user_id'",
        "",
        "no role",
        "role = ''",
    ),
    ("app", "notes"): ("note_id, user_id, body, details ->> 'by' as author", "'note_id'", "", "by none", "author = ''"),
    ("leads", "people"): ("email, name, note", "'email'", ", unreadable=true", "no name", "name = ''"),
    ("crm", "contacts"): ("{{ parse('id', 'bigint') }} as id, mail, remark", "'id'", "", "no remark", "remark = ''"),
}
_MARKS = {
    "stg_app__users": {"email": "email", "full_name": "name", "phone": "phone"},
    "stg_app__notes": {"author": "email", "body": "free_text"},
    "stg_leads__people": {"email": "email", "name": "name", "note": "free_text"},
    "stg_crm__contacts": {"mail": "email", "remark": "free_text"},
    "dim_members": {"email": "email", "full_name": "name"},
    "dim_people": {"email": "email", "name": "name"},
    "fct_notes": {"size": "none, because: a length tells nothing of a person"},
}
_MARTS = {
    "dim_members": ("select user_id, email, full_name, role from {{ ref('stg_app__users') }}", "user_id"),
    "dim_people": ("select email, name from {{ ref('stg_leads__people') }}", "email"),
    "fct_notes": ("select note_id, user_id, length(body) as size from {{ ref('stg_app__notes') }}", "note_id"),
}


class Company:
    """The project in a folder, with its databases and its drop folder."""

    def __init__(self, folder: Path, app: str, patch: pytest.MonkeyPatch) -> None:
        self.folder, self.app_url = folder, app
        (folder / "leads").mkdir(parents=True)
        for path, text in _files().items():
            file = folder / "project" / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text)
        (folder / "project" / "profiles.yml").write_text((ROOT / "profiles.yml").read_text())
        values = {
            "WEIR_PROJECT_DIR": str(folder / "project"), "APP_URL": app, "WEIR_AS_OF": AS_OF.isoformat(),
            "LEADS_URL": f"file://{folder / 'leads'}", "CRM_URL": f"sqlite:///{folder / 'crm.db'}",
        }  # fmt: skip
        for name, value in values.items():
            patch.setenv(name, value)
        self.app("create table users (user_id bigint primary key, email text, full_name text, phone text, role text)")
        self.app("create table notes (note_id bigint primary key, user_id bigint, body text, details jsonb)")
        self.app("insert into users select i, 'u' || i || '@x.io', 'Person No ' || i, '+1 555 ' || i, 'r' "
                 "from generate_series(1, 50) i")  # fmt: skip
        self.app("insert into notes select i, i, 'note ' || i, '{\"by\": \"u@x.io\"}' from generate_series(1, 50) i")
        self.app("insert into users values (70, %s, %s, %s, 'admin')", EMAIL, NAME, PHONE)
        self.app("insert into notes values (70, 70, %s, '{\"by\": \"Ann.Lee@example.com\", \"n\": 1.50}')",
                 f"{NAME} <{EMAIL}> called from {PHONE}; jo.{EMAIL} did not")  # fmt: skip
        self.crm("create table contacts (id integer primary key, mail text, remark text)")
        self.crm("insert into contacts values (1, 'bob@x.io', 'fine'), (2, ?, ?)", EMAIL.lower(), f"ask {NAME}")
        self.people("a.csv", ["bob@x.io,Bob,", f"{EMAIL},{NAME},met at the fair"])

    def app(self, statement: str, *values: object) -> list[Any]:
        """Run a statement in the application's database."""
        with psycopg.connect(self.app_url, autocommit=True, options="-c TimeZone=UTC") as connection:
            cursor = connection.execute(statement, values or None)
            return cursor.fetchall() if cursor.description else []

    def crm(self, statement: str, *values: object) -> None:
        """Run a statement in the CRM's database."""
        with sqlite3.connect(self.folder / "crm.db") as connection:
            connection.execute(statement, values)

    def people(self, name: str, lines: Sequence[str]) -> None:
        """Drop a file of leads."""
        (self.folder / "leads" / name).write_text("\n".join(["email,name,note", *lines]) + "\n")

    def land(self, full: bool = False) -> None:
        """Land everything."""
        from cli import steps

        assert steps.land(None, None, AS_OF, full) == 0

    def build(self, full: bool = False, publish: bool = True) -> None:
        """Build the set; check and publish it."""
        from cli import steps

        assert steps.build(None, full, AS_OF) == 0
        if publish:
            assert steps.check("marts", None) == 0
            assert steps.publish(AS_OF, []) == 0


def query(statement: str) -> list[tuple[Any, ...]]:
    """Rows of the warehouse."""
    with psycopg.connect(os.environ["WAREHOUSE_URL"], autocommit=True, options="-c TimeZone=UTC") as connection:
        cursor = connection.execute(statement)
        return cursor.fetchall() if cursor.description else []


def holding(traces: Sequence[str]) -> list[str]:
    """Every line of a dump of the warehouse, and file below WEIR_HOME, that holds one of the texts (in lower case)."""
    found = []
    words = [programs.folder() / "pg_dump", os.environ["WAREHOUSE_URL"]]
    dump = subprocess.run(words, capture_output=True, check=True).stdout.decode().lower()
    for line in dump.replace("jo.ann.lee@example", "").splitlines():  # jo is somebody else
        found += [f"{trace}: {line[:300]}" for trace in traces if trace in line]
    for path in Path(os.environ["WEIR_HOME"]).rglob("*"):
        if path.is_file() and path.name != ".env":
            content = path.read_bytes().lower()
            found += [f"{path}: {trace}" for trace in traces if trace.encode() in content]
    return found


def faults() -> list[str]:
    """What `weir verify` finds wrong."""
    from cli.verify import prove

    return prove().faults


def everything() -> dict[str, list[tuple[Any, ...]]]:
    """Staging, quarantine and the newest ledger of each load: what a full refresh must give alike."""
    models = [
        row[0] for row in query("select table_name from information_schema.tables where table_schema = 'staging'")
    ]
    found = {model: query(f"select t::text from staging.{model} as t order by 1") for model in models}
    found["quarantine"] = query("select (to_jsonb(q) - 'nothing')::text from quality.quarantine as q order by 1")
    found["ledger"] = query(
        "select distinct on (model, load_id) model, load_id, landed, accepted, accepted_by_hand, rejected, superseded, "
        "deleted, erased "
        "from ops.ledger where landed > 0 order by model, load_id, built_at desc"
    )
    return found


def _files() -> dict[str, str]:
    files = {
        "dbt_project.yml": f"""
name: small
version: "0.1.0"
profile: weir
model-paths: ["models"]
macro-paths: ["{ROOT}/macros"]
flags: {{send_anonymous_usage_stats: false}}
on-run-start: ["{{{{ on_start() }}}}"]
models:
  small:
    staging: {{+materialized: staged, +schema: staging}}
    marts: {{+materialized: table, +schema: analytics}}
"""
    }
    for source, tables in _SOURCES.items():
        lines = [f"  - name: {source}", f"    schema: raw_{source}",
                 f"    config: {{meta: {{connection: {source.upper()}_URL}}}}", "    tables:"]  # fmt: skip
        lines += [f"      - {{name: {name}, config: {{meta: {{key: {key}{more}}}}}}}" for name, key, more in tables]
        files[f"models/staging/{source}/_{source}__sources.yml"] = "sources:\n" + "\n".join(lines) + "\n"
    for (source, table), (columns, key, more, reason, rule) in _MODELS.items():
        text = _STAGED.format(
            columns=columns, key=key, files=more, source=source, table=table, reason=reason, rule=rule
        )
        files[f"models/staging/{source}/stg_{source}__{table}.sql"] = text
    grains = {}
    for name, (code, grain) in _MARTS.items():
        files[f"models/marts/{name}.sql"], grains[name] = code, grain
    entries = ["models:"]
    for name in {**grains, **_MARKS}:
        meta = f", config: {{meta: {{grain: [{grains[name]}]}}}}" if name in grains else ""
        columns = [f"{{name: {c}, config: {{meta: {{pii: {k}}}}}}}" for c, k in _MARKS.get(name, {}).items()]
        entries.append(f"  - {{name: {name}{meta}, columns: [{', '.join(columns)}]}}")
    files["models/_marks.yml"] = "\n".join(entries) + "\n"
    return files
