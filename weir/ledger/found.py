"""The tables of a source that landings found by themselves, for a source that says `tables: {include: …}`.

In: the states of the newest landings. Out: the source with these tables, as far as it still includes them.
"""

import json
from typing import Any

import psycopg
from psycopg.rows import tuple_row

from weir.project.plan import Source, Table

QUERY = """
select table_name, state -> 'found' from (
    select distinct on (table_name) table_name, state from ops.landings
    where source = {} and state is not null order by table_name, landed_at desc
) as newest where state -> 'found' is not null order by table_name"""


def tables_of(source: Source, rows: list[Any]) -> list[Table]:
    """The tables that the rows of QUERY tell of, which the source still includes and does not declare by hand."""
    declared = {table.name for table in source.tables}
    found = []
    for name, facts in rows:
        told = json.loads(facts) if isinstance(facts, str) else facts
        if source.choice and name not in declared and source.choice.takes(told["schema"], told["name"]):
            there = {"schema": told["schema"], "name": told["name"]}
            found.append(Table.model_validate({"name": name, "key": told["key"], "from": told["from"], "found": there}))
    return found


def with_found(connection: psycopg.Connection[Any], source: Source) -> Source:
    """The source with the tables that were found at it, beside those that are declared."""
    if source.choice is None:
        return source
    with connection.cursor(row_factory=tuple_row) as cursor:
        rows = cursor.execute(QUERY.format("%s"), [source.name]).fetchall()
    return source.model_copy(update={"tables": [*source.tables, *tables_of(source, rows)]})
