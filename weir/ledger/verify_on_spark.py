"""Raw against staging and quarantine where staging lies on Spark: verify.py's comparison, done there.

In: a staging model's select as dbt has compiled it for Spark, the lake's files of raw, the ledger's loads. Out: a
`StagingComparison`. One statement computes the model anew over all that landed, into a table of the comparison's own;
another finds what differs: as one, Spark would plan the model once for each time that it is read.
"""

from datetime import UTC
from typing import Any

import psycopg

from weir.ledger.verify import LOADS, OWN, WORDS, StagingComparison, StagingModel, clock
from weir.spark.quoting import literal, quoted


def compare_on_spark(connection: psycopg.Connection[Any], cursor: Any, model: StagingModel) -> StagingComparison:
    """Compute the model anew from raw on Spark, and compare.

    `connection` is to the warehouse, `cursor` one of a session with Spark (weir.spark.server.session).
    """
    finding = StagingComparison(model)
    columns = [name for name in _columns(cursor, f"staging.{quoted(model.name)}") if name not in OWN]
    if not columns:
        finding.missing, finding.examples = 1, [f"staging.{model.name} is not on Spark: `weir build`"]
        return finding
    loads = connection.execute(LOADS, {"model": model.name}).fetchall()
    raw = _columns(cursor, model.raw)
    marked = "_error" in raw and "_file" not in raw  # landing has marked an API's objects in conflict
    proof = f"staging.{quoted(f'{model.name}__proof')}"
    cursor.execute(f"drop table if exists {proof}")
    try:
        cursor.execute(f"create table {proof} using parquet as {_computed(model, loads, columns, marked)}")
        cursor.execute(_differences(model, columns, proof))
        found = cursor.fetchall()
    finally:
        cursor.execute(f"drop table if exists {proof}")
    for kind, where, rows, keys, at in found:
        if kind == "count":
            setattr(finding, where, rows)
            continue
        setattr(finding, kind, getattr(finding, kind) + rows)
        for key, column in zip(keys.split("\0"), at.split("\0"), strict=True):
            told = f", column {column}" if column else ""
            finding.examples.append(f"key {key} {WORDS[kind]} {where}{told}")
    return finding


def _columns(cursor: Any, relation: str) -> list[str]:
    """The columns of a table or view; none where it is not there."""
    from pyhive.exc import OperationalError

    try:
        cursor.execute(f"describe {relation}")
    except OperationalError as fault:
        if "TABLE_OR_VIEW_NOT_FOUND" in str(fault):
            return []
        raise
    found = []
    for name, *_ in cursor.fetchall():
        if not name or name.startswith("#"):
            break
        found.append(str(name))
    return found


def _computed(model: StagingModel, loads: list[tuple[Any, ...]], columns: list[str], marked: bool) -> str:
    """The query for what staging and quarantine should hold: the last version of each key."""
    values = ", ".join(
        f"({literal(load)}, cast('{as_of.astimezone(UTC):%Y-%m-%d %H:%M:%S.%f}' as timestamp))"
        for load, as_of, _ in loads
    )
    reasons = "case when m._op <> 'erase' and x._error is not null then x._error else m._reasons end"
    return _COMPUTED.format(
        loads=f"values {values}" if values else "values (cast(null as string), cast(null as timestamp))",
        raw=model.raw,
        code=model.code.replace(clock(spark=True), "_landed_as_of").replace(model.raw, "_landed"),
        reasons=reasons if marked else "m._reasons",
        marks="left join _landed as x on m._seq = x._seq and x._error is not null" if marked else "",
        columns=", ".join(f"j.{quoted(name)}" for name in columns),
        model=literal(model.name),
    )


def _differences(model: StagingModel, columns: list[str], proof: str) -> str:
    """The query for the counts, and for each kind of difference its rows, three keys and where these differ."""
    cases = (f"case when not s.{quoted(name)} <=> w.{quoted(name)} then {literal(name)} end" for name in columns)
    return _DIFFERENCES.format(
        table=f"staging.{quoted(model.name)}",
        staging=literal(f"staging.{model.name}"),
        model=literal(model.name),
        differs=", ".join(cases),
        proof=proof,
    )


# As in verify.py: the last version of each key; what a person has let through is expected in staging.
_COMPUTED = """
with _loads as (select * from {loads} as l (load_id, as_of)),

_landed as (
    select /*+ broadcast(l) */ r.*, l.as_of as _landed_as_of
    from {raw} as r inner join _loads as l on r._dlt_load_id = l.load_id
),

_model as (
    {code}
),

_judged as (
    select m.* except (_reasons), {reasons} as _reasons from _model as m {marks}
),

_by_hand as (
    select a.seq, a.reasons
    from quality.accepted as a left join quality.quarantine as q
        on a.model = q.model and a.key = q.key and a.load_id = q.load_id and a.seq = q.seq
    where a.model = {model}
        and case when a.undone_at is null then q.seq is null or q.resolved_at is not null else q.how = 'accepted' end
),

_last as (
    select {columns}, j._key, j._seq, j._op,
        case
            when h.seq is null or size(array_except(split(j._reasons, '; '), h.reasons)) > 0 then j._reasons
        end as _reasons
    from (
        select *, row_number() over (partition by _key order by _seq desc) as _newest from _judged
    ) as j
    left join (select seq, first(reasons) as reasons from _by_hand group by seq) as h on j._seq = h.seq
    where j._newest = 1
)

select * from _last where _op not in ('delete', 'erase')"""
_DIFFERENCES = r"""
with _open as (select * from quality.quarantine where model = {model} and resolved_at is null),

_differ as (
    select coalesce(s._key, w._key) as _key, {staging} as place,
        case when s._key is null then 'missing' when w._key is null then 'extra' else 'different' end as kind,
        case when s._key is not null and w._key is not null then coalesce({differs}) end as at
    from {table} as s full join (select * from {proof} where _reasons is null) as w on s._key = w._key
    union all
    select coalesce(q.key, w._key), 'quarantine',
        case when q.key is null then 'missing' when w._key is null then 'extra' else 'different' end,
        case when q.key is null or w._key is null then null
            when q.seq <> w._seq or not q.reasons <=> split(w._reasons, '; ') then 'reasons' end
    from _open as q full join (select * from {proof} where _reasons is not null) as w on q.key = w._key
),

_found as (
    select *, row_number() over (partition by kind, place order by _key) as _nth
    from _differ where kind <> 'different' or at is not null
)

select kind, place, count(*), array_join(collect_list(case when _nth <= 3 then _key end), '\u0000'),
    array_join(collect_list(case when _nth <= 3 then coalesce(at, '') end), '\u0000')
from _found group by kind, place
union all select 'count', 'live', count(*), '', '' from {proof}
union all select 'count', 'staging', count(*), '', '' from {table}
union all select 'count', 'quarantined', count(*), '', '' from _open"""
