"""Ledger and quarantine of the models that Spark has staged, back in the warehouse, from each model's Delta table.

In: the folders of the tables `<model>__all`. Out: `ops.ledger`, `quality.quarantine`, and in `ops.spark_staging` which
commit they are of, with the number of accepted rows. All of a model in one transaction; a commit that is there is left
alone. From then on PostgreSQL would stage the model anew as a whole (`spark` as its code in `ops.staged_code`).
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import psycopg
from psycopg import sql
from pyarrow import parquet

from weir.core.errors import WeirError
from weir.project.names import shortened
from weir.spark.back.contracts import Target
from weir.spark.back.copy import Report, copy_back, plain
from weir.spark.back.delta import live_files
from weir.spark.lake.store import Store, store_at
from weir.warehouse.catalog import columns_of

_REJECTED = Target(
    "pg_temp", "weir_rejected",
    {"_key": "text", "_reasons": "text[]", "_row": "jsonb", "_load_id": "text", "_seq": "bigint",
     "_first_seen": "timestamptz", "_resolved_at": "timestamptz", "_how": "text"},
)  # fmt: skip
_COUNTS = ("_landed", "_accepted", "_accepted_by_hand", "_rejected", "_superseded", "_deleted", "_erased")
_STEPS = Target(
    "pg_temp", "weir_steps",
    {"_step_id": "text", "_run_id": "text", "_load_id": "text", "_as_of": "timestamptz", "_built_at": "timestamptz",
     "_full_refresh": "boolean", **dict.fromkeys(_COUNTS, "bigint")},
)  # fmt: skip


@dataclass(frozen=True)
class Staged:
    """A staged model: its name, and the source and table that it reads."""

    model: str
    source: str
    table: str


def bring_back_judged(
    connection: psycopg.Connection[Any], tables: Mapping[str, Staged], report: Report = lambda step: None
) -> list[str]:
    """Bring ledger and quarantine up to Spark's newest commit; returns the models that had a new one.

    `tables` holds the address of the folder of each model's `__all`. The connection should be the role's that dbt has
    (Role.DBT); each model is committed by itself. Raises WeirError where a table can't be read.
    """
    changed = []
    for address, staged in tables.items():
        store = store_at(plain(address))
        mark = _mark(store, staged)
        if connection.execute(_IS_KNOWN, [staged.model, mark]).fetchone() == (True,):
            continue
        report(f"ledger and quarantine of {staged.model}")
        with connection.transaction():
            _take(connection, store, staged, mark)
        changed.append(staged.model)
    return changed


def _mark(store: Store, staged: Staged) -> str:
    """The newest commit of the table: its number and a digest of what it says."""
    commits = sorted(name for name in store.sizes("_delta_log") if name.endswith(".json") and name.count("/") == 1)
    text = store.read(commits[-1]) if commits else None
    if text is None:
        raise WeirError(f"{store.url} holds no Delta table of {staged.model}: type `weir build --full-refresh`")
    return f"{int(commits[-1].partition('/')[2][:-5])} {hashlib.sha256(text).hexdigest()[:16]}"


def _take(connection: psycopg.Connection[Any], store: Store, staged: Staged, mark: str) -> None:
    """Take over all that the model's commit says."""
    kinds: dict[str, list[str]] = {"accepted": [], "rejected": [], "step": []}
    for name in live_files(store, "") or []:
        kinds.setdefault(name.partition("/")[0].removeprefix("_kind="), []).append(name)
    if not kinds["step"] and not kinds.get("code"):
        return  # Spark has never staged it
    connection.execute("set local timezone to 'UTC'")
    for target, files in ((_REJECTED, kinds["rejected"]), (_STEPS, kinds["step"])):
        target.make(connection, target.name)
        copy_back(connection, store, files, target)
    named = {"model": sql.Literal(staged.model), "source": sql.Literal(staged.source),
             "table": sql.Literal(staged.table), "row": _row(connection, staged)}  # fmt: skip
    connection.execute(sql.SQL(_TAKE_REJECTED).format(**named))
    connection.execute(sql.SQL(_TAKE_STEPS).format(**named))
    rows = sum(parquet.ParquetFile(store.open(name)).metadata.num_rows for name in kinds["accepted"])
    connection.execute(_NOTE, [staged.model, mark, rows])
    connection.execute(_NOT_HERE, [staged.model])
    connection.execute("drop table pg_temp.weir_rejected, pg_temp.weir_steps")


