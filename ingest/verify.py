"""Sources against raw: reads every table whole at its source and compares it with the live rows of raw.

In: the plan. Out: one SourceComparison per table, by key and by content. Rows that changed at the source after they
were landed are counted apart where the source can tell (PostgreSQL's row versions, a file's digest). Nothing is
written: the transaction is rolled back. Alone: `weir verify`.
"""

from ingest.connectors.registry import open_connector
from ingest.connectors.repeats import by_line
from ingest.faults import cause, one_line
from ingest.raw.columns import Column, comparable, listed, quoted
from ingest.raw.connection import Wire, wired
from ingest.raw.table import Raw
from ingest.results import SourceComparison
from weir.ledger.found import with_found
from weir.project.names import shortened
from weir.project.plan import Plan, Source, Table

SHOWN = 5


def compare_with_sources(plan: Plan, sources: list[str] | None = None) -> list[SourceComparison]:
    """Compare every table of the sources named, or all.

    A table that can't be read becomes a SourceComparison with a message.
    """
    from weir import warehouse

    url = warehouse.url_of(warehouse.Role.LOADER)
    picked = plan.pick(sources, None)
    if any(source.choice for source in picked):
        with warehouse.connect() as connection:
            picked = [with_found(connection, source) for source in picked]
    return [_compare_table(source, table, url) for source in picked for table in source.tables]


def _compare_table(source: Source, table: Table, url: str) -> SourceComparison:
    found = SourceComparison(source.name, table.name, 0, 0, 0, 0, 0, [], "")
    try:
        with wired(url, "weir verify") as wire:
            raw = Raw(wire, source.name, table.name, "verify")
            wire.execute("begin")
            if not wire.value("select to_regclass($1)", raw.relation):
                found.message = f"{source.name}.{table.name} has never been landed: type `weir land`"
                return found
            raw.look()
            with open_connector(source, wire.loop) as connector:
                key, found.promise = connector.read_all(table, raw, raw.state)
            _compare_rows(wire, raw, key, found)
    except Exception as fault:
        found.message, found.cause = one_line(fault, source, table), cause(fault)
    return found


def _compare_rows(wire: Wire, raw: Raw, key: list[str], found: SourceComparison) -> None:
    """Count the rows that are missing, extra and different, and name examples.

    Both sides become narrow tables of digests and row addresses, because sorting many whole documents takes minutes.
    """
    raw.hold_back([name for name in key if name != "_file"], "incoming")
    exact = [c for c in raw.columns if c.name not in {"_line", "_n"} or c.name in key]
    # NULL is kept apart from text: a row of a file without a key, or in conflict, is identified by its line.
    types = {c.name: c.type for c in raw.columns}
    parts = [f"coalesce(quote_literal({_same(name, types)}::text), 'null')" for name in key]
    identity = f"concat_ws(' ', {', '.join(parts)})"
    if "_file" in key:
        alone = by_line([name for name in key if name != "_file"])
        identity = f"case when {alone} then concat(quote_literal(_file), ' line ', _line) else {identity} end"
    body = f"md5(row({', '.join(_value(c) for c in exact)})::text)::uuid"
    digests = f"md5({identity})::uuid as id, {body} as body, ctid as place"
    wire.execute("set local work_mem = '256MB'")
    wire.execute(
        "create temporary table here on commit drop as select id, body, place from (select distinct on (id) * from "
        f"(select {digests}, _seq, _op from {raw.relation}) v order by id, _seq desc) v where _op <> 'delete'"
    )
    line = "_line" if any(c.name == "_line" for c in raw.columns) else "0"
    wire.execute(
        "create temporary table there on commit drop as select distinct on (id) id, body, place, new from "
        f"(select {digests}, _dlt_new is true as new, {line} as line from incoming) v order by id, line desc"
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
    found.source_rows, found.raw_rows, found.missing, found.extra, found.different, found.changed_since = counts
    found.duplicates += wire.value("select count(*) from incoming") - found.source_rows
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
