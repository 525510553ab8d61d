"""The catalog of a whole PostgreSQL database: relations, columns, types, constraints and indexes, each by one query.

In: a Wire and names of schemas. Out: rows. Left out are the system's schemas, what extensions own, and partitions.
"""

from collections.abc import Sequence

from ingest.raw.connection import Wire
from weir.core.errors import WeirError


class Catalog:
    """The rows of a database's catalog."""

    def __init__(self, wire: Wire, schemas: Sequence[str]) -> None:
        self.version = wire.connection.get_server_version().major
        if schemas:
            known = [row[0] for row in wire.rows(_SCHEMAS)]
            for name in schemas:
                if name not in known:
                    raise WeirError(f"there is no schema {name!r} at the source; it has: {', '.join(known) or 'none'}")
        wanted = list(schemas) or None
        self.relations = wire.rows(self._fitted(_RELATIONS), wanted)
        oids = [row["oid"] for row in self.relations]
        self.columns = wire.rows(self._fitted(_COLUMNS), oids)
        self.types = wire.rows(_TYPES)
        self.constraints = wire.rows(self._fitted(_CONSTRAINTS), oids)
        self.indexes = wire.rows(self._fitted(_INDEXES), oids)

    def _fitted(self, query: str) -> str:
        """The query in the words that this server knows."""
        words = {
            "{partition}": (10, "c.relispartition", "false"),
            "{generated}": (12, "a.attgenerated <> ''", "false"),
            "{parent}": (11, "c.conparentid", "0"),
            "{keys}": (11, "i.indnkeyatts", "i.indnatts"),
        }
        for word, (since, new, old) in words.items():
            query = query.replace(word, new if self.version >= since else old)
        return query


def estimated(wire: Wire, name: str) -> int | None:
    """The planner's guess of a relation's rows; None where the account may not read it."""
    try:
        plan = wire.row(f"explain select 1 from {name}")[0]
    except Exception:  # of any kind: it is a guess only
        return None
    return int(plan.rpartition(" rows=")[2].split()[0])


def own_schemas(column: str) -> str:
    """The condition for schemas that are not the system's."""
    return f"{column} !~ '^pg_' and {column} <> 'information_schema'"


_SCHEMAS = f"select nspname::text from pg_namespace where {own_schemas('nspname')} order by 1"
# What lies beneath a relation that has parts: its partitions, or tables that inherit from it.
_BENEATH = """(with recursive beneath as (
        select c.oid as oid union all
        select h.inhrelid from pg_inherits h join beneath on h.inhparent = beneath.oid
    ) select {what} from beneath b join pg_class p on p.oid = b.oid where p.relkind in ('r', 'm'))"""
_SIZE = "sum(pg_relation_size(p.oid))::int8"
_ROWS = """case when bool_or((p.reltuples < 0 or p.relpages = 0) and pg_relation_size(p.oid) > 0) then null
    else coalesce(sum(case when p.relpages > 0 then p.reltuples::float8 / p.relpages
        * (pg_relation_size(p.oid) / current_setting('block_size')::int) end), 0)::int8 end"""
