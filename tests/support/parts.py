"""A mart with keys, and the record that a build of a batched model leaves of it: ops.batches, ops.batch_keys, its step.

The mart is `usage`: id, account_id (its `by`), day (its event time, by month), n. What a build writes down is what
macros/batched/batched_log.sql and batched_whole.sql do; the batches that are taken as whole are the test's choice.
"""

import psycopg

from tests.support.publishing import NOW, Sql, passed
from weir import warehouse
from weir.project.marts import Mart
from weir.publish import batches, publication, verify
from weir.publish.parts import Parts, parts_of
from weir.warehouse.catalog import columns_of

USAGE = Mart("usage", ("id",), event_time="day", batch_size="month", by="account_id", model="usage")
_BATCH = "coalesce(date_trunc('month', day::timestamp) at time zone 'UTC', '-infinity')"
_STORIES = f"""
select {_BATCH} as batch, coalesce(account_id::text, '') as key, count(*) as rows,
    sum(hashtextextended(hash_record_extended(row(account_id, day, id, n), 0)::text, 0)) as digest
from %s group by 1, 2"""
_STEP = """
insert into ops.batched_models (model, step, code, as_of, seen)
select 'usage', greatest((select max(changed) from ops.batches where model = 'usage'),
    (select step from ops.batched_models where model = 'usage'), 0) + 1, '', now(), '{}'
on conflict (model) do update set step = excluded.step"""
_BUILD = f"""
create table public.was as table analytics_next.usage;
%s;
{_STEP};
create table public.parts as
select batch, key, coalesce(was.rows, 0) as rows_before, coalesce(was.digest, 0) as digest_before,
    coalesce(now.rows, 0) as rows, coalesce(now.digest, 0) as digest, %s as is_whole,
    (select step from ops.batched_models where model = 'usage') as step
from ({_STORIES % "public.was"}) as was full join ({_STORIES % "analytics_next.usage"}) as now using (batch, key)
where (was.rows, was.digest) is distinct from (now.rows, now.digest);
insert into ops.batches as b (model, batch, changed, whole, rows, digest)
select 'usage', batch, max(step), case when bool_or(is_whole) then max(step) else 0 end, sum(rows - rows_before),
    sum(digest - digest_before)
from public.parts group by batch
on conflict (model, batch) do update set changed = excluded.changed, whole = greatest(b.whole, excluded.whole),
    rows = b.rows + excluded.rows, digest = b.digest + excluded.digest;
insert into ops.batch_keys (model, key, changed)
select distinct 'usage', key, step from public.parts where not is_whole
on conflict (model, key) do update set changed = excluded.changed;
drop table public.was, public.parts"""
_FULL = f"""
%s;
{_STEP};
delete from ops.batch_keys where model = 'usage';
update ops.batches set rows = 0, digest = 0, changed = step, whole = step
from ops.batched_models as m where batches.model = 'usage' and m.model = 'usage';
insert into ops.batches (model, batch, changed, whole, rows, digest)
select 'usage', batch, step, step, sum(rows), sum(digest)
from ({_STORIES % "analytics_next.usage"}) as s, ops.batched_models where model = 'usage' group by batch, step
on conflict (model, batch) do update set rows = excluded.rows, digest = excluded.digest"""


def keyed_usage(run: Sql) -> None:
    """Make the mart, of 60 accounts with a row on the 5th of each month of 2025, and publish it."""
    run("""create table analytics_next.usage (id int not null, account_id int, day date, n numeric(9, 2));
        create index on analytics_next.usage (day); create index on analytics_next.usage (account_id)""")
    full_refresh(run, """insert into analytics_next.usage
        select 100 * account_id + month, account_id, make_date(2025, month, 5), 1
        from generate_series(1, 60) as account_id, generate_series(1, 12) as month""")  # fmt: skip
    publish("r1", whole=True)


def build(run: Sql, edit: str = "select", whole: str = "false") -> None:
    """Change the built table, and write down what changed; `whole` tells in SQL which parts make their batch whole."""
    run(_BUILD % (edit, whole))


def full_refresh(run: Sql, edit: str = "select") -> None:
    """Change the built table, and write down that it was made anew as a whole."""
    run(_FULL % edit)


def publish(run_id: str, mart: Mart = USAGE, whole: bool = False) -> tuple[int, int, int]:
    """Judge and publish what is built; returns rows inserted, updated and deleted."""
    passed(run_id)
    (change,) = publication.publish_set(run_id, NOW, found=(mart,), whole=whole)
    return change.inserted, change.updated, change.deleted


def found_parts(mart: Mart = USAGE) -> Parts:
    """The parts that the next publication looks at."""
    with warehouse.connect() as connection:
        types = columns_of(connection, "analytics_next", mart.name)
        current = verify.in_force(connection)
        left = verify.digests_of(connection, current[0])[mart.label] if current else None
        published = batches.as_left(connection, mart, types, left)
        built = batches.built(connection, mart)
        assert published is not None and built
        return parts_of(connection, mart, types, left, built, published)


def faults() -> list[str]:
    """What `weir verify` says of the published marts."""
    with warehouse.connect() as connection:
        return [check.fault for check in verify.compare_published(connection) if check.fault]


def unlike(run: Sql, other: str = "analytics_next.usage") -> list[tuple]:
    """The rows that readers see and that are not in the other table, or the other way round."""
    one = "select row(account_id, day, id, n)::text from"
    return run(f"({one} analytics.usage except all {one} {other}) union all "
               f"({one} {other} except all {one} analytics.usage)")  # fmt: skip


def kept_and_fresh(connection: psycopg.Connection, mart: Mart = USAGE) -> tuple[dict, dict]:
    """The content of each batch as the publication wrote it down, and as it is."""
    types = columns_of(connection, mart.schema, mart.name)
    table = psycopg.sql.Identifier(mart.schema, mart.name)
    kept = {name: each for name, each in batches.published(connection, mart).items() if each != batches.EMPTY}
    return kept, batches.contents(connection, table, types, mart)
