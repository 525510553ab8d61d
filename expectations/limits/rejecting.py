"""Rules that reject much when they first judge: warnings of gate marts, each with values as an example.

In: the ledger's steps since the last good set, their rows in quarantine, the reasons that were known then. Out: a
sentence for each reason that rejects more than half of a model's first load, or that is new to a known model and
rejects more than a tenth of the rows judged. The record of the gate keeps the reasons, never a value.
"""

from collections import Counter
from typing import Any

import psycopg

FIRST, NEW = 0.5, 0.1  # the share of rejected rows from which on a rule is told, of a first load and of a new reason
LOOKED_AT, SHOWN = 1000, 3  # rows that are looked at for values, and values that are shown

Connection = psycopg.Connection[dict[str, Any]]


def known_reasons(connection: Connection) -> dict[str, list[str]]:
    """The reasons that each model has ever given, this set's included, for the record of the gate."""
    known = _before(connection) or {}
    for row in connection.execute(_ALL).fetchall():
        known[row["model"]] = sorted({*known.get(row["model"], []), *row["reasons"]})
    return known


def warnings(connection: Connection) -> list[str]:
    """A sentence for each rule that rejects much of what it judges for the first time; personal values are covered."""
    before = _before(connection)
    told = []
    for row in connection.execute(_FOUND).fetchall():
        is_new = before is not None and row["reason"] not in before.get(row["model"], [])
        if row["rows"] > row["judged"] * (FIRST if row["is_first"] else NEW) and (row["is_first"] or is_new):
            told.append(row)
    return [_sentence(connection, row) for row in told]


def _before(connection: Connection) -> dict[str, list[str]] | None:
    """The reasons that were known to the last good set; None where it did not record them."""
    row = connection.execute(_KNOWN).fetchone()
    return dict(row["reasons"]) if row and row["reasons"] is not None else None


def _sentence(connection: Connection, row: dict[str, Any]) -> str:
    kind = "first load" if row["is_first"] else "rule or reason that is new"
    values = [f"{value}" for value, _ in _values(connection, row).most_common(SHOWN)]
    such_as = f", such as {' · '.join(values)}" if values else ""
    return (
        f"{row['model']}: {row['reason']} in {row['rows']:,} of {row['judged']:,} rows{such_as} ({kind}): "
        "mend the model where the rows are right"
    )


def _values(connection: Connection, row: dict[str, Any]) -> Counter[str]:
    """The values that the reason is about, with how often each was found."""
    from weir.access.carried import read_lineage
    from weir.access.reasons import Reasons
    from weir.access.veil import Veil
    from weir.core.errors import WeirError

    try:
        lineage = read_lineage()
    except WeirError:
        return Counter()
    reasons = Reasons(lineage, row["model"], {}, Veil(lineage, row["model"]))
    found: Counter[str] = Counter()
    for waiting in connection.execute(_ROWS, [row["model"], row["reason"], LOOKED_AT]).fetchall():
        values = reasons.values(row["reason"], waiting["row"])
        if values:
            found[", ".join(values.values() if len(values) == 1 else (f"{n} {v}" for n, v in values.items()))] += 1
    return found


_GOOD = "select coalesce(max(checked_at), '-infinity') as at from ops.gates where gate = 'marts' and passed"
_KNOWN = """
select case when count(*) = 0 then '{}'::jsonb else (array_agg(results -> 'reasons' order by checked_at desc))[1] end
    as reasons
from ops.gates where gate = 'marts' and passed"""
_ALL = """
select model, array_agg(distinct reason) as reasons from quality.quarantine, unnest(reasons) as reason group by model"""
_FOUND = f"""
with good as ({_GOOD}),
steps as (
    select distinct on (model, load_id) model, load_id, accepted + accepted_by_hand + rejected as judged
    from ops.ledger, good where built_at > good.at order by model, load_id, built_at desc
),
models as (
    select s.model, sum(s.judged)::bigint as judged,
        not exists (select from ops.ledger as l, good where l.model = s.model and l.built_at <= good.at) as is_first
    from steps as s group by s.model
)
select models.*, reason, count(*) as rows
from models
inner join steps using (model)
inner join quality.quarantine as q using (model, load_id)
cross join unnest(q.reasons) as reason
where q.resolved_at is null
group by models.model, models.judged, models.is_first, reason
order by models.model, rows desc, reason"""
_ROWS = """
select row from quality.quarantine where model = %s and resolved_at is null and %s = any(reasons)
order by first_seen desc, seq limit %s"""
