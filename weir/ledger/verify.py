"""Raw against staging and quarantine: computes a staging model anew, and compares by key and column.

In: a staging model's compiled select, raw, the ledger's loads. Out: a `StagingComparison` per model.
The select runs over the whole change log of raw once more; what it accepts and rejects of each key's last version
must be what staging and quarantine hold, so a fault of any increment shows. Rows that a person accepted are expected in
staging. All in SQL, one model at a time. Of a large table digests are compared first (by_digest.py), and the rows
themselves only where those can't prove them equal.
"""

import re
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import psycopg
from psycopg import sql

from weir.ledger.by_digest import Suspects, find_suspects, is_worth_it
from weir.warehouse.catalog import columns_of

# Stands in the compiled select where each row's load has its own moment.
CLOCK = datetime(1999, 12, 31, 23, 59, 59, 999_999, tzinfo=UTC)
OWN = ("_key", "_known_from")
WORDS = {"missing": "is missing in", "extra": "should not be in", "different": "differs in"}  # a key, by kind
AT_ONCE = 50_000  # landed rows up to which digests save nothing


@dataclass(frozen=True)
class StagingModel:
    """A staging model: its compiled select, the relation of raw that it reads, its table."""

    name: str
    source: str
    table: str
    raw: str
    code: str

    @property
    def over_landed(self) -> str:
        """The select over `_landed`, whose rows have their load's moment in `_landed_as_of`.

        `offset '0'`, where the materialization writes it, too, keeps PostgreSQL from computing a column for every use.
        """
        code = re.sub(r"(true as _carried\s+from\s[^()]+)[)]", r"\1 offset '0')", self.code)
        code = re.sub(re.escape(self.raw) + r"(\s*[)])", r"_landed offset '0'\1", code)
        return code.replace(clock(), "_landed_as_of").replace(self.raw, "_landed")


@dataclass
class StagingComparison:
    """The rows of one staging model and its quarantine, compared with those that raw gives."""

    model: StagingModel
    live: int = 0
    proven: int = 0  # those of the live rows that digests have proven, and that were not compared one by one
    staging: int = 0
    quarantined: int = 0
    missing: int = 0
    extra: int = 0
    different: int = 0
    examples: list[str] = field(default_factory=list)
    message: str = ""  # why it could not be compared
    seconds: float = 0.0

    @property
    def holds(self) -> bool:
        """Whether staging and quarantine hold exactly the rows that raw gives."""
        return not (self.missing or self.extra or self.different or self.message)


def compare_staged(connection: psycopg.Connection, model: StagingModel, at_once: int = AT_ONCE) -> StagingComparison:
    """Compute the model anew from raw, and compare; in the caller's transaction, without a change that stays.

    A table of more than `at_once` landed rows is compared by digests first.
    """
    finding = StagingComparison(model)
    table = sql.Identifier("staging", model.name)
    types = {name: type_ for name, type_ in columns_of(connection, "staging", model.name).items() if name not in OWN}
    if not types:
        finding.missing, finding.examples = 1, [f"staging.{model.name} is not there: `weir build`"]
        return finding
    connection.execute(_SETTINGS)
    raw = sql.SQL(model.raw)
    loads = connection.execute(LOADS, {"model": model.name}).fetchall()
    there = columns_of(connection, f"raw_{model.source}", model.table)
    marked: list[int] = []
    if "_error" in there and "_file" not in there:  # landing has marked an API's objects in conflict
        query = sql.SQL("select _seq from {raw} where _error is not null").format(raw=raw)
        marked = [row[0] for row in connection.execute(query)]
    landed = sum(load[2] for load in loads)
    suspects = None
    if landed > at_once and is_worth_it(connection, table, landed):
        suspects = find_suspects(connection, _computed(model, loads), table, types, marked, landed)
    which = "r._seq in (select _seq from pg_temp.weir_seqs)" if suspects else "true"
    connection.execute(sql.SQL(_COMPUTE).format(
        columns=sql.SQL(", ").join(map(sql.Identifier, types)), model=_computed(model, loads, which)
    ))  # fmt: skip
    if marked:
        connection.execute(sql.SQL(_MARKED).format(raw=raw))
    connection.execute(sql.SQL(_BY_HAND).format(model=sql.Literal(model.name)))
    finding.proven = suspects.proven if suspects else 0
    finding.live = finding.proven + _one(connection, sql.SQL("select count(*) from pg_temp.weir_rows"))[0]
    _accepted(connection, finding, table, list(types), suspects)
    _rejected(connection, finding)
    connection.execute("drop table pg_temp.weir_rows")
    if suspects:
        suspects.drop(connection)
    return finding


def _computed(model: StagingModel, loads: list[tuple[Any, ...]], which: str = "true") -> sql.Composed:
    """The start of a query, which gives the CTE `_model`: the model over the loads' rows of raw that `which` names.

    The loads are a list of values, for parallel workers of PostgreSQL can't read a temporary table.
    """
    values = [sql.SQL("({}, {})").format(load_id, as_of) for load_id, as_of, _ in loads]
    return sql.SQL(_MODEL).format(
        loads=sql.SQL(", ").join([sql.SQL("(null::text, null::timestamptz)"), *values]),
        raw=sql.SQL(model.raw),
        which=sql.SQL(which),
        code=sql.SQL(model.over_landed),
    )


