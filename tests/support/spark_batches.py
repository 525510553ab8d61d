"""A small project of batched models on Spark, over tables that a test changes; each equals what its select gives."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from tests.support.shallow import shallow
from tests.support.shop import messages
from weir.core.settings import ROOT

Ask = Callable[..., list[tuple[Any, ...]]]
MODELS = {
    # by key what is known of accounts, by batch events; the clock counts
    "days": (
        "materialized='batched', event_time='day', batch_size='day', by='account_id'",
        """
select
    e.account_id, cast(e.happened_at as date) as day, max(a.plan) as plan, count(*) as events,
    sum(100 / e.amount) as share,
    count_if(e.happened_at < {{ as_of() }}) as events_until_now
from {{ source('shop', 'events') }} as e
left join {{ source('shop', 'accounts') }} as a on e.account_id = a.account_id
group by 1, 2
""",
    ),
    # no key; a batched model is read; each month counts the one before
    "months": (
        "materialized='batched', event_time='month', batch_size='month', reach={'days': 1}",
        """
select month, sum(events) as events, sum(before) as before
from (
    select cast(date_trunc('month', day) as date) as month, events, 0 as before from {{ ref('days') }}
    union all
    select add_months(cast(date_trunc('month', day) as date), 1), 0, events from {{ ref('days') }}
)
group by 1
""",
    ),
    # all that came before counts, through a view; keys are texts
    "users": (
        "materialized='batched', event_time='happened_at', batch_size='month', by='user', reach={'seen': 'all'}",
        """
select s.user, s.happened_at, s.event_id, p.name,
    count(*) over (partition by s.user order by s.happened_at, s.event_id) as nth
from {{ ref('seen') }} as s left join {{ source('shop', 'people') }} as p on s.user = p.user
""",
    ),
    # one row that everything depends on
    "priced": (
        "materialized='batched', event_time='happened_at', batch_size='day'",
        """
select e.event_id, e.happened_at, e.amount * r.rate as amount
from {{ source('shop', 'events') }} as e cross join {{ source('shop', 'rates') }} as r
""",
    ),
}
SEEN = "{{ config(materialized='view', event_time='happened_at') }} select * from {{ source('shop', 'events') }}"
TABLES = {
    "events": "event_id int, account_id bigint, user string, happened_at timestamp, amount decimal(12, 2)",
    "accounts": "account_id bigint, plan string",
    "people": "user string, name string",
    "rates": "rate decimal(6, 2)",
}


@dataclass
class SparkShop:
    """A dbt project in a folder, and the cluster it works on."""

    folder: Path
    ask: Ask
    _rows: list[str] = field(default_factory=list)

    def make(self) -> None:
        """Write the project, make its tables (the events of four accounts in three months), and build all."""
        project = yaml.safe_load((ROOT / "dbt_project.yml").read_text()) | {"profile": "spark"}
        project["macro-paths"] = [str(ROOT / "macros")]
        del project["on-run-start"], project["models"]["weir"], project["seeds"]
        self.write("dbt_project.yml", yaml.safe_dump(project))
        self.write("profiles.yml", (ROOT / "profiles.yml").read_text())
        tables = [{"name": name} for name in TABLES]
        tables[0]["config"] = {"event_time": "happened_at"}  # type: ignore[assignment]
        sources = [{"name": "shop", "tables": tables}, {"name": "ops", "tables": [{"name": "landings"}]}]
        self.write("models/_sources.yml", yaml.safe_dump({"sources": sources}))
        self.write("models/seen.sql", SEEN)
        for name in MODELS:
            self.model(name)
        for schema in ("shop", "ops", "dev_staging"):
            self.ask(f"drop schema if exists {schema} cascade")
        self.ask("create schema shop", "create schema ops", "create table ops.landings (as_of timestamp) using delta")
        self.ask("insert into ops.landings values (timestamp '2026-01-01')")
        for name, columns in TABLES.items():
            self.ask(f"create table shop.{name} ({columns}) using delta")
        days = [(month, n) for month in (10, 11, 12) for n in (1, 2, 3, 4)]
        for month, n in days:
            self.event(10 * month + n, n, f"2025-{month:02}-1{n} 12:00:00", later=True)
        self.flush()
        self.ask("insert into shop.accounts values (1, 'free'), (2, 'team'), (3, null)")
        self.ask("insert into shop.people values ('ann', 'Ann'), ('o\\'neil \\\\', 'O'), ('', 'nobody')")
        self.ask("insert into shop.rates values (1.5)")
        result = self.dbt("run")
        assert result.success, messages(result)

    def model(self, name: str, sql: str = "", settings: str = "") -> None:
        """Write a model, and beside it a view of the same select."""
        config, code = MODELS[name]
        self.write(f"models/{name}.sql", "{{ config(" + (settings or config) + ") }}" + (sql or code))
        self.write(f"models/{name}_right.sql", "{{ config(materialized='view') }}" + (sql or code))

    def event(self, number: int, account: int | None, at: str | None, user: str = "ann", later: bool = False) -> None:
        """Add an event; with `later`, by the next `flush`."""
        literal = f"timestamp '{at}'" if at else "cast(null as timestamp)"
        row = f"({number}, {account or 'null'}, '{user}', {literal}, 1.00)"
        self._rows.append(row)
        if not later:
            self.flush()

    def flush(self) -> None:
        """Write the events that wait."""
        self.ask(f"insert into shop.events values {', '.join(self._rows)}")
        self._rows = []

    def write(self, path: str, text: str) -> None:
        """Put a file in the project."""
        (self.folder / path).parent.mkdir(parents=True, exist_ok=True)
        (self.folder / path).write_text(text)

    def dbt(self, *arguments: str) -> Any:
        """Run dbt in this process; returns dbt's result."""
        from dbt.cli.main import dbtRunner
        from dbt_common.events.functions import reset_metadata_vars

        reset_metadata_vars()  # dbt keeps what it has read of the environment once
        places = ["--project-dir", str(self.folder), "--profiles-dir", str(self.folder)]
        return shallow(dbtRunner().invoke, ["--quiet", *arguments, *places])

    def build(self, *names: str, whole: bool = False) -> dict[str, str]:
        """Build these models, or all; they must be right then. Returns what dbt said of each."""
        chosen = [*(names or MODELS), "days_right"]  # the view that reads the clock
        result = self.dbt("run", "--select", *chosen, *(["--full-refresh"] if whole else []))
        assert result.success, messages(result)
        said = {node.node.name: node.message for node in result.result if node.node.name in MODELS}
        for name in said:
            table, right = f"{self.schema}.{name}", f"{self.schema}.{name}_right"
            wrong = self.ask(
                f"(select 'too much', * from {table} except all select 'too much', * from {right}) union all "
                f"(select 'missing', * from {right} except all select 'missing', * from {table}) limit 5"
            )
            assert not wrong, f"{name} ({said[name]}): {wrong}"
        return said

    @property
    def schema(self) -> str:
        """Where the models lie."""
        return "dev_staging"
