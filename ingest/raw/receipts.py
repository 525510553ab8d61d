"""Receipts: the rows of `ops.landings`, each committed together with the rows and the state of one landing.

In: what a landing did. Out: the receipt; and for the next landing the table's state, its columns then and now.
"""

import json
from datetime import datetime
from typing import Any

from ingest.raw import erased
from ingest.raw.connection import Wire

# The columns of a relation of raw, which is $1.
COLUMNS = """select attname,
case atttypid when 'bpchar'::regtype then 'bpchar' else format_type(atttypid, null) end as type from pg_attribute
where attrelid = to_regclass($1) and attnum > 0 and not attisdropped order by attnum"""
_NEWEST = "from ops.landings where source = $2 and table_name = $3 and {} is not null order by landed_at desc limit 1"
_KNOWN = f"""select (select to_jsonb(l) from ops.landings l where load_id = $4 and job = $5),
(select state from (select state {_NEWEST.format("state")}) s where to_regclass($1) is not null),
(select columns {_NEWEST.format("columns")}),
(select jsonb_agg(jsonb_build_array(attname, type)) from ({COLUMNS}) c),
(select to_jsonb(in_lake) from (select in_lake {_NEWEST.format("nullif(landed, 0)")}) i),
{erased.KNOWN}"""
_WRITE = """insert into ops.landings (load_id, job, run_id, source, table_name, promise, how, extracted, landed,
deleted, source_rows, bytes, seconds, as_of, state, columns, drift, duplicates, compared, is_whole, erased, in_lake)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22)"""


def read(wire: Wire, relation: str, source: str, table: str, load_id: str, job: str) -> list[Any]:
    """The job's receipt under this load, the table's state, its columns when last landed, its columns now, whether the
    rows that it has are in the lake alone, and who is erased in it.

    Each is None where there is none. The state is that of the newest receipt with one, unless the table is gone.
    """
    found = wire.row(_KNOWN, relation, source, table, load_id, job)
    return [None if value is None else json.loads(value) for value in found]


def write(wire: Wire, load_id: str, job: str, run_id: str | None, source: str, table: str, as_of: datetime,
          facts: dict[str, Any], state: dict[str, Any] | None, columns: dict[str, str]) -> None:  # fmt: skip
    """Write the receipt of a job; `facts` are the counts and words of its landing.

    `compared` among them is false where all rows read were new; `is_whole` is true where the table was read whole.
    """
    wire.execute(
        _WRITE, load_id, job, run_id, source, table, facts["promise"], facts["how"], facts["extracted"],
        facts["landed"], facts["deleted"], facts.get("source_rows"), facts.get("bytes", 0), facts["seconds"],
        as_of, None if state is None else json.dumps(state), json.dumps(columns),
        facts["drift"] or None, facts.get("duplicates"), facts.get("compared", True), facts.get("is_whole", False),
        facts.get("erased", 0), facts.get("in_lake", False),
    )  # fmt: skip
