"""Brings the lake up to date with raw, and Spark's tables with the lake: before each build on Spark.

In: the warehouse, WEIR_LAKE, WEIR_SPARK_URL. Out: new files in the lake, tables over them, and what was written.
"""

from collections.abc import Callable

from weir import warehouse
from weir.spark.lake.opening import open_lake
from weir.spark.lake.raw import Sent, send_raw
from weir.spark.lake.small import send_small
from weir.spark.lake.tables import apply
from weir.spark.server import Server, session


def bring_up_to_date(server: Server, report: Callable[[str], None] = lambda step: None) -> Sent:
    """Write what has landed into the lake and point Spark's tables at it.

    Raises WeirError where the lake can't be written, raw does not hold the rows of its receipts, or the server does not
    answer.
    """
    with session(server) as cursor:  # first: a server that is away is said before anything is written
        with warehouse.connect() as connection:
            lake = open_lake(connection)
            sent = send_raw(lake, report=report)
            small = send_small(connection, lake)
        apply(cursor, [*sent.tables, *small], lake)
    return sent
