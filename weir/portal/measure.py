"""Measures what the portal shows of a run beside what the steps write: seconds of each step, sizes, free disk.

In: a run's seconds; the warehouse. Out: `ops.run_steps`, `ops.sizes`, `ops.disks`, the last two once a day.
"""

import shutil
from collections.abc import Mapping

import psycopg

from weir import warehouse
from weir.warehouse.embedded.server import data_folder

_SIZES = """
insert into ops.sizes (day, schema_name, table_name, bytes, measured_at)
select current_date, spaces.nspname, tables.relname, pg_total_relation_size(tables.oid), clock_timestamp()
from pg_class as tables
inner join pg_namespace as spaces on tables.relnamespace = spaces.oid
where tables.relkind in ('r', 'm') and tables.relpersistence <> 't'
    and spaces.nspname <> 'information_schema' and spaces.nspname not like 'pg\\_%'
    and pg_total_relation_size(tables.oid) is not null
on conflict (day, schema_name, table_name) do update set bytes = excluded.bytes, measured_at = excluded.measured_at"""
_DISK = """
insert into ops.disks (day, database_bytes, free_bytes, total_bytes, measured_at)
values (current_date, pg_database_size(current_database()), %s, %s, clock_timestamp())
on conflict (day) do update set
    database_bytes = excluded.database_bytes, free_bytes = excluded.free_bytes,
    total_bytes = excluded.total_bytes, measured_at = excluded.measured_at"""


def measure(connection: psycopg.Connection, run_id: str, seconds: Mapping[str, float]) -> None:
    """Write the seconds of the run's steps, and today's sizes in place of those that were measured earlier today."""
    disk: list[int | None] = [None, None]
    if warehouse.is_own_server():
        usage = shutil.disk_usage(data_folder())
        disk = [usage.free, usage.total]
    with connection.transaction():
        with connection.cursor() as cursor:
            cursor.executemany(
                "insert into ops.run_steps (run_id, step, seconds) values (%s, %s, %s) on conflict do nothing",
                [[run_id, step, taken] for step, taken in seconds.items()],
            )
        connection.execute(_SIZES)
        connection.execute(_DISK, disk)
