"""The tables whose rows are in the lake alone, by their receipts."""

from typing import Any

import psycopg
from psycopg.rows import tuple_row


def tables_in_lake(connection: psycopg.Connection[Any]) -> list[str]:
    """The names ("source.table") of the tables that have landed rows in the lake alone, sorted."""
    query = "select distinct source || '.' || table_name from ops.landings where in_lake and landed > 0 order by 1"
    return [row[0] for row in connection.cursor(row_factory=tuple_row).execute(query).fetchall()]
