"""The catalog of a PostgreSQL source: a table's columns and their types in raw, its key, its token.

In: a declared table. Out: a Relation. The types stand here alone: a type in EXACT arrives unchanged by binary COPY in a
raw column of the type named; money is cast to numeric, because its text depends on a locale; every other type, and
arrays of it, is cast to text at the source. A domain lands as the type that it stands on.
"""

import json
from dataclasses import dataclass
from typing import Any

from ingest.connectors.base import check_columns, places
from ingest.connectors.postgres import bytes
from ingest.raw.columns import Column, as_named
from ingest.raw.connection import Wire
from weir.core.causes import Cause
from weir.core.errors import WeirError
from weir.project.plan import Table

# Types without length or precision, so that raw still fits after the source widens a column.
EXACT = {
    "int2": "smallint", "int4": "integer", "int8": "bigint", "float4": "real", "float8": "double precision",
    "numeric": "numeric", "bool": "boolean", "text": "text", "varchar": "text", "bpchar": "bpchar", "name": "name",
    "date": "date", "time": "time without time zone", "timetz": "time with time zone",
    "timestamp": "timestamp without time zone", "timestamptz": "timestamp with time zone", "interval": "interval",
    "uuid": "uuid", "bytea": "bytea", "json": "json", "jsonb": "jsonb", "inet": "inet", "cidr": "cidr",
    "macaddr": "macaddr", "macaddr8": "macaddr8", "bit": "bit varying", "varbit": "bit varying", "oid": "oid",
    "point": "point", "line": "line", "lseg": "lseg", "box": "box", "path": "path", "polygon": "polygon",
    "circle": "circle", "char": '"char"',
}  # fmt: skip
ARRAYS = {
    name: f"{'character varying' if name == 'varchar' else type_}[]"
    for name, type_ in EXACT.items()
    if name not in {"bit", "char", "json"}
}
NONE = "false"  # the condition that no row meets
CASTS = {"money": ("numeric", "::numeric")}


@dataclass
class Relation:
    """A table, view or foreign table at the source."""

    oid: int
    kind: str
    name: str  # quoted, with its schema
    columns: list[Column]
    unique: bool  # the declared key is unique and never NULL, by the source's own promise
    token: list[Any]
    filtered: bool  # other facts than its rows decide what is read: row policies, foreign partitions, names of objects
    open: int  # the oldest transaction that was open at the snapshot
    next: int  # the transaction that begins next

    @property
    def versions(self) -> bool:
        """Whether its rows have versions (xmin) by which changes can be found."""
        return self.kind in "rp" and not self.filtered


def find(wire: Wire, table: Table) -> tuple[int, str, str]:
    """The oid, kind and quoted name of the declared table. Raises WeirError when it is not there or not readable."""
    for schema, name in places(table, "public"):
        if found := wire.row(_FIND, schema, name):
            break
    else:
        schema, name = places(table, "public")[0]
        near = [r[0] for r in wire.rows(_NEAR, schema, name)]
        hint = f"; that schema has: {', '.join(near)}" if near else "; that schema has none, or does not exist"
        raise WeirError(f"there is no table {schema}.{name} at the source{hint}", cause=Cause.TABLE_GONE)
    oid, kind, whole, some = found
    if not whole:
        if some:
            raise WeirError(
                f"the account may read only some columns of {schema}.{name}, so that row versions can't be seen: "
                "grant it select on the table",
                cause=Cause.SOURCE_FORBIDDEN,
            )
        told = f"the account may not read {schema}.{name}: grant it select on the table"
        raise WeirError(told, cause=Cause.SOURCE_FORBIDDEN)
    return oid, kind, as_named(schema, name)


