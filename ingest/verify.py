"""Sources against raw: reads every table whole at its source and compares it with the live rows of raw.

In: the plan. Out: one SourceComparison per table, by key and by content, sources side by side. The warehouse compares
digests of some rows each first, and the rows themselves only where digests differ. Rows that changed at the source
after they were landed are counted apart where the source can tell (PostgreSQL's row versions, a file's digest). Nothing
is written: the transaction is rolled back. Alone: `weir verify`.
"""

import time
from collections.abc import Callable
from functools import partial

from ingest.connectors.registry import open_connector
from ingest.connectors.repeats import by_line
from ingest.faults import cause, one_line
from ingest.raw.columns import Column, comparable, listed, quoted
from ingest.raw.connection import Wire, wired
from ingest.raw.table import Raw
from ingest.results import SourceComparison
from weir.core.side_by_side import SideBySide
from weir.ledger.found import with_found
from weir.project.names import shortened
from weir.project.plan import Plan, Source, Table
from weir.warehouse.catalog import raw_sizes
from weir.warehouse.row_hash import row_hash

SHOWN = 5
THREADS, EACH = 8, 3  # tables that are compared at a time, and of one source
BUCKETS = 1 << 14  # digests per table: of few rows each, so that some changes make few rows to be compared one by one
Report = Callable[[SourceComparison], None]


def compare_with_sources(plan: Plan, sources: list[str] | None = None) -> list[SourceComparison]:
    """Compare every table of the sources named, or all.

    A table that can't be read becomes a SourceComparison with a message.
    """
    jobs = SideBySide(THREADS, EACH)
    found = add_comparisons(jobs, plan, sources)
    jobs.run()
    return found


def add_comparisons(
    jobs: SideBySide, plan: Plan, sources: list[str] | None = None, report: Report = lambda done: None
) -> list[SourceComparison]:
    """Add a job for every table of the sources named, or of all; returns the comparisons, which the jobs fill in."""
    from weir import warehouse

    url = warehouse.url_of(warehouse.Role.LOADER)
    picked, everything = plan.pick(sources, None), []  # a table of the lake is not compared with its source
    with warehouse.connect() as connection:
        picked = [with_found(connection, source) for source in picked]
        sizes = raw_sizes(connection)
    for source in picked:
        for table in (table for table in source.tables if table.land != "lake"):
            found = SourceComparison(source.name, table.name, 0, 0, 0, 0, 0, [], "")
            everything.append(found)
            size = sizes.get(f"{shortened(f'raw_{source.name}')}.{shortened(table.name)}", 0)
            jobs.add(source.name, partial(_do, jobs, source, table, url, found, report), size)
    return everything


def _do(jobs: SideBySide, source: Source, table: Table, url: str, found: SourceComparison, report: Report) -> None:
    begun = time.monotonic()
    _compare_table(jobs, source, table, url, found)
    found.seconds = time.monotonic() - begun
    report(found)


def _compare_table(jobs: SideBySide, source: Source, table: Table, url: str, found: SourceComparison) -> None:
    try:
        with wired(url, "weir verify") as wire, jobs.ended_by(wire.cancel):
            raw = Raw(wire, source.name, table.name, "verify")
            # where the source has a new column, raw is locked by us while a staging model is compared, or the reverse
            wire.execute("begin; set local lock_timeout = '2h'")
            if not wire.value("select to_regclass($1)", raw.relation):
                found.message = f"{source.name}.{table.name} has never been landed: type `weir land`"
                return
            raw.look()
            with open_connector(source, wire.loop) as connector:
                key, found.promise = connector.read_all(table, raw, raw.state)
            _compare_rows(wire, raw, key, found)
    except Exception as fault:
        found.message, found.cause = one_line(fault, source, table), cause(fault)


def _compare_rows(wire: Wire, raw: Raw, key: list[str], found: SourceComparison) -> None:
    """Count the rows that are missing, extra and different, and name examples."""
    raw.hold_back([name for name in key if name != "_file"], "incoming")
    exact = [c for c in raw.columns if c.name not in {"_line", "_n"} or c.name in key]
    # NULL is kept apart from text: a row of a file without a key, or in conflict, is identified by its line.
    types = {c.name: c.type for c in raw.columns}
    parts = [f"coalesce(quote_literal({_same(name, types)}::text), 'null')" for name in key]
    identity = f"concat_ws(' ', {', '.join(parts)})"
    if "_file" in key:
        alone = by_line([name for name in key if name != "_file"])
        identity = f"case when {alone} then concat(quote_literal(_file), ' line ', _line) else {identity} end"
    wire.execute("set local work_mem = '128MB'")
    equal, where = _compare_digests(wire, raw, exact, identity)
    found.source_rows = found.raw_rows = equal
    if where:
        _compare_differing(wire, raw, key, exact, identity, where, found)


