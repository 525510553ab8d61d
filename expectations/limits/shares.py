"""The share of a table's rows that wait in quarantine, against the limit that its declaration states.

In: the tables with `max_rejected`, open quarantine, the rows at the source by the newest landing (where it counted
none, those of staging and quarantine). Out: for each staging model of such a table its rows, their limit, the top
reason.
"""

from typing import Any

import psycopg

from weir.core.settings import project_dir
from weir.ledger.staged import rows_of
from weir.project.sources import read_plan

Connection = psycopg.Connection[dict[str, Any]]


def shares(connection: Connection) -> list[dict[str, Any]]:
    """The measures of each staging model of a table with a limit: what waits, how much of it may, and mostly why."""
    limits = {
        (source.name, table.as_landed().name): table.max_rejected
        for source in read_plan(project_dir()).sources
        for table in source.tables
        if table.max_rejected is not None
    }
    found = []
    for row in connection.execute(_MODELS).fetchall() if limits else []:
        limit = limits.get((row["source"], row["table_name"]))
        staged = rows_of(connection, row["model"]) if limit is not None else None
        if limit is not None and staged is not None:
            found.append(_share(connection, row | {"staged": staged}, limit))
    return found


def _share(connection: Connection, row: dict[str, Any], limit: float) -> dict[str, Any]:
    """The rows of one model that wait, and how many may."""
    counted: Any = connection.execute(_COUNTS, row).fetchone()
    live = counted["source_rows"] if counted["source_rows"] is not None else row["staged"] + counted["waiting"]
    return {
        "model": row["model"],
        "table_at": f"{row['source']}.{row['table_name']}",
        "live": live,
        "waiting": counted["waiting"],
        "waiting_at_most": int(live * limit + 1e-9),
        "share": _percent(counted["waiting"] / live if live else 0),
        "allowed": _percent(limit),
        "top": counted["top"] or "nothing",
    }


def _percent(share: float) -> str:
    """A share as people write it, with as many digits as it takes to see that it is not nothing."""
    return f"{100 * share:.3g} per cent"


_MODELS = "select distinct model, source, table_name from ops.ledger order by model"
_COUNTS = """
with waiting as (
    select key, array_to_string(reasons, '; ') as why from quality.quarantine
    where model = %(model)s and resolved_at is null
)
select
    (select count(distinct key) from waiting) as waiting,
    (select why from waiting group by why order by count(*) desc, why limit 1) as top,
    (select source_rows from ops.landings where source = %(source)s and table_name = %(table_name)s
     order by landed_at desc, load_id desc limit 1) as source_rows"""