def describe(wire: Wire, oid: int, kind: str, name: str, table: Table) -> Relation | None:
    """The relation's columns, key and token, as the present transaction sees them.

    Returns None where another relation has taken the name. Raises WeirError when the declaration does not fit.
    """
    version = wire.connection.get_server_version().major
    words = {"{reset}": "select stats_reset from pg_stat_wal" if version >= 14 else "null"}
    words |= {"{missing}": "a.atthasmissing", "{keys}": "i.indnkeyatts"} if version >= 11 else {
        "{missing}": "null", "{keys}": "i.indnatts"}  # fmt: skip
    text = _DESCRIBE
    for word, meant in words.items():
        text = text.replace(word, meant)
    found = wire.row(text, oid, name, table.key, kind in "rp")
    if not found["same"]:
        return None
    fields = json.loads(found["columns"])
    out = check_columns(table, [field["attname"] for field in fields])
    columns = [column_in_raw(field) for field in fields if field["attname"] not in out]
    shown: list[str] = []
    if wire.connection.get_settings().server_encoding == "SQL_ASCII":
        columns, shown = bytes.made_visible(columns)
    token = json.loads(found["life"]) if kind in "rp" else []
    low, high = (int(part) for part in found["snapshot"].split(":")[:2])
    # two different texts may look the same once they are made visible
    unique = bool(table.key) and found["unique"] and not set(shown) & set(table.key)
    filtered = found["filtered"] or any(f["core"] and f["typname"].startswith("reg") for f in fields)
    return Relation(oid, kind, name, columns, unique, [*token, table.key, table.read_as], filtered, low, high)


def column_in_raw(row: Any) -> Column:
    """The column of a catalog row (attname, typname, element, core): its type in raw, and what reads it."""
    name, type_, element = row["attname"], row["typname"], row["element"]
    read = as_named(name)
    exact = (EXACT.get(type_) or ARRAYS.get(element)) if row["core"] else None
    if exact:
        return Column(name, exact, read)
    if row["core"] and type_ in CASTS and not row["domain"]:  # domains over money landed as text, and stay so
        return Column(name, CASTS[type_][0], read + CASTS[type_][1])
    return Column(name, "text", read + "::text")


def query(columns: list[Column], source: list[Column], relation: str, extra: str = "", where: str = "true") -> str:
    """The select of the columns, cast to their types in raw."""
    plain = {c.name: c.type for c in source}
    cast = [c.expr if plain[c.name] == c.type else f"({c.expr})::{c.type}" for c in columns]
    return f"select {', '.join(cast)}{extra} from {relation} where {where}"


_FIND = """
select c.oid::int8, c.relkind::text, has_table_privilege(c.oid, 'select'), has_any_column_privilege(c.oid, 'select')
from pg_class c join pg_namespace n on n.oid = c.relnamespace
where n.nspname = $1 and c.relname = $2 and c.relkind in ('r', 'p', 'v', 'm', 'f')"""
_NEAR = """
select c.relname::text from pg_class c join pg_namespace n on n.oid = c.relnamespace
where n.nspname = $1 and c.relkind in ('r', 'p', 'v', 'm', 'f')
order by left(c.relname, 2) <> left($2, 2), c.relname limit 8"""
CATALOG = """
select n.nspname::text, c.relname::text, array(
    select a.attname::text from pg_index i cross join unnest(i.indkey) with ordinality as k (number, place)
    join pg_attribute a on a.attrelid = c.oid and a.attnum = k.number
    where i.indrelid = c.oid and i.indisprimary order by k.place)
from pg_class c join pg_namespace n on n.oid = c.relnamespace
where c.relkind in ('r', 'p') and n.nspname !~ '^(pg_|information_schema$)'
and coalesce(to_jsonb(c) ->> 'relispartition', 'false') = 'false'
and has_schema_privilege(n.oid, 'usage') and has_table_privilege(c.oid, 'select')
order by 1, 2"""
_COLUMNS = """
select coalesce(json_agg(json_build_object('attname', a.attname, 'typname', t.typname, 'element', e.typname,
    'core', t.typnamespace = 'pg_catalog'::regnamespace, 'domain', t.oid <> a.atttypid) order by a.attnum), '[]')
from pg_attribute a join lateral (
    with recursive base as (
        select p.oid, p.typbasetype from pg_type p where p.oid = a.atttypid
        union all
        select p.oid, p.typbasetype from base join pg_type p on p.oid = base.typbasetype
    )
    select base.oid from base where base.typbasetype = 0
) b on true
join pg_type t on t.oid = b.oid
left join pg_type e on t.typcategory = 'A' and e.oid = t.typelem
where a.attrelid = $1::int8::oid and a.attnum > 0 and not a.attisdropped"""
_UNIQUE = """
select exists (
    select from pg_index i where i.indrelid = $1::int8::oid and i.indisunique and i.indisvalid and i.indpred is null
    and i.indexprs is null and i.indimmediate
    and not exists (select from unnest(i.indkey[0:{keys} - 1]) k join pg_attribute a
        on a.attrelid = i.indrelid and a.attnum = k where not (a.attname = any($3::text[])))
    and not exists (select from pg_attribute a where a.attrelid = i.indrelid and a.attname = any($3::text[])
        and not a.attnotnull)
    and not exists (select from pg_inherits h join pg_class c on c.oid = i.indrelid
        where h.inhparent = i.indrelid and c.relkind = 'r'))"""
