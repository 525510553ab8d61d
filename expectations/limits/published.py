"""The limits of gate marts: from the set that was published last, and from the rejections of earlier loads.

In: `analytics`, `analytics_next`, `ops.ledger`. Out: parameters of the suites in suites/marts.py. With nothing
published, or too few rows to compare with, the limits are so wide that nothing exceeds them.
"""

from collections.abc import Mapping
from typing import Any

import psycopg
from psycopg import sql

from expectations.suites.marts import MEANS
from weir.project.marts import PUBLISHED, Mart
from weir.warehouse.catalog import columns_of

# With fewer published rows the next set is not compared with them.
FEW_PUBLISHED = 50
NO_LIMIT = 10**15


def parameters(
    connection: psycopg.Connection[dict[str, Any]], mart: Mart, known: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    """Limits for the mart: rows_at_least, rows_at_most, and {column}_at_least, {column}_at_most for its means.

    `known` are measures of the published table, where they need not be read.
    """
    means = MEANS.get(mart.name, {})
    found: dict[str, Any] = {"published": 0, "rows_at_least": 0, "rows_at_most": NO_LIMIT}
    for column in means:
        found |= {f"{column}_at_least": -NO_LIMIT, f"{column}_at_most": NO_LIMIT, f"{column}_published": None}
    table = sql.Identifier(PUBLISHED, mart.name)
    names = columns_of(connection, PUBLISHED, mart.name)
    if not names:
        return found
    if known is not None:
        row: Any = {
            "published": int(known["count(*)"]),
            **{c: float(known[f"avg({c})"] or 0) for c in means if f"avg({c})" in known},
        }
    else:
        averages = [sql.SQL(", avg({})::float as {}").format(*[sql.Identifier(c)] * 2) for c in means if c in names]
        query = sql.SQL("select count(*) as published{} from {}").format(sql.SQL("").join(averages), table)
        row = connection.execute(query).fetchone()
    found["published"] = row["published"]
    if row["published"] < FEW_PUBLISHED:
        return found
    found |= {"rows_at_least": -(-row["published"] // 2), "rows_at_most": max(3 * row["published"], 1000)}
    for column, factor in means.items():
        if row.get(column):
            low, high = sorted((row[column] / factor, row[column] * factor))
            found |= {f"{column}_at_least": low, f"{column}_at_most": high, f"{column}_published": row[column]}
    return found


def rejections(connection: psycopg.Connection[dict[str, Any]]) -> list[dict[str, Any]]:
    """For each staging model the rows landed and rejected since the last good set, and the limit of rejections."""
    return list(connection.execute(_REJECTIONS).fetchall())


# Limit = 5 × the share of earlier loads + 2 %, at least 20 rows; without history half of the landed rows.
_REJECTIONS = """
with steps as (
    select model, load_id, landed, rejected, min(built_at) over (partition by model, load_id) as first_built_at,
           row_number() over (partition by model, load_id order by built_at desc) as newest_first
    from ops.ledger
),
good as (select coalesce(max(checked_at), '-infinity') as at from ops.gates where gate = 'marts' and passed),
-- what was mended since is no reason to hold back the set
waiting as (
    select model, load_id, count(*) as rows from quality.quarantine where resolved_at is null group by model, load_id
),
shares as (
    select model,
           coalesce(sum(landed) filter (where first_built_at > good.at), 0)::bigint as landed,
           coalesce(sum(waiting.rows) filter (where first_built_at > good.at), 0)::bigint as rejected,
           coalesce(sum(landed) filter (where first_built_at <= good.at), 0)::bigint as landed_before,
           coalesce(sum(rejected) filter (where first_built_at <= good.at), 0)::bigint as rejected_before
    from steps cross join good left join waiting using (model, load_id)
    where newest_first = 1
    group by model
)
select model, landed, rejected,
       greatest(20, (landed * case when landed_before > 0
           then least(0.5, 5.0 * rejected_before / landed_before + 0.02) else 0.5 end)::bigint) as rejected_at_most,
       case when landed_before > 0
           then concat('usual: ', round(100.0 * rejected_before / landed_before, 2), ' per cent')
           else 'half of them, for no earlier set tells what is usual' end as usual
from shares
where landed > 0
order by model"""
