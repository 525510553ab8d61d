"""The columns of a question: their types, their descriptions, and what they hold of a person.

In: a connection, a select. Out: a Column for each, by PostgreSQL's own description of the result: a column that is read
as it stands is known by its table, also through views' names, subqueries and CTEs.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

import psycopg
from psycopg.errors import error_from_result
from psycopg.pq import ExecStatus

from weir.core.errors import WeirError
from weir.project.marts import PRIVATE, PUBLISHED
from weir.project.personal import Mark

_KINDS = {
    "smallint": "integer", "integer": "integer", "bigint": "integer", "numeric": "numeric", "real": "float",
    "double precision": "float", "boolean": "boolean", "date": "date", "timestamp without time zone": "timestamp",
    "timestamp with time zone": "moment", "json": "json", "jsonb": "json",
    # written by PostgreSQL in forms of its own, which no spreadsheet takes for a formula
    "uuid": "plain", "time without time zone": "plain", "time with time zone": "plain", "interval": "plain",
    "bytea": "plain", "inet": "plain", "cidr": "plain", "money": "plain", "bit": "plain", "bit varying": "plain",
}  # fmt: skip
_FACTS = """
select format_type(o.type, o.mod), format_type(o.type, null), col_description(o.source, o.place), n.nspname, c.relname,
    a.attname
from unnest(%s::oid[], %s::int[], %s::oid[], %s::int[]) with ordinality as o (type, mod, source, place, at)
left join pg_class c on c.oid = o.source
left join pg_namespace n on n.oid = c.relnamespace
left join pg_attribute a on a.attrelid = o.source and a.attnum = o.place
order by o.at"""


@dataclass(frozen=True)
class Column:
    """A column: its name, its type, the kind of its values, and its mark where it holds personal data."""

    name: str
    type: str
    kind: str = "text"
    description: str = ""
    mark: Mark | None = None
    clear: bool = False

    @property
    def personal(self) -> str:
        """What the dictionary says of personal data; empty for a column that holds none."""
        return f"{self.mark.kind}, {'in clear' if self.clear else 'masked'}" if self.mark else ""


def describe(
    connection: psycopg.Connection, select: str, marks: Mapping[str, Mapping[str, Mark]], clear: bool
) -> list[Column]:
    """The columns of the select. `marks` holds the marks of columns, by mart; `clear` says how they are read.

    Raises psycopg.Error when PostgreSQL refuses the select, and WeirError when two columns have one name.
    """
    pgconn = connection.pgconn
    for result in (pgconn.prepare(b"", select.encode()), found := pgconn.describe_prepared(b"")):
        if result.status != ExecStatus.COMMAND_OK:
            raise error_from_result(result)
    every = range(found.nfields)
    names = [(found.fname(n) or b"").decode() for n in every]
    twice = [name for name, count in Counter(names).items() if count > 1]
    if twice:
        raise WeirError(f"two columns are called {twice[0]}: give each a name of its own (… as other_name)")
    if not names:
        raise WeirError("the question has no columns: name at least one")
    parts = [[get(n) for n in every] for get in (found.ftype, found.fmod, found.ftable, found.ftablecol)]
    facts = connection.execute(_FACTS, parts).fetchall()
    columns = []
    for name, (kind, base, text, schema, table, source) in zip(names, facts, strict=True):
        mark = (marks.get(table) or {}).get(source) if schema in (PUBLISHED, PRIVATE) else None
        is_clear = clear and (schema == PRIVATE or mark is not None)
        columns.append(Column(name, kind, _KINDS.get(base, "text"), text or "", mark, is_clear))
    return columns
