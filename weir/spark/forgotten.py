"""Takes whoever was forgotten out of Spark: drops the tables that models have made there, with their old versions.

In: `ops.erased`, dbt's manifests below `home()/target`. Out: no table of a model, in the schemas of the run and of dbt
by hand (`dev_…`, `parity_…`): the next build makes them anew. The person may stand in their rows, in files of old
versions, and in the log of Delta, as the least or greatest value of a column. The lake's marker says up to which
erasure it was done.
"""

import json
from collections.abc import Callable, Iterator
from typing import Any

import psycopg

from weir.core.settings import home
from weir.project.marts import NEXT, PUBLISHED
from weir.spark.lake.opening import Lake, cleared
from weir.spark.lake.tables import locations
from weir.spark.quoting import quoted

Report = Callable[[str], None]
Names = dict[str, set[str]]
_STAGING = "staging"  # the schema of a model that names none (macro generate_schema_name)


def erasures(connection: psycopg.Connection[Any]) -> int:
    """How many entries `ops.erased` has."""
    row = connection.execute("select count(*) from ops.erased").fetchone()
    return int(row[0]) if row else 0


def drop_tables(cursor: Any, lake: Lake, erased: int, report: Report = lambda step: None) -> bool:
    """Drop the models' tables where there is another number of erasures than when it was done last.

    Returns whether that was so: old files of the lake go too then, and at the end `opening.note_cleared` is called.
    """
    if cleared(lake) == erased:
        return False
    for schema, table in _tables(cursor, _models()):
        report(f"{schema}.{table} goes, for somebody was forgotten")
        cursor.execute(f"drop table if exists {quoted(schema)}.{quoted(table)} purge")
    return True


def _models() -> Names:
    """The names of the models and seeds by their schema without prefix, in whatever project and version was built."""
    found: Names = {}
    for path in (home() / "target").glob("*/manifest.json"):
        for node in json.loads(path.read_text(encoding="utf-8"))["nodes"].values():
            if node["resource_type"] in {"model", "seed", "snapshot"}:
                schema = node["config"].get("schema") or _STAGING
                found.setdefault(schema, set()).add(str(node.get("alias") or node["name"]).lower())
    return found


def _tables(cursor: Any, models: Names) -> Iterator[tuple[str, str]]:
    """The tables of models, and those that stand behind one (`<model>__all`, `<model>__seen_a`)."""
    cursor.execute("show schemas")
    schemas = {str(row[0]) for row in cursor.fetchall()}
    for prefix in sorted(_prefixes(cursor, schemas, models.get(_STAGING, set()))):
        for base, names in models.items():
            schema = NEXT if not prefix and base == PUBLISHED else f"{prefix}{base}"
            for table in locations(cursor, schema) if schema in schemas else ():
                if any(table == name or table.startswith(f"{name}__") for name in names):
                    yield schema, table


def _prefixes(cursor: Any, schemas: set[str], staged: set[str]) -> Iterator[str]:
    """Find the prefixes of the schemas that builds have made: those whose staging holds a table of ours."""
    for schema in schemas:
        if schema.endswith(_STAGING):
            cursor.execute(f"show tables in {quoted(schema)} like '*__all'")
            if {str(row[1]).removesuffix("__all") for row in cursor.fetchall()} & staged:
                yield schema.removesuffix(_STAGING)
