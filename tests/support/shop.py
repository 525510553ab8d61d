"""A small dbt project on the repository's macros, and raw tables that a test fills load by load."""

import json
import shutil
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg
import yaml

from tests.support.shallow import shallow
from weir.core.settings import ROOT

MODEL = """-- Grain: one row per order.
with typed as (
    select
        {{ parse('order_id', 'bigint') }} as order_id,
        {{ parse('amount', 'numeric(12, 2)') }} as amount,
        {{ carry(key=['order_id']) }}
    from {{ source('shop', 'TABLE') }}
)

select *, {{ reject({'amount is negative': 'amount < 0'}) }} from typed
"""


@dataclass
class Shop:
    """A dbt project in a folder, and the warehouse it works on."""

    folder: Path
    connection: psycopg.Connection
    tables: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Write the project: the repository's own settings, with the macros taken from there."""
        project = yaml.safe_load((ROOT / "dbt_project.yml").read_text())
        project["macro-paths"] = [str(ROOT / "macros")]
        shutil.copytree(ROOT / "tests/dbt/generic", self.folder / "tests/dbt/generic")
        self.write("dbt_project.yml", yaml.safe_dump(project))
        self.write("models/_groups.yml", (ROOT / "models/_groups.yml").read_text())
        self.write("profiles.yml", (ROOT / "profiles.yml").read_text())

    def write(self, path: str, text: str) -> None:
        """Put a file in the project."""
        (self.folder / path).parent.mkdir(parents=True, exist_ok=True)
        (self.folder / path).write_text(text)

    def table(self, name: str, model: str = MODEL, columns: str = "order_id text, amount text") -> None:
        """A declared table, its raw table, and its staged model `stg_shop__<name>`."""
        self.tables.append(name)
        self.write(f"models/staging/shop/stg_shop__{name}.sql", model.replace("TABLE", name))
        declared = {"sources": [{"name": "shop", "schema": "raw_shop", "tables": [{"name": t} for t in self.tables]}]}
        self.write("models/staging/shop/_shop__sources.yml", yaml.safe_dump(declared))
        self.execute("create schema if not exists raw_shop")
        self.execute(
            f"create table raw_shop.{name} ({columns}, _dlt_load_id text not null, _op text not null, "
            "_seq bigint generated always as identity)"
        )

    def land(self, table: str, load: int, rows: list[dict[str, Any]], receipts: int | None = None) -> None:
        """One load of a table, with its receipt; a row without `_op` is an upsert."""
        for row in rows:
            row = {"_dlt_load_id": f"load{load:03}", "_op": "upsert"} | row
            self.execute(
                f"insert into raw_shop.{table} ({', '.join(row)}) values ({', '.join(['%s'] * len(row))})",
                [json.dumps(value) if isinstance(value, dict) else value for value in row.values()],
            )
        count = len(rows) if receipts is None else receipts
        self.execute(
            "insert into ops.landings (load_id, job, source, table_name, promise, how, extracted, landed, as_of)"
            " values (%s, %s, 'shop', %s, 'exact', 'compare', %s, %s, %s)",
            [f"load{load:03}", f"job {table}", table, count, count, moment(load)],
        )

    def execute(self, query: str, values: list[Any] | None = None) -> None:
        """Run SQL in the warehouse."""
        self.connection.execute(query, values)

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        """The rows of a query."""
        return self.connection.execute(query).fetchall()

    def dbt(self, *arguments: str) -> Any:
        """Run dbt in this process; returns dbt's result."""
        from dbt.cli.main import dbtRunner
        from dbt_common.events.functions import reset_metadata_vars

        from weir.dbt.environment import as_dbt

        reset_metadata_vars()  # dbt keeps what it has read of the environment once
        with as_dbt():
            return shallow(dbtRunner().invoke, ["--quiet", *arguments])

    def build(self, *arguments: str) -> Any:
        """`dbt run`, which must succeed."""
        result = self.dbt("run", *arguments)
        assert result.success, messages(result)
        return result


def moment(load: int) -> str:
    """The run's clock at a load."""
    return f"2026-01-{load:02}T00:00:00Z" if load < 29 else f"2026-02-{load - 28:02}T00:00:00Z"


def messages(result: Any) -> str:
    """What dbt says of its nodes."""
    if result.exception:
        return str(result.exception)
    return "\n".join(f"{node.node.name}: {node.message}" for node in result.result)


def state(shop: Shop, table: str) -> tuple[list[tuple[Any, ...]], list[tuple[Any, ...]], list[tuple[Any, ...]]]:
    """All that a staged model has written: its table, its quarantine, its newest ledger row per load."""
    model = f"stg_shop__{table}"
    staged = shop.rows(f"select * from dev_staging.{model} order by _key")
    quarantine = shop.rows(
        "select key, reasons, row, load_id, seq, first_seen, resolved_at, how from dev_quality.quarantine"
        f" where model = '{model}' order by key, load_id"
    )
    ledger = shop.rows(
        "select distinct on (load_id) load_id, as_of, landed, accepted, rejected, superseded, deleted, accepted_by_hand"
        f" from dev_ops.ledger where model = '{model}' order by load_id, built_at desc"
    )
    return staged, quarantine, ledger
