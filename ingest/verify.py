"""Proof: every table read whole at its source and compared with the current rows of raw, by key and by content.

In: the plan. Out: one TableCheck per table. Rows that changed at the source since they were landed are told apart
where the source can tell (PostgreSQL's row versions, a file's digest). Nothing is written: the transaction is rolled
back. Alone: `weir verify`.
"""

from ingest.connectors import open_connector
from ingest.faults import plain
from ingest.plan import Plan, Source, Table
from ingest.raw import Column, Raw, comparable, listed, quoted
from ingest.results import TableCheck
from ingest.wire import Wire, wired

SHOWN = 5


def compare_with_sources(plan: Plan, sources: list[str] | None = None) -> list[TableCheck]:
    """Compare every table of the sources named, or all. A table that can't be read is a TableCheck with a message."""
    from weir import warehouse

    url = warehouse.ensure()
    return [_check(source, table, url) for source in plan.pick(sources, None) for table in source.tables]


def _check(source: Source, table: Table, url: str) -> TableCheck:
    check = TableCheck(source.name, table.name, 0, 0, 0, 0, 0, [], "")
    try:
        with wired(url, "weir verify") as wire:
            raw = Raw(wire, source.name, table.name, "verify")
            wire.execute("begin")
            if not wire.value("select to_regclass($1)", raw.relation):
                check.message = f"{source.name}.{table.name} has never been landed: type `weir land`"
                return check
            with open_connector(source, wire.loop) as connector:
                key, check.promise = connector.whole(table, raw, raw.state())
            _compare(wire, raw, key, check)
    except Exception as fault:
        check.message = plain(fault, source, table)
    return check


def _compare(wire: Wire, raw: Raw, key: list[str], check: TableCheck) -> None:
    """Count what is missing, extra and different, and name examples."""
    names = [c.name for c in raw.columns]
    exact = [c for c in raw.columns if c.name not in {"_line", "_n"} or c.name in key]
    # NULL stands for itself: a row of a file whose key is NULL is known by its line.
    parts = [f"coalesce(quote_literal({quoted(name)}::text), 'null')" for name in key]
    if "_file" in key:
        nulls = " and ".join(f"{quoted(name)} is null" for name in key if name != "_file") or "true"
        parts.append(f"case when {nulls} then _line end")
    identity = f"concat_ws(' ', {', '.join(parts)})"
    content = f"md5(row({', '.join(_value(c) for c in exact)})::text)"
    last = f"select max(_seq) from {raw.relation} group by {identity}"
    wire.execute(
        f"create temporary table here on commit drop as select {identity} as _weir_id, {content} as _weir_body, "
        f"{listed(names)} from {raw.relation} where _seq in ({last}) and _op = 'upsert'"
    )
    order = "_line" if "_line" in names else "1"
    wire.execute(
        "create temporary table there on commit drop as "
        f"select distinct on ({identity}) {identity} as _weir_id, {content} as _weir_body, * from incoming "
        f"order by {identity}, {order} desc"
    )
    wire.execute("analyze here")
    wire.execute("analyze there")
    joined = (
        f"select _weir_id as id, t._weir_body as source, h._weir_body as raw, t._new is true as new, "
        f"{_differing(exact)} as columns from there t full join here h using (_weir_id)"
    )
    found = wire.row(f"""select count(source), count(raw), count(*) filter (where raw is null and not new),
        count(*) filter (where source is null), count(*) filter (where source <> raw and not new),
        count(*) filter (where source is distinct from raw and new) from ({joined}) j""")
    check.source_rows, check.raw_rows, check.missing, check.extra, check.different, check.changed_since = found
    for row in wire.rows(f"""select id, columns, case when raw is null then 'missing in raw'
            when source is null then 'gone at the source' end as what from ({joined}) j
            where source is distinct from raw and not new order by id limit {SHOWN}"""):
        what = row["what"] or "differs in " + (row["columns"] or "its content")
        check.examples.append(f"{listed(key).replace(chr(34), '')} = {row['id']}: {what}")


def _value(column: Column) -> str:
    return comparable(column).split(" as ")[0]


def _differing(columns: list[Column]) -> str:
    cases = [f"case when t.{quoted(c.name)}::text is distinct from h.{quoted(c.name)}::text "
             f"then '{c.name.replace(chr(39), chr(39) * 2)}' end" for c in columns[:90]]  # fmt: skip
    return f"concat_ws(', ', {', '.join(cases)})"