# Row versions can be compared only within one life of one server. A changed schema, partition or policy can change what
# is read without touching a row.
_TREE = """
with recursive tree as (
    select $1::int8::oid as oid union all
    select h.inhrelid from pg_inherits h join tree on h.inhparent = tree.oid
)"""
# The types that users made, and the types of their parts: a renamed label changes every row's text and no row version.
_TYPES = """, types as (
    select a.atttypid as oid from tree t join pg_attribute a on a.attrelid = t.oid where a.atttypid >= 16384
    union
    select part.oid from types join pg_type p on p.oid = types.oid cross join lateral (
        select p.typbasetype as oid union all select p.typelem
        union all select r.rngsubtype from pg_range r where r.rngtypid = p.oid
        union all select a.atttypid from pg_attribute a where a.attrelid = p.typrelid and a.attnum > 0
    ) part where part.oid >= 16384
)"""
_LIFE = f"""{_TREE}{_TYPES}
select json_build_array(
    case when has_function_privilege('pg_control_system()', 'execute')
        then (select system_identifier::text from pg_control_system()) end,
    case when has_function_privilege('pg_control_checkpoint()', 'execute')
        then (select timeline_id::text from pg_control_checkpoint()) end,
    pg_postmaster_start_time()::text,
    md5((select string_agg(concat_ws(' ', t.oid, c.relrowsecurity, c.relforcerowsecurity, a.attnum, a.attname,
            a.atttypid, a.atttypmod, {{missing}}), ',' order by t.oid, a.attnum)
        from tree t join pg_class c on c.oid = t.oid join pg_attribute a on a.attrelid = t.oid
        where a.attnum > 0 and not a.attisdropped)),
    md5(coalesce((select string_agg(p::text, ',' order by p.oid) from pg_policy p join tree t on t.oid = p.polrelid),
        '')), current_user, ({{reset}})::text,
    md5(concat((select string_agg(concat_ws(' ', e.oid, e.enumlabel), ',' order by e.oid)
        from pg_enum e join types on types.oid = e.enumtypid), ';',
        (select string_agg(concat_ws(' ', a.attrelid, a.attnum, a.atttypid), ',' order by a.attrelid, a.attnum)
        from types join pg_type p on p.oid = types.oid join pg_attribute a on a.attrelid = p.typrelid
        where a.attnum > 0), ';',
        (select string_agg(pg_get_expr(d.adbin, d.adrelid), ',' order by d.adrelid, d.adnum)
        from tree t join pg_attrdef d on d.adrelid = t.oid join pg_attribute a on a.attrelid = t.oid
            and a.attnum = d.adnum where to_jsonb(a) ->> 'attgenerated' = 'v'))))::text"""
_FOREIGN = f"{_TREE} select from tree join pg_class c on c.oid = tree.oid where c.relkind = 'f'"
_DESCRIBE = f"""
select to_regclass($2)::oid::int8 is not distinct from $1::int8 as same, ({_COLUMNS})::text as columns,
    ({_UNIQUE}) as unique, case when $4::bool then ({_LIFE}) end as life,
    $4::bool and (row_security_active($1::int8::oid) or exists ({_FOREIGN})) as filtered,
    txid_current_snapshot()::text as snapshot"""