def _compare_digests(wire: Wire, raw: Raw, exact: list[Column], identity: str) -> tuple[int, str]:
    """The number of rows in buckets whose digests are equal, and the condition for those of the others, if any.

    The identity decides the bucket. Its digest is a sum of hashes of rows, so it knows neither order nor version: a
    bucket with a tombstone, or with a row twice, counts as differing.
    """
    body = row_hash({quoted(c.name): c.type for c in exact})
    hashes = f"hashtextextended({identity}, 0) as id, {body} as body"
    # `offset '0'` keeps PostgreSQL from taking the buckets for as many as the rows: it would sort whole rows then.
    there = f"select id, body, 1 as rows from (select {hashes} from incoming offset '0') v"
    if not raw.unique:
        there = f"select id, min(body) as body, count(*) as rows from ({there}) v group by id"
    wire.execute(f"""create temporary table buckets on commit drop as
        with there as (
            select id & {BUCKETS - 1} as bucket, sum(rows) as rows, sum(body) as body, bool_or(rows > 1) as twice
            from ({there}) v group by 1
        ),

        here as (
            select id & {BUCKETS - 1} as bucket, count(*) as rows, sum(body) as body, bool_or(_op = 'delete') as gone
            from (select {hashes}, _op from {raw.relation} offset '0') v group by 1
        )

        select bucket, there.rows,
            here.rows = there.rows and here.body = there.body and not gone and not twice is true as same
        from there full join here using (bucket)""")
    same, all_of_them, equal = wire.row("""select count(*) filter (where same), count(*),
        coalesce(sum(rows) filter (where same), 0)::int8 from buckets""")
    if same == all_of_them:
        return equal, ""
    differing = "select b.bucket from buckets b where b.same is not true"
    return equal, f"(hashtextextended({identity}, 0) & {BUCKETS - 1}) in ({differing})" if same else "true"


def _compare_differing(
    wire: Wire, raw: Raw, key: list[str], exact: list[Column], identity: str, where: str, found: SourceComparison
) -> None:
    """Compare the rows of the condition one by one, and add them to the counts.

    Both sides become narrow tables of digests and row addresses, because sorting many whole documents takes minutes.
    """
    body = f"md5(row({', '.join(_value(c) for c in exact)})::text)::uuid"
    digests = f"md5({identity})::uuid as id, {body} as body, ctid as place"
    wire.execute(
        "create temporary table here on commit drop as select id, body, place from (select distinct on (id) * from "
        f"(select {digests}, _seq, _op from {raw.relation} where {where}) v order by id, _seq desc) v "
        "where _op <> 'delete'"
    )
    line = "_line" if any(c.name == "_line" for c in raw.columns) else "0"
    wire.execute(
        "create temporary table there on commit drop as select distinct on (id) id, body, place, new from "
        f"(select {digests}, _dlt_new is true as new, {line} as line from incoming where {where}) v "
        "order by id, line desc"
    )
    wire.execute("analyze here")
    wire.execute("analyze there")
    joined = (
        "select h.place as h, t.place as t, t.new is true as new, h.body = t.body as same "
        "from there t full join here h using (id)"
    )
    counts = wire.row(f"""select count(t), count(h), count(*) filter (where h is null and not new),
        count(*) filter (where t is null), count(*) filter (where not same and not new),
        count(*) filter (where same is not true and new) from ({joined}) j""")
    source_rows, raw_rows, found.missing, found.extra, found.different, found.changed_since = counts
    found.duplicates += wire.value("select count(*) from incoming") - found.source_rows - source_rows
    found.source_rows, found.raw_rows = found.source_rows + source_rows, found.raw_rows + raw_rows
    if not (found.missing or found.extra or found.different):
        return
    for row in wire.rows(f"""select
            coalesce((select {identity} from incoming where ctid = d.t), (select {identity} from {raw.relation}
                where ctid = d.h)) as id,
            case when h is null then 'missing in raw' when t is null then 'gone at the source'
                else 'differs in ' || coalesce(nullif((select {_differing(exact)} from incoming t, {raw.relation} h
                    where t.ctid = d.t and h.ctid = d.h), ''), 'its content') end as what
            from (select * from ({joined}) j where same is not true and not new order by t, h limit {SHOWN}) d
            order by id"""):
        found.examples.append(f"{listed(key).replace(chr(34), '')} = {row['id']}: {row['what']}")


def _same(name: str, types: dict[str, str]) -> str:
    """The expression of a key column that gives equal values the same text: 1.0 and 1.00."""
    return f"trim_scale({quoted(name)})" if types.get(shortened(name)) == "numeric" else quoted(name)


def _value(column: Column) -> str:
    return comparable(column).removesuffix(f" as {quoted(column.name)}")


def _differing(columns: list[Column]) -> str:
    cases = [f"case when t.{quoted(c.name)}::text is distinct from h.{quoted(c.name)}::text "
             f"then '{c.name.replace(chr(39), chr(39) * 2)}' end" for c in columns[:90]]  # fmt: skip
    return f"concat_ws(', ', {', '.join(cases)})"
