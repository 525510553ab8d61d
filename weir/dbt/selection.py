"""What a run has to build: everything, what new rows touch, or nothing.

In: `ops.landings`, `ops.ledger`, the last build and publication, the code, the date. Out: a Todo.
Nothing is skipped unless the last set was whole, published, built by the same code and for the same day.
"""

import hashlib
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import psycopg

from weir import warehouse

_CODE = ("models", "macros", "seeds", "snapshots", "tests/dbt", "expectations")
UNPUBLISHED = "the last build was not published whole"
_FILES = ("dbt_project.yml", "profiles.yml")


@dataclass
class Todo:
    """What to build: `select` None is everything, an empty list nothing; `why` says so in words."""

    select: list[str] | None
    why: str
    exclude: list[str] = field(default_factory=list)

    @property
    def nothing(self) -> bool:
        """Whether there is nothing to build."""
        return self.select == []


def code(project: Path) -> str:
    """A digest of everything that decides what a build makes of the same rows."""
    digest = hashlib.sha256()
    paths = [project / name for name in _FILES]
    for folder in _CODE:
        paths += sorted(
            path for path in (project / folder).rglob("*")
            if path.suffix in {".sql", ".yml", ".yaml", ".csv", ".md", ".py"}
        )  # fmt: skip
    for path in paths:
        if path.is_file():
            digest.update(str(path.relative_to(project)).encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()[:16]


def whole(project: Path, as_of: datetime) -> str | None:
    """Why everything is to be built; None when the last set will do but for new rows."""
    with warehouse.connect() as connection:
        build: Any = connection.execute(_LAST_BUILD).fetchone()
        if not build:
            return "nothing was built yet"
        passed, facts, published = build
        if not passed or not published or (facts or {}).get("built") == "part":
            return UNPUBLISHED
        if (facts or {}).get("code") != code(project):
            return "the code has changed"
        if (facts or {}).get("as_of_date") != as_of.date().isoformat():
            return "another day"
        if not _there(connection, "ops.ledger"):
            return "nothing was staged yet"
    return None


def new_tables() -> list[tuple[str, str]]:
    """(source, table) with rows that staging has not taken; of tables that a model takes."""
    with warehouse.connect() as connection:
        if not _there(connection, "ops.ledger"):
            return []
        return [(row[0], row[1]) for row in connection.execute(_NEW)]


def decide(project: Path, as_of: datetime, select: str | None, full_refresh: bool, barred: list[str]) -> Todo:
    """What this run builds. `barred` are sources that are down or failed their gate, and tables that failed."""
    exclude = [f"source:{source}+" for source in barred]
    if select:
        return Todo(select.split(), f"by hand: {select}", exclude)
    reason = "a full refresh" if full_refresh else whole(project, as_of)
    if reason:
        return Todo(None, reason, exclude)
    new = [f"{source}.{table}" for source, table in new_tables()]
    new += [name for name in _barred_before() if name not in new]  # what stands on them may never have been built
    tables = [name for name in new if name not in barred and name.split(".")[0] not in barred]
    if not tables:
        return Todo([], "nothing new", exclude)
    return Todo([f"source:{table}+" for table in tables], f"new rows in {', '.join(tables)}", exclude)


def _barred_before() -> list[str]:
    """What the last build left out."""
    with warehouse.connect() as connection:
        build: Any = connection.execute(_LAST_BUILD).fetchone()
    return list((build[1] or {}).get("barred", [])) if build else []


def _there(connection: psycopg.Connection, relation: str) -> bool:
    return connection.execute("select to_regclass(%s) is not null", [relation]).fetchone() == (True,)


_LAST_BUILD = """
select gates.passed, runs.parameters,
       gates.run_id = (select run_id from ops.publications order by publication_id desc limit 1) as published
from ops.gates left join ops.runs on runs.run_id = gates.run_id
where gates.gate = 'build'
order by gates.checked_at desc
limit 1"""
_NEW = """
select distinct landings.source, landings.table_name
from ops.landings
where landings.landed > 0
  and exists (select from ops.ledger where (source, table_name) = (landings.source, landings.table_name))
  and not exists (select from ops.ledger
                  where (source, table_name, load_id) = (landings.source, landings.table_name, landings.load_id))
order by 1, 2"""
