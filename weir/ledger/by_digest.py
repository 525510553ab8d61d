"""Raw against a staging table by digests: finds the rows that must be compared one by one, by key and column.

In: a staging model's select over what has landed, its table. Out: the temporary tables `weir_differing` (buckets) and
`weir_seqs` (rows of raw), and how many rows are proven equal. The select runs once, by parallel workers, and writes no
row down: it adds up a hash of every accepted row, in buckets by key. The same is added up over the table. Rows that are
rejected, deleted or marked are not added up; they are always compared one by one.

What a bucket with equal sums proves. No key is twice in the table (its unique index says so). So no accepted row of the
bucket has an older or newer accepted version in raw; with one, the sums would differ. A rejected or deleted version
of a key that the table holds makes the key's bucket differ. So all versions of a key are compared one by one, or the
key has one version, which is accepted and in the table. Two buckets that are not alike pass as equal by a chance of 1
in 2^64.
"""

from dataclasses import dataclass

import psycopg
from psycopg import sql

from weir.warehouse.row_hash import row_hash

# Rows per bucket, and the most buckets. One changed row costs the comparison of its bucket; a million buckets cost a
# tenth more time than a thousand.
ROWS, MOST = 32, 1 << 16


@dataclass(frozen=True)
class Suspects:
    """The rows that digests leave to be compared one by one."""

    proven: int  # rows that raw and the table hold alike
    differing: int  # buckets whose rows are to be compared one by one
    bucket: sql.Composable  # the bucket of `_key`, a number

    def of(self, table: sql.Composable) -> sql.Composed:
        """The table's rows in the buckets that differ."""
        where = sql.SQL("{} in (select at from pg_temp.weir_differing)").format(self.bucket)
        return sql.SQL("(select * from {} where {})").format(table, where if self.differing else sql.SQL("false"))

    def drop(self, connection: psycopg.Connection) -> None:
        """Drop the temporary tables."""
        for name in ("weir_landed", "weir_staged", "weir_differing", "weir_seqs"):
            connection.execute(sql.SQL("drop table {}").format(sql.Identifier("pg_temp", name)))


def is_worth_it(connection: psycopg.Connection, table: sql.Composable, landed: int) -> bool:
    """Whether the digests can prove something, and cost less than they save.

    They need the unique index on the key, and are of no use where many of the landed rows are not in the table.
    """
    query = sql.SQL("select count(*), exists ({}) from {}").format(
        sql.SQL(_UNIQUE).format(name=sql.Literal(table.as_string())), table
    )
    row = connection.execute(query).fetchone()
    assert row
    return bool(row[1]) and landed - row[0] <= landed // 8


def find_suspects(
    connection: psycopg.Connection,
    computed: sql.Composable,
    table: sql.Composable,
    types: dict[str, str],
    marked: list[int],
    landed: int,
) -> Suspects:
    """Compare the digests, and make `weir_differing` and `weir_seqs`.

    `computed` is the start of a query, which gives the CTE `_model`; `types` are the types of the columns to compare;
    `marked` are the rows of raw that landing has marked as wrong; `landed` is the number of all rows.
    """
    buckets = min(MOST, 1 << max(10, (landed // ROWS).bit_length()))
    bucket = sql.SQL("(coalesce(hashtextextended(_key, 0), 0) & {})").format(sql.Literal(buckets - 1))
    columns = {sql.Identifier(name).as_string(connection): type_ for name, type_ in types.items()}
    body = sql.SQL(row_hash({"_key::text": "text", **columns}))
    special = sql.SQL("(_reasons is not null or _op in ('delete', 'erase') or _key is null{})").format(
        sql.SQL(" or _seq = any({}::bigint[])").format(sql.Literal(marked)) if marked else sql.SQL("")
    )
    connection.execute(sql.SQL(_DIGESTS).format(
        computed=computed, table=table, bucket=bucket, body=body, special=special
    ))  # fmt: skip
    row = connection.execute(_COUNTS).fetchone()
    assert row
    proven, differing = row
    if differing:
        connection.execute(sql.SQL(_OTHERS).format(computed=computed, bucket=bucket))
    connection.execute("analyze pg_temp.weir_seqs; analyze pg_temp.weir_differing")
    return Suspects(proven, differing, bucket)


_UNIQUE = """
select from pg_index as i inner join pg_attribute as a on a.attrelid = i.indrelid and a.attnum = i.indkey[0]
where i.indrelid = {name}::regclass and a.attname = '_key' and i.indnkeyatts = 1 and i.indisunique and i.indisvalid
    and i.indpred is null and i.indexprs is null"""
# A special row is a group of its own, by the negative of its place in the order of arrival.
# `offset '0'` keeps PostgreSQL from computing a column for every use, and from taking the buckets for as many as the
# keys: it would sort the rows then. A bare 0 it takes for a number that it does not know yet: then no parallel worker
# computes rows.
_DIGESTS = """
set local parallel_tuple_cost = 0.001;
create temporary table weir_landed on commit drop as
{computed}
select at, count(*) as rows, sum(body) as body, min(key collate "C") as key
from (
    select
        case when {special} then -1 - _seq else {bucket} end as at,
        case when {special} then _key end as key,
        case when not {special} then {body} end as body
    from (select * from _model offset '0') as m offset '0'
) as r
group by at;

create temporary table weir_staged on commit drop as
select at, count(*) as rows, sum(body) as body
from (select {bucket} as at, {body} as body from {table} offset '0') as r
group by at;
set local parallel_tuple_cost to default;
analyze pg_temp.weir_landed;

create temporary table weir_differing on commit drop as
select at
from (select at, rows, body from pg_temp.weir_landed where at >= 0) as l
full join pg_temp.weir_staged as s using (at)
where l.rows is distinct from s.rows or l.body is distinct from s.body
union
select {bucket} from {table} where _key in (select key from pg_temp.weir_landed where at < 0);

create temporary table weir_seqs on commit drop as
select -1 - at as _seq from pg_temp.weir_landed where at < 0"""
_COUNTS = """
select
    (
        select coalesce(sum(rows), 0)::bigint from pg_temp.weir_staged
        where at not in (select at from pg_temp.weir_differing)
    ),
    (select count(*) from pg_temp.weir_differing)"""
# The other rows of the buckets that differ. Only their keys are computed.
_OTHERS = """
insert into pg_temp.weir_seqs
{computed}
select _seq
from (select _seq, {bucket} as at from _model offset '0') as r
where at in (select at from pg_temp.weir_differing) and _seq not in (select _seq from pg_temp.weir_seqs)"""
