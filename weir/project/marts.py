"""The marts of the project, and what their tables look like in the warehouse.

In: dbt's manifest of target prod (grain and name of each mart), the catalog (columns, types, indexes).
Out: `Mart` and `Shape`, which publication compares.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql

from weir.core.errors import WeirError
from weir.core.settings import home

NEXT = "analytics_next"
PUBLISHED = "analytics"


@dataclass(frozen=True)
class Mart:
    """A mart: its table's name, the columns that make a row unique (none: rows may repeat), its columns."""

    name: str
    grain: tuple[str, ...] = ()
    columns: tuple[str, ...] = ()
    incremental: bool = False


@dataclass(frozen=True)
class Shape:
    """A table as the catalog has it: type of each column in order, index definitions from `USING` on."""

    relation: sql.Composable
    columns: dict[str, str]
    indexes: frozenset[tuple[bool, str]] = frozenset()
    comments: dict[str, str] = field(default_factory=dict)
    grants: frozenset[tuple[str, str]] = frozenset()
    not_null: frozenset[str] = frozenset()


def manifest_path() -> Path:
    """Where the builds of target prod leave dbt's manifest."""
    return home() / "target" / "prod" / "manifest.json"


def marts(manifest: Path | None = None) -> list[Mart]:
    """The marts of the project, by name; none where it has none yet. Raises WeirError when it was not built."""
    path = manifest or manifest_path()
    try:
        nodes: dict[str, Any] = json.loads(path.read_text())["nodes"]
    except FileNotFoundError:
        raise WeirError("nothing was built yet: type `weir build` first") from None
    except (ValueError, KeyError):
        raise WeirError(f"{path.name} of the last build can't be read: type `weir build` again") from None
    found = [
        _mart(node)
        for node in nodes.values()
        if node["resource_type"] == "model" and node["schema"] == NEXT and _materialized(node) != "ephemeral"
    ]
    return sorted(found, key=lambda mart: mart.name)


def marts_or_parse(parse: Callable[[], object]) -> list[Mart]:
    """The marts; where dbt's manifest is not there, or torn (by a full disk for one), after `parse` has made it anew.

    An empty list where the project has none.
    """
    try:
        return marts()
    except WeirError:
        parse()
    try:
        return marts()
    except WeirError:
        return []


def depended(names: list[str]) -> list[str]:
    """Those of the names ("source" or "source.table") that a mart depends on, by dbt's manifest."""
    manifest: dict[str, Any] = json.loads(manifest_path().read_text())
    found = []
    for name in names:
        nodes = [
            key for key, node in manifest["sources"].items()
            if name in {node["source_name"], f"{node['source_name']}.{node['name']}"}
        ]  # fmt: skip
        seen = set(nodes)
        for key in nodes:  # grows
            below = [child for child in manifest["child_map"].get(key, []) if child not in seen]
            seen.update(below)
            nodes += below
        models = [manifest["nodes"][key] for key in nodes if key.startswith("model.")]
        if any(node["schema"] == NEXT and _materialized(node) != "ephemeral" for node in models):
            found.append(name)
    return found


def shape(connection: psycopg.Connection, schema: str, name: str) -> Shape | None:
    """The table as the catalog has it; None where there is none. Raises WeirError when it is no table."""
    row = connection.execute(
        "select oid, relkind from pg_class where relnamespace = to_regnamespace(%s) and relname = %s",
        [schema, name],
    ).fetchone()
    if row is None:
        return None
    oid, kind = row
    if kind not in "rp":
        raise WeirError(f"{schema}.{name} is a view: only tables can be published, so materialize it as table")
    return Shape(
        sql.Identifier(schema, name),
        columns=dict(connection.execute(_COLUMNS, [oid]).fetchall()),
        indexes=frozenset(connection.execute(_INDEXES, [oid]).fetchall()),
        comments=dict(connection.execute(_COMMENTS, [oid]).fetchall()),
        grants=frozenset(connection.execute(_GRANTS, [oid]).fetchall()),
        not_null=frozenset(name for (name,) in connection.execute(_NOT_NULL, [oid])),
    )


def _mart(node: dict[str, Any]) -> Mart:
    grain = (node["config"].get("meta") or {}).get("grain") or (node.get("meta") or {}).get("grain") or []
    return Mart(
        name=node.get("alias") or node["name"],
        grain=tuple([grain] if isinstance(grain, str) else grain),
        columns=tuple(node.get("columns") or ()),
        incremental=_materialized(node) == "incremental",
    )


def _materialized(node: dict[str, Any]) -> str:
    return str(node["config"].get("materialized"))


# The collation belongs to the type: a column that sorts differently is another column.
_COLUMNS = """
select a.attname, format_type(a.atttypid, a.atttypmod)
    || coalesce(' collate ' || quote_ident(n.nspname) || '.' || quote_ident(c.collname), '')
from pg_attribute a
join pg_type t on t.oid = a.atttypid
left join pg_collation c on c.oid = a.attcollation and a.attcollation <> t.typcollation
left join pg_namespace n on n.oid = c.collnamespace
where a.attrelid = %s and a.attnum > 0 and not a.attisdropped
order by a.attnum"""
_NOT_NULL = """
select attname from pg_attribute where attrelid = %s and attnum > 0 and attnotnull and not attisdropped"""
_INDEXES = """
select i.indisunique, regexp_replace(pg_get_indexdef(i.indexrelid), '^.*? USING ', '')
from pg_index i where i.indrelid = %s and i.indisvalid"""
_COMMENTS = """
select coalesce(a.attname, ''), d.description
from pg_description d
left join pg_attribute a on a.attrelid = d.objoid and a.attnum = d.objsubid and d.objsubid > 0
where d.classoid = 'pg_class'::regclass and d.objoid = %s"""
_GRANTS = """
select case when g.grantee = 0 then '' else pg_get_userbyid(g.grantee) end, g.privilege_type
from pg_class c, aclexplode(c.relacl) g
where c.oid = %s and g.grantee <> c.relowner and g.privilege_type = 'SELECT'"""