def _row(connection: psycopg.Connection[Any], staged: Staged) -> sql.Composable:
    """The rejected row as received, in SQL: each value of the type that it has in raw.

    Spark has what is JSON, and numbers without a size, as text.
    """
    schema, name = f"raw_{staged.source}", shortened(staged.table)
    types = columns_of(connection, schema, name)
    if not types:
        return sql.SQL("_row")
    documents = [
        sql.SQL(" || case when _row ? {c} then jsonb_build_object({c}, (_row ->> {c})::jsonb) else '{{}}' end").format(
            c=sql.Literal(column)
        )
        for column, kind in types.items() if kind in {"json", "jsonb"}
    ]  # fmt: skip
    return sql.SQL(_AS_RECEIVED).format(raw=sql.Identifier(schema, name), documents=sql.SQL("").join(documents))


# NULLs are left out of the row alone, not of documents in it.
_AS_RECEIVED = """(
    select coalesce(jsonb_object_agg(c.key, c.value), '{{}}')
    from jsonb_each(to_jsonb(jsonb_populate_record(null::{raw}, _row{documents}))) as c
    where c.value <> 'null' and c.key not in ('_dlt_load_id', '_op', '_seq')
)"""
_IS_KNOWN = """
select exists (
    select from ops.spark_staging inner join ops.staged_code using (model)
    where model = %s and mark = %s and digest = 'spark'
)"""
_TAKE_REJECTED = """
delete from quality.quarantine as q
where q.model = {model}
    and not exists (select from pg_temp.weir_rejected as r where r._key = q.key and r._load_id = q.load_id);
insert into quality.quarantine as q (model, key, reasons, row, load_id, seq, first_seen, resolved_at, how)
select {model}, _key, _reasons, {row}, _load_id, _seq, _first_seen, _resolved_at, _how
from pg_temp.weir_rejected
on conflict (model, key, load_id) do update set
    reasons = excluded.reasons, row = excluded.row, seq = excluded.seq, first_seen = excluded.first_seen,
    resolved_at = excluded.resolved_at, how = excluded.how
where (q.reasons, q.row, q.seq, q.first_seen, q.resolved_at, q.how) is distinct from
    (excluded.reasons, excluded.row, excluded.seq, excluded.first_seen, excluded.resolved_at, excluded.how)"""
# By this server's clock, in the order of Spark's: two clocks that differ must not change which step is the newest.
_TAKE_STEPS = """
insert into ops.ledger (
    step_id, run_id, model, source, table_name, load_id, as_of, full_refresh,
    landed, accepted, accepted_by_hand, rejected, superseded, deleted, erased
)
select
    _step_id, _run_id, {model}, {source}, {table}, _load_id, _as_of, _full_refresh,
    _landed, _accepted, _accepted_by_hand, _rejected, _superseded, _deleted, _erased
from pg_temp.weir_steps as s
where not exists (
    select from ops.ledger as l where l.step_id = s._step_id and l.model = {model} and l.load_id = s._load_id
)
order by _built_at, _load_id"""
_NOTE = """
insert into ops.spark_staging (model, mark, rows) values (%s, %s, %s)
on conflict (model) do update set mark = excluded.mark, rows = excluded.rows"""
_NOT_HERE = """
insert into ops.staged_code (model, digest, docs) values (%s, 'spark', '')
on conflict (model) do update set digest = excluded.digest, docs = excluded.docs, built_at = clock_timestamp()"""
