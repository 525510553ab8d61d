"""Brings what Spark has built back to the warehouse: ledger and quarantine of staging, the next set of marts.

In: dbt's manifest of target prod, the models that were built, a session of Spark. Out: `ops.ledger`,
`quality.quarantine`, the tables of `analytics_next` and of models in `quality`: all that gates, publication, the
balance and people read. Staging and intermediate models stay on Spark.
"""

import json
import re
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import psycopg

from weir.core.errors import WeirError
from weir.project.marts import NEXT, manifest_path
from weir.spark.back.contracts import Target, target_of
from weir.spark.back.copy import Report, bring_back
from weir.spark.back.staging import Staged, bring_back_judged
from weir.spark.lake.tables import locations
from weir.spark.lake.types import warehouse_type
from weir.spark.quoting import quoted

_BACK = (NEXT, "quality")  # the schemas of models that people and programs read in the warehouse
_COPY = "__of_spark"
_WORD = re.compile(r"\w+")

Node = Mapping[str, Any]


def bring_back_staging(connection: psycopg.Connection[Any], cursor: Any, report: Report = lambda step: None) -> None:
    """Bring ledger and quarantine of all staged models back, as far as they are new. Raises WeirError."""
    manifest = _manifest()
    by_schema: dict[str, dict[str, Staged]] = {}
    for node in _models(manifest):
        source = next((manifest["sources"].get(name) for name in node["depends_on"]["nodes"]
                       if name in manifest["sources"]), None)  # fmt: skip
        if node["config"]["materialized"] == "staged" and source:
            staged = Staged(node["name"], source["source_name"], source["name"])
            by_schema.setdefault(node["schema"], {})[f"{_table(node)}__all".lower()] = staged
    names = [staged.model for models in by_schema.values() for staged in models.values()]
    connection.execute("delete from ops.spark_staging where not model = any(%s)", [names])
    for schema, models in by_schema.items():
        places = locations(cursor, schema, "*__all")
        tables = {places[name]: staged for name, staged in models.items() if name in places}
        bring_back_judged(connection, tables, report)


def bring_back_marts(
    connection: psycopg.Connection[Any], cursor: Any, built: Collection[str], report: Report = lambda step: None
) -> dict[str, int]:
    """Bring the tables of those models back that were built (ids of dbt) and that the warehouse shows.

    Returns the rows of each. Raises WeirError, and changes nothing, where one does not fit its contract.
    """
    nodes = [node for node in _models(_manifest()) if node["unique_id"] in built and node["schema"] in _BACK
             and node["config"]["materialized"] != "ephemeral"]  # fmt: skip
    with _addresses(cursor, nodes) as places:
        tables = {places[node["unique_id"]]: _target(cursor, node) for node in nodes}
        found = bring_back(connection, tables, report)
    names = [node["name"] for node in nodes]
    for table in ("batches", "batch_keys", "batch_inputs", "batched_models"):
        # what PostgreSQL knew of batches says nothing of these tables
        connection.execute(f"delete from ops.{table} where model = any(%s)", [names])
    return found


def _manifest() -> dict[str, Any]:
    try:
        found: dict[str, Any] = json.loads(manifest_path().read_text())
    except (OSError, ValueError):
        raise WeirError(f"{manifest_path()} can't be read: type `weir build` again") from None
    return found


def _models(manifest: Mapping[str, Any]) -> list[Node]:
    return [node for node in manifest["nodes"].values() if node["resource_type"] == "model"]


def _table(node: Node) -> str:
    return str(node.get("alias") or node["name"])


@contextmanager
def _addresses(cursor: Any, nodes: Collection[Node]) -> Iterator[dict[str, str]]:
    """The folder of each model's rows; those of a view are written down for as long as the block lasts."""
    found, copies = {}, []
    try:
        for schema in dict.fromkeys(node["schema"] for node in nodes):
            mine = [node for node in nodes if node["schema"] == schema]
            places = locations(cursor, schema)
            views = [node for node in mine if _table(node).lower() not in places]
            for node in views:
                copies.append(f"{quoted(schema)}.{quoted(_table(node) + _COPY)}")
                cursor.execute(f"drop table if exists {copies[-1]}")
                relation = f"{quoted(schema)}.{quoted(_table(node))}"
                cursor.execute(f"create table {copies[-1]} using parquet as select * from {relation}")
            places |= locations(cursor, schema, f"*{_COPY}") if views else {}
            for node in mine:
                name = _table(node).lower() + (_COPY if node in views else "")
                if name not in places:
                    raise WeirError(f"{schema}.{_table(node)} is not on Spark: type `weir build`")
                found[node["unique_id"]] = places[name]
        yield found
    finally:
        for copy in copies:
            cursor.execute(f"drop table if exists {copy}")


def _target(cursor: Any, node: Node) -> Target:
    """The table of a model: by its contract, where it has none by the columns that Spark gave it."""
    if node["config"].get("contract", {}).get("enforced"):
        return target_of(node)
    cursor.execute(f"describe {quoted(node['schema'])}.{quoted(_table(node))}")
    types = {}
    for name, kind, *_ in cursor.fetchall():
        if not name or name.startswith("#"):
            break
        types[column_name(str(name), node)] = warehouse_type(str(kind))
    return target_of(node, types)


def column_name(name: str, node: Node) -> str:
    """The column's name in PostgreSQL, which makes small letters of one without quotes. Spark keeps it as written."""
    quoted_there = {each["name"] for each in node["columns"].values() if each.get("quote")}
    return name if name in quoted_there or not _WORD.fullmatch(name) else name.lower()
