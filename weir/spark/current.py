"""Brings the lake up to date with raw, and Spark's tables with the lake: before each build on Spark.

In: the warehouse, WEIR_LAKE, WEIR_SPARK_URL. Out: new files in the lake, tables over them, and what was written. Where
somebody was forgotten, Spark's tables are dropped before.
"""

from collections.abc import Callable

from weir import warehouse
from weir.spark.forgotten import drop_tables, erasures
from weir.spark.lake.opening import note_cleared, open_lake
from weir.spark.lake.raw import Sent, send_raw
from weir.spark.lake.small import VERSIONS, send_small
from weir.spark.lake.tables import apply
from weir.spark.server import Server, session


def bring_up_to_date(server: Server, report: Callable[[str], None] = lambda step: None) -> Sent:
    """Write what has landed into the lake and point Spark's tables at it.

    Raises WeirError where the lake can't be written, raw does not hold the rows of its receipts, or the server does not
    answer.
    """
    with session(server) as cursor:  # first: a server that is away is said before anything is written
        with warehouse.connect() as connection:
            lake, erased = open_lake(connection), erasures(connection)
            is_cleared = drop_tables(cursor, lake, erased, report)
            sent = send_raw(lake, report=report)
            small = send_small(connection, lake, versions=1 if is_cleared else VERSIONS)
        apply(cursor, [*sent.tables, *small], lake)
        if is_cleared:
            with warehouse.connect(role=warehouse.Role.DBT) as connection:  # the next run makes all tables anew
                connection.execute("update ops.spark_staging set cleared_at = '-infinity'")
            note_cleared(lake, erased)  # last: what was killed on the way is done again
    return sent
