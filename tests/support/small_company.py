"""A small company for the tests of gates and flows: a dbt project, an SQLite database and a folder of CSV files."""

import os
import sqlite3
from pathlib import Path

import pytest

from weir.core.settings import ROOT

AS_OF = "2026-07-01T00:00:00+00:00"
FILES = {
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
""",
    "models/staging/shop/_shop__sources.yml": """
version: 2
sources:
  - name: shop
    schema: raw_shop
    config: {meta: {connection: SHOP_URL}}
    tables:
      - name: orders
        config: {meta: {key: [order_id], cursor: updated_at}}
""",
    "models/staging/shop/stg_shop__orders.sql": """
with typed as (
    select
        {{ parse('order_id', 'bigint') }} as order_id,
        {{ parse('amount', 'numeric(12, 2)') }} as amount,
        {{ carry(key=['order_id']) }}
    from {{ source('shop', 'orders') }}
)

select *, {{ reject({'amount is negative': 'amount < 0'}) }} from typed
""",
    "models/staging/leads/_leads__sources.yml": """
version: 2
sources:
  - name: leads
    schema: raw_leads
    config: {meta: {connection: LEADS_URL}}
    tables:
      - name: people
        config: {meta: {key: [email], path: "*.csv", format: csv}}
""",
    "models/staging/leads/stg_leads__people.sql": """
with typed as (
    select email, name, {{ carry(key=['email'], unreadable=true) }}
    from {{ source('leads', 'people') }}
)

select *, {{ reject({}) }} from typed
""",
    "models/marts/fct_orders.sql": "select order_id, amount from {{ ref('stg_shop__orders') }}",
    "models/marts/dim_people.sql": "select email, name from {{ ref('stg_leads__people') }}",
    "models/marts/_marts.yml": """
version: 2
models:
  - name: fct_orders
    config: {meta: {grain: [order_id]}}
    columns:
      - name: order_id
        data_tests: [unique, not_null]
  - name: dim_people
    config: {meta: {grain: [email]}}
""",
}


class Company:
    """The project and its sources in a folder; the environment names them."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch | None = None) -> None:
        self.folder = folder
        for name, text in FILES.items():
            path = folder / "project" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        (folder / "project" / "profiles.yml").write_text((ROOT / "profiles.yml").read_text())
        (folder / "leads").mkdir(exist_ok=True)
        values = {
            "WEIR_PROJECT_DIR": str(folder / "project"),
            "SHOP_URL": f"sqlite:///{folder / 'shop.db'}",
            "LEADS_URL": f"file://{folder / 'leads'}",
            "WEIR_AS_OF": AS_OF,
        }
        for name, value in values.items():
            monkeypatch.setenv(name, value) if monkeypatch else os.environ.__setitem__(name, value)
        self.shop("create table orders (order_id integer primary key, amount text, updated_at text)")

    def shop(self, statement: str, rows: list[tuple] | None = None) -> None:
        """Run a statement in the shop's database."""
        with sqlite3.connect(self.folder / "shop.db") as connection:
            connection.executemany(statement, rows) if rows else connection.execute(statement)

    def orders(self, first: int, last: int, day: str = "2026-06-30", amount: str = "10.00") -> None:
        """Add orders first to last."""
        rows = [(number, amount, f"{day}T00:00:00Z") for number in range(first, last + 1)]
        self.shop("insert or replace into orders values (?, ?, ?)", rows)

    def people(self, name: str, lines: list[str]) -> None:
        """Drop a file of leads."""
        (self.folder / "leads" / name).write_text("\n".join(["email,name", *lines]) + "\n")