_RELATIONS = f"""
select c.oid::int8 as oid, n.nspname::text as schema, c.relname::text as name, c.relkind::text as kind,
    has_schema_privilege(n.oid, 'usage') as entered, has_table_privilege(c.oid, 'select') as readable,
    coalesce(obj_description(c.oid, 'pg_class'), '') as comment,
    {_BENEATH.replace("{what}", _ROWS)} as rows, {_BENEATH.replace("{what}", _SIZE)} as bytes,
    (select min(p.oid::regclass::text) from pg_inherits h join pg_class p on p.oid = h.inhparent
        where h.inhrelid = c.oid) as inherits,
    exists (select from pg_inherits h where h.inhparent = c.oid and c.relkind = 'r') as inherited
from pg_class c join pg_namespace n on n.oid = c.relnamespace
where c.relkind in ('r', 'p', 'v', 'm', 'f') and c.relpersistence <> 't' and not {{partition}}
    and {own_schemas("n.nspname")} and ($1::text[] is null or n.nspname = any($1::text[]))
    and not exists (select from pg_depend d where d.classid = 'pg_class'::regclass and d.objid = c.oid
        and d.deptype = 'e')
order by n.nspname, c.relname"""
_COLUMNS = """
select a.attrelid::int8 as relation, a.attnum::int4 as place, a.attname::text as attname, t.typname::text as typname,
    e.typname::text as element, t.typnamespace = 'pg_catalog'::regnamespace as core, a.atttypid::int8 as type,
    a.atttypmod::int4 as modifier, a.attnotnull as required, format_type(a.atttypid, a.atttypmod) as declared,
    coalesce(d.description, '') as comment,
    case when {generated} then pg_get_expr(f.adbin, f.adrelid) end as computed
from pg_attribute a join pg_type t on t.oid = a.atttypid
left join pg_type e on t.typcategory = 'A' and e.oid = t.typelem
left join pg_description d on d.objoid = a.attrelid and d.objsubid = a.attnum and d.classoid = 'pg_class'::regclass
left join pg_attrdef f on f.adrelid = a.attrelid and f.adnum = a.attnum
where a.attrelid = any($1::int8[]::oid[]) and a.attnum > 0 and not a.attisdropped
order by a.attrelid, a.attnum"""
# Types that are not the server's own: domains, and enums with their labels in order.
_TYPES = """
select t.oid::int8 as oid, t.typtype::text as kind, t.typbasetype::int8 as base, b.typname::text as name,
    b.typnamespace = 'pg_catalog'::regnamespace as core, t.typtypmod::int4 as modifier, t.typnotnull as required,
    (select e.typname::text from pg_type e where b.typcategory = 'A' and e.oid = b.typelem) as element,
    format_type(t.oid, null) as shown, format_type(t.typbasetype, null) as base_shown,
    (select array_agg(e.enumlabel::text order by e.enumsortorder) from pg_enum e where e.enumtypid = t.oid) as labels,
    (select array_agg(array[c.conname::text, pg_get_expr(c.conbin, 0)] order by c.conname)
        from pg_constraint c where c.contypid = t.oid and c.contype = 'c' and c.convalidated) as checks
from pg_type t left join pg_type b on b.oid = t.typbasetype
where t.typtype in ('d', 'e') and t.typnamespace <> 'pg_catalog'::regnamespace"""
_NAMES = """(select array_agg(a.attname::text order by k.n) from unnest({which}) with ordinality k(num, n)
        join pg_attribute a on a.attrelid = {of} and a.attnum = k.num)"""
_CONSTRAINTS = f"""
select c.conrelid::int8 as relation, c.contype::text as kind, c.conname::text as name, c.convalidated as valid,
    {_NAMES.format(which="c.conkey", of="c.conrelid")} as columns, n.nspname::text as parent_schema,
    p.relname::text as parent, {_NAMES.format(which="c.confkey", of="c.confrelid")} as parents,
    pg_get_expr(c.conbin, c.conrelid) as expression,
    (select min(f.proname::text) from pg_depend d join pg_proc f on f.oid = d.refobjid
        where d.classid = 'pg_constraint'::regclass and d.objid = c.oid and d.refclassid = 'pg_proc'::regclass
        and f.pronamespace <> 'pg_catalog'::regnamespace) as calls
from pg_constraint c left join pg_class p on p.oid = c.confrelid left join pg_namespace n on n.oid = p.relnamespace
where c.conrelid = any($1::int8[]::oid[]) and {{parent}} = 0
order by c.conrelid, c.conname"""
_INDEXES = f"""
select i.indrelid::int8 as relation, x.relname::text as name, i.indisprimary as is_primary, i.indisunique as is_unique,
    i.indimmediate as immediate, i.indisvalid and i.indpred is null and i.indexprs is null as plain,
    {_NAMES.format(which="i.indkey[0:{keys} - 1]", of="i.indrelid")} as columns
from pg_index i join pg_class x on x.oid = i.indexrelid
where i.indrelid = any($1::int8[]::oid[])
order by i.indrelid, x.relname"""
