"""The story of a few keys in staging: computes what becomes of their rows of raw, before and after raw was changed.

In: a staging model's compiled select, the numbers of the rows. Out: staging, quarantine and the ledger as a full
refresh would leave them, changed for these keys alone. The rules are those of macros/staged.
"""

from dataclasses import dataclass
from typing import Any

import psycopg
from psycopg import sql

from weir.access.forget.staged import STAGING, columns_in
from weir.ledger.verify import CLOCK, StagingModel
from weir.warehouse.catalog import columns_of


@dataclass
class Story:
    """A staging model, the rows of raw that are told again, and what was changed in it.

    `schema` has its table, or where Spark has that, a view of its select.
    """

    model: StagingModel
    rows: list[int]
    schema: str = STAGING
    staging: int = 0  # rows taken out of staging, or changed there
    quarantine: int = 0
    accepted: int = 0  # what was written down of rows that a person let through

    def tell(self, connection: psycopg.Connection, name: str) -> None:
        """Compute the story into the temporary table of this name."""
        columns = columns_in(connection, self.schema, self.model)
        code = self.model.code.replace(f"cast('{CLOCK.isoformat()}' as timestamp with time zone)", "_landed_as_of")
        there = columns_of(connection, f"raw_{self.model.source}", self.model.table)
        connection.execute(
            sql.SQL(_TELL).format(
                name=sql.Identifier(name),
                source=sql.Literal(self.model.source),
                table=sql.Literal(self.model.table),
                model=sql.Literal(self.model.name),
                columns=sql.SQL(", ").join(map(sql.Identifier, columns)),
                raw=sql.SQL(self.model.raw),
                code=sql.SQL(code.replace(self.model.raw, "_landed")),
                rows=sql.Literal(self.rows),
            )
        )
        if "_error" in there and "_file" not in there:
            connection.execute(sql.SQL(_MARKED).format(name=sql.Identifier(name), raw=sql.SQL(self.model.raw)))
        by_hand = sql.SQL(_BY_HAND).format(name=sql.Identifier(name), model=sql.Literal(self.model.name))
        connection.execute(by_hand)
        connection.execute(sql.SQL(_ORDER).format(name=sql.Identifier(name), told=sql.Identifier(f"{name}_told")))

    def exists(self, connection: psycopg.Connection) -> bool:
        """Whether the model's table is there; where it is not, it was never built."""
        return bool(columns_of(connection, self.schema, self.model.name))

    def keys(self, connection: psycopg.Connection, name: str) -> list[str]:
        """The keys of the story, as staging and quarantine write them."""
        return [
            row[0] for row in connection.execute(sql.SQL("select distinct _key from {}").format(sql.Identifier(name)))
        ]

    def values(self, connection: psycopg.Connection, name: str, column: str) -> list[str]:
        """The values of a column in all versions."""
        query = sql.SQL("select distinct {c}::text from {t} where {c} is not null")
        return [row[0] for row in connection.execute(query.format(c=sql.Identifier(column), t=sql.Identifier(name)))]

    def apply(self, connection: psycopg.Connection, before: str, after: str) -> None:
        """Make staging, quarantine and the newest steps of the ledger what the story after says.

        A table that Spark has is made anew by the next command there; here its rows are only counted.
        """
        table = sql.Identifier(self.schema, self.model.name)
        columns = columns_in(connection, self.schema, self.model)
        places: dict[str, Any] = {
            "before": sql.Identifier(f"{before}_told"), "after": sql.Identifier(f"{after}_told"), "table": table,
            "model": sql.Literal(self.model.name), "raw": sql.SQL(self.model.raw),
            "columns": sql.SQL(", ").join(map(sql.Identifier, columns)),
        }  # fmt: skip
        if self.schema == STAGING:
            self.staging = connection.execute(sql.SQL(_OUT_OF_STAGING).format(**places)).rowcount
            connection.execute(sql.SQL(_INTO_STAGING).format(**places))
        else:
            connection.execute(sql.SQL(_COUNT_ON_SPARK).format(**places))
        self.quarantine = connection.execute(sql.SQL(_OUT_OF_QUARANTINE).format(**places)).rowcount
        connection.execute(sql.SQL(_INTO_QUARANTINE).format(**places))
        connection.execute(sql.SQL(_LEDGER).format(**places))
        self.accepted = connection.execute(sql.SQL(_OUT_OF_ACCEPTED).format(**places)).rowcount