def _accepted(
    connection: psycopg.Connection,
    finding: StagingComparison,
    table: sql.Identifier,
    columns: list[str],
    suspects: Suspects | None,
) -> None:
    """Compare the accepted rows with staging, or with its rows in buckets that differ."""
    first = sql.SQL(", ").join(
        sql.SQL("case when s.{name}::text is distinct from w.{name}::text then {label} end").format(
            name=sql.Identifier(name), label=sql.Literal(name)
        )
        for name in columns
    )
    connection.execute(sql.SQL(_DIFFER).format(
        table=suspects.of(table) if suspects else table,
        first=first,
        mine=sql.SQL(", ").join(sql.Identifier("s", name) for name in columns),
        theirs=sql.SQL(", ").join(sql.Identifier("w", name) for name in columns),
    ))  # fmt: skip
    finding.staging = _one(connection, sql.SQL("select count(*) from {}").format(table))[0]
    _take(connection, finding, f"staging.{finding.model.name}")


def _rejected(connection: psycopg.Connection, finding: StagingComparison) -> None:
    """Compare the rejected rows with the open entries of quarantine."""
    connection.execute(sql.SQL(_DIFFER_QUARANTINE).format(model=sql.Literal(finding.model.name)))
    query = "select count(*) from quality.quarantine where model = {} and resolved_at is null"
    finding.quarantined = _one(connection, sql.SQL(query).format(sql.Literal(finding.model.name)))[0]
    _take(connection, finding, "quarantine")


def _take(connection: psycopg.Connection, finding: StagingComparison, where: str) -> None:
    """Take the counts and a few examples of the differences, then drop their table."""
    kinds = connection.execute(
        "select kind, count(*), (array_agg(_key order by _key))[:3], (array_agg(at order by _key))[:3] "
        "from pg_temp.weir_differ group by kind order by kind"
    ).fetchall()
    numbers = {kind: number for kind, number, _, _ in kinds}
    finding.missing += numbers.get("missing", 0)
    finding.extra += numbers.get("extra", 0)
    finding.different += numbers.get("different", 0)
    for kind, _, keys, columns in kinds:
        for key, column in zip(keys, columns, strict=True):
            at = f", column {column}" if column else ""
            finding.examples.append(f"key {key} {WORDS[kind]} {where}{at}")
    connection.execute("drop table pg_temp.weir_differ")


def _one(connection: psycopg.Connection, query: sql.Composable) -> tuple[Any, ...]:
    row = connection.execute(sql.Composed([query])).fetchone()
    assert row
    return row


def clock(moment: str = CLOCK.isoformat(), spark: bool = False) -> str:
    """The moment as the macro as_of() writes it for an engine."""
    return f"cast('{moment}' as timestamp{'' if spark else ' with time zone'})"


# The settings of the materialization, so that moments become the same text; and memory for sorting.
_SETTINGS = "set local timezone = 'UTC'; set local datestyle = 'ISO, YMD'; set local work_mem = '256MB'"
LOADS = """
select l.load_id, max(l.as_of), sum(l.landed)::bigint
from ops.landings as l
where l.load_id in (select load_id from ops.ledger where model = %(model)s)
    and (l.source, l.table_name) in (select source, table_name from ops.ledger where model = %(model)s)
group by l.load_id"""
_MODEL = """
with _landed as (
    select r.*, l.as_of as _landed_as_of
    from {raw} as r
    inner join (values {loads}) as l (load_id, as_of) on r._dlt_load_id = l.load_id
    where {which}
),

_model as (
    {code}
)
"""
_COMPUTE = """
create temporary table weir_rows on commit drop as
{model}
select {columns}, _key collate "C" as _key, _seq, _op in ('delete', 'erase') as _gone, _reasons
from _model;

-- the last version of each key, in order of arrival; most keys have one only
delete from pg_temp.weir_rows as w
using (select _key, max(_seq) as last from pg_temp.weir_rows group by _key having count(*) > 1) as d
where w._key = d._key and w._seq < d.last;
delete from pg_temp.weir_rows where _gone;
analyze pg_temp.weir_rows (_key)"""
_MARKED = """
update pg_temp.weir_rows as w set _reasons = r._error from {raw} as r where w._seq = r._seq and r._error is not null"""
# What a person has let through is expected in staging. An acceptance, or one taken back, that no build has applied yet
# changes nothing.
_BY_HAND = """
update pg_temp.weir_rows as w set _reasons = null
from quality.accepted as a left join quality.quarantine as q
    on a.model = q.model and a.key = q.key and a.load_id = q.load_id and a.seq = q.seq
where a.model = {model} and a.seq = w._seq and string_to_array(w._reasons, '; ') <@ a.reasons
    and case when a.undone_at is null then q.seq is null or q.resolved_at is not null else q.how = 'accepted' end"""
_DIFFER = """
create temporary table weir_differ on commit drop as
select
    coalesce(s._key, w._key) as _key,
    case when s._key is null then 'missing' when w._key is null then 'extra' else 'different' end as kind,
    case when s._key is not null and w._key is not null then coalesce({first}) end as at
from {table} as s
full join (select * from pg_temp.weir_rows where _reasons is null) as w on s._key = w._key
where s._key is null or w._key is null or row({mine})::record *<> row({theirs})::record"""
_DIFFER_QUARANTINE = """
create temporary table weir_differ on commit drop as
select
    coalesce(q.key, w._key) as _key,
    case when q.key is null then 'missing' when w._key is null then 'extra' else 'different' end as kind,
    case when q.key is not null and w._key is not null then 'reasons' end as at
from (select * from quality.quarantine where model = {model} and resolved_at is null) as q
full join (select * from pg_temp.weir_rows where _reasons is not null) as w on q.key = w._key
where q.key is null or w._key is null or q.seq <> w._seq
    or q.reasons is distinct from string_to_array(w._reasons, '; ')"""
