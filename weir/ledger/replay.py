"""Judges the rows that wait in quarantine anew, by the model's code as it is now; changes nothing.

In: a staging model's compiled select, open quarantine, raw. Out: a Judged for each set of reasons: how many of its rows
would be accepted now, how many not, and for which other reasons. The server reads the rows of raw that wait, no others.
"""

from dataclasses import dataclass

import psycopg
from psycopg import sql

from weir.ledger.verify import StagingModel
from weir.warehouse.catalog import columns_of


@dataclass(frozen=True)
class Judged:
    """The rows of one model that wait for the same reasons, and what the rules say of them now."""

    model: str
    reasons: str
    rows: int
    accepted: int
    others: int  # rejected for other reasons than before
    other: str | None  # the most frequent of those

    @property
    def changes(self) -> bool:
        """Whether the rules say of a row what they did not say before."""
        return bool(self.accepted or self.others)


def replay(connection: psycopg.Connection, model: StagingModel) -> list[Judged]:
    """What the model's code says of its rows that wait; in the caller's transaction, without a change that stays."""
    connection.execute("set local timezone = 'UTC'; set local datestyle = 'ISO, YMD'; set local work_mem = '256MB'")
    places = {
        "model": sql.Literal(model.name),
        "raw": sql.SQL(model.raw),
        "source": sql.Literal(model.source),
        "table": sql.Literal(model.table),
        "code": sql.SQL(model.over_landed),
    }
    connection.execute(sql.SQL(_WAITING).format(**places))
    connection.execute(sql.SQL(_JUDGE).format(**places))
    there = columns_of(connection, f"raw_{model.source}", model.table)
    if "_error" in there and "_file" not in there:  # landing has marked an API's objects in conflict
        connection.execute(sql.SQL(_MARKED).format(**places))
    connection.execute(sql.SQL(_BY_HAND).format(**places))
    found = connection.execute(_COMPARE).fetchall()
    connection.execute("drop table pg_temp.weir_waiting, pg_temp.weir_judged")
    return [Judged(model.name, *row) for row in found]


_WAITING = """
create temporary table weir_waiting on commit drop as
select seq, load_id, reasons from quality.quarantine where model = {model} and resolved_at is null;
analyze pg_temp.weir_waiting"""
_JUDGE = """
create temporary table weir_judged on commit drop as
with loads as (
    select load_id, max(as_of) as as_of from ops.landings
    where source = {source} and table_name = {table} group by load_id
),

_landed as (
    select r.*, l.as_of as _landed_as_of
    from {raw} as r
    inner join loads as l on r._dlt_load_id = l.load_id
    where r._seq in (select w.seq from pg_temp.weir_waiting as w)
),

_model as (
    {code}
)

select _seq, _reasons from _model"""
_MARKED = """
update pg_temp.weir_judged as w set _reasons = r._error
from {raw} as r where w._seq = r._seq and r._error is not null"""
_BY_HAND = """
update pg_temp.weir_judged as w set _reasons = null
from quality.accepted as a
where a.model = {model} and a.seq = w._seq and a.undone_at is null and string_to_array(w._reasons, '; ') <@ a.reasons"""
_COMPARE = """
select
    array_to_string(w.reasons, '; ') as before,
    count(*),
    count(*) filter (where j._seq is not null and j._reasons is null),
    count(*) filter (where string_to_array(j._reasons, '; ') <> w.reasons),
    mode() within group (order by j._reasons) filter (where string_to_array(j._reasons, '; ') <> w.reasons)
from pg_temp.weir_waiting as w left join pg_temp.weir_judged as j on w.seq = j._seq
group by 1 order by 2 desc, 1"""