_TELL = """
create temporary table {name} on commit drop as
with receipts as (
    select load_id, max(as_of) as as_of, row_number() over (order by max(landed_at), load_id) as position
    from ops.landings where source = {source} and table_name = {table} group by load_id
),

known as (select * from receipts where load_id in (select l.load_id from ops.ledger as l where l.model = {model})),

_landed as (
    select r.*, k.as_of as _landed_as_of
    from {raw} as r inner join known as k on r._dlt_load_id = k.load_id
    where r._seq = any({rows}::bigint[])
),

_model as (
    {code}
)

select
    {columns}, _key collate "C" as _key, _seq, k.position as _position, k.as_of as _moment, _reasons,
    null::timestamptz as _given,
    case when _op = 'delete' then 'd' when _op = 'erase' then 'e' when _reasons is null then 'a' else 'r' end as _class
from _model inner join known as k on _model._load_id = k.load_id"""
_MARKED = """
update {name} as t set _class = 'r', _reasons = r._error
from {raw} as r where t._seq = r._seq and t._class <> 'e' and r._error is not null"""
_BY_HAND = """
update {name} as t set _class = 'h', _given = a.as_of
from (select * from quality.accepted where model = {model}) as a left join quality.quarantine as q
    on a.model = q.model and a.key = q.key and a.load_id = q.load_id and a.seq = q.seq
where t._class = 'r' and a.seq = t._seq and string_to_array(t._reasons, '; ') <@ a.reasons
    and case when a.undone_at is null then q.seq is null or q.resolved_at is not null else q.how = 'accepted' end"""
_ORDER = """
create temporary table {told} on commit drop as
with arrived as (
    select *,
        lead(_position) over (partition by _key order by _position, _seq) is not distinct from _position as _superseded
    from {name}
),

runs as (
    select *, count(*) filter (where _class <> 'a') over (partition by _key order by _position) as _breaks
    from arrived where not _superseded
),

stories as (
    select *,
        lead(_moment) over (partition by _key order by _position) as _next_moment,
        lead(_class) over (partition by _key order by _position) as _next_class,
        first_value(_position) over run as _run_start,
        first_value(_moment) over run as _run_moment
    from runs
    window run as (partition by _key, _breaks, _class in ('a', 'h') order by _position)
)

select * from stories
union all
select *, null, null, null, null, null from arrived where _superseded"""
_LIVE = "_class in ('a', 'h') and not _superseded and _next_class is null"
_KEYS = "(select _key from {before} union select _key from {after})"
_OUT_OF_STAGING = f"delete from {{table}} where _key in {_KEYS}"
_INTO_STAGING = (
    """
insert into {table} ({columns}, _key, _known_from)
select {columns}, _key, case when _run_start > 1 then _run_moment end
from {after} where """
    + _LIVE
)
_COUNT_ON_SPARK = f"""
update ops.spark_staging set rows = rows
    + (select count(*) from {{after}} where {_LIVE}) - (select count(*) from {{before}} where {_LIVE})
where model = {{model}}"""
_OUT_OF_QUARANTINE = f"delete from quality.quarantine where model = {{model}} and key in {_KEYS}"
_INTO_QUARANTINE = """
insert into quality.quarantine (model, key, reasons, row, load_id, seq, first_seen, resolved_at, how)
select
    {model}, s._key, string_to_array(s._reasons, '; '),
    (
        select coalesce(jsonb_object_agg(c.key, c.value), '{{}}')
        from jsonb_each(to_jsonb(r.*) - array['_dlt_load_id', '_op', '_seq']) as c
        where c.value <> 'null'
    ),
    s._load_id, s._seq, s._moment, coalesce(s._given, s._next_moment),
    case
        when s._class = 'h' then 'accepted' when s._next_class = 'a' then 'mended'
        when s._next_class in ('r', 'h') then 'replaced' when s._next_class in ('d', 'e') then 'deleted'
    end
from {raw} as r inner join {after} as s on r._seq = s._seq
where s._class in ('r', 'h') and not s._superseded"""
_COUNTS = """select _load_id,
        count(*) filter (where _class = 'a' and not _superseded) as accepted,
        count(*) filter (where _class = 'h' and not _superseded) as accepted_by_hand,
        count(*) filter (where _class = 'r' and not _superseded) as rejected,
        count(*) filter (where _class = 'd' and not _superseded) as deleted,
        count(*) filter (where _class <> 'e' and _superseded) as superseded,
        count(*) filter (where _class = 'e') as erased
    from {} group by _load_id"""
_LEDGER = f"""
with newest as (
    select distinct on (load_id) step_id, load_id from ops.ledger
    where model = {{model}} order by load_id, built_at desc
)

update ops.ledger as l set
    accepted = l.accepted + a.accepted - b.accepted,
    accepted_by_hand = l.accepted_by_hand + a.accepted_by_hand - b.accepted_by_hand,
    rejected = l.rejected + a.rejected - b.rejected,
    deleted = l.deleted + a.deleted - b.deleted, superseded = l.superseded + a.superseded - b.superseded,
    erased = l.erased + a.erased - b.erased
from newest as n, ({_COUNTS.replace("{}", "{before}")}) as b, ({_COUNTS.replace("{}", "{after}")}) as a
where l.model = {{model}} and l.load_id = n.load_id and l.step_id = n.step_id
    and b._load_id = l.load_id and a._load_id = l.load_id"""
_OUT_OF_ACCEPTED = """
delete from quality.accepted as g using (
    select b._key, b._seq from {before} as b inner join {after} as a on b._seq = a._seq where a._class = 'e'
) as e
where g.model = {model} and (g.seq = e._seq or g.key = e._key)"""
