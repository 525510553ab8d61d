"""The shape of tables: their columns, indexes, comments and grants, as PostgreSQL's catalog has them."""

from dataclasses import dataclass, field
from typing import Any

import psycopg
from psycopg import sql
from psycopg.rows import tuple_row

from weir.core.errors import WeirError


@dataclass(frozen=True)
class Shape:
    """The shape of a table: columns in order with their types, index definitions from `USING` on, and so on."""

    relation: sql.Composable
    columns: dict[str, str]
    indexes: frozenset[tuple[bool, str]] = frozenset()
    comments: dict[str, str] = field(default_factory=dict)
    grants: frozenset[tuple[str, str]] = frozenset()
    not_null: frozenset[str] = frozenset()


def exists(connection: psycopg.Connection[Any], schema: str, name: str) -> bool:
    """Whether there is a table or view of that name."""
    return bool(columns_of(connection, schema, name))


def columns_of(connection: psycopg.Connection[Any], schema: str, name: str) -> dict[str, str]:
    """The type of each column of a table or view, in order; empty where there is none of that name."""
    relation = [sql.Identifier(schema, name).as_string(connection)]
    return dict(connection.cursor(row_factory=tuple_row).execute(_COLUMNS, relation).fetchall())


def raw_sizes(connection: psycopg.Connection[Any]) -> dict[str, int]:
    """The bytes of each table of raw, by schema.name."""
    return dict(connection.cursor(row_factory=tuple_row).execute(_RAW_SIZES).fetchall())


def shape_of(connection: psycopg.Connection, schema: str, name: str) -> Shape | None:
    """Read the shape of the table; None where it is missing. Raises WeirError when it is a view."""
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
        columns=columns_of(connection, schema, name),
        indexes=frozenset(connection.execute(_INDEXES, [oid]).fetchall()),
        comments=dict(connection.execute(_COMMENTS, [oid]).fetchall()),
        grants=frozenset(connection.execute(_GRANTS, [oid]).fetchall()),
        not_null=frozenset(name for (name,) in connection.execute(_NOT_NULL, [oid])),
    )


# The collation belongs to the type: a column that sorts differently is another column.
_COLUMNS = """
select a.attname, format_type(a.atttypid, a.atttypmod)
    || coalesce(' collate ' || quote_ident(n.nspname) || '.' || quote_ident(c.collname), '')
from pg_attribute a
join pg_type t on t.oid = a.atttypid
left join pg_collation c on c.oid = a.attcollation and a.attcollation <> t.typcollation
left join pg_namespace n on n.oid = c.collnamespace
where a.attrelid = to_regclass(%s) and a.attnum > 0 and not a.attisdropped
order by a.attnum"""
_RAW_SIZES = """
select concat(n.nspname, '.', c.relname), pg_relation_size(c.oid)
from pg_class c join pg_namespace n on n.oid = c.relnamespace
where starts_with(n.nspname, 'raw_') and c.relkind = 'r'"""
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
