"""Locks of a publication and of a roll-back: one of them at a time, and no other writer on the marts meanwhile.

In: the warehouse, marts. Out: a connection that holds the publication lock; locked tables; an order of the marts that
their foreign keys allow.
"""

import graphlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import psycopg
from psycopg import sql

from weir import warehouse
from weir.core.errors import WeirError
from weir.project.marts import Mart

LOCK_WAIT = "10s"  # for other writers; readers are never in the way


@contextmanager
def alone(settings: str = "") -> Iterator[psycopg.Connection]:
    """Open a connection that holds the publication lock; `settings` are more of its session, as libpq takes them.

    Raises WeirError, one line, for a fault of the database.
    """
    options = f"-c TimeZone=UTC {settings}"
    with warehouse.connect(autocommit=True, options=options) as connection:
        # The server ends the statement of a killed publisher, so that the lock is free within seconds.
        connection.execute("set client_connection_check_interval = '2s'; set lock_timeout = 0; set work_mem = '64MB'")
        connection.execute("select pg_advisory_lock(hashtext('weir publish'))")
        try:
            yield connection
        except psycopg.Error as fault:
            text = " ".join(str(fault).split())
            raise WeirError(f"nothing was changed, because the warehouse refused it: {text}") from fault


def lock(
    connection: psycopg.Connection, found: Sequence[Mart], schema: str = "", mode: str = "share row exclusive"
) -> None:
    """Lock the tables against other writers (dbt too) until the transaction ends. Readers do not wait.

    The tables are those that readers see, or, with `schema`, those of the same names there.

    Raises WeirError when another writer holds a table for longer than `LOCK_WAIT`.
    """
    if not found:
        return
    tables = sorted({(schema or mart.schema, mart.name) for mart in found})
    names = sql.SQL(", ").join(sql.Identifier(*table) for table in tables)
    connection.execute(f"set local lock_timeout = '{LOCK_WAIT}'")
    try:
        connection.execute(sql.SQL("lock table {} in {} mode").format(names, sql.SQL(mode)))
    except psycopg.errors.LockNotAvailable:
        raise WeirError(
            f"somebody is writing to {schema or tables[0][0]} (a build, or a transaction left open; pg_stat_activity "
            "shows it): nothing was published; try again when it has ended"
        ) from None


def parents_first(connection: psycopg.Connection, found: Sequence[Mart]) -> list[Mart]:
    """Sort the marts by their foreign keys: a mart comes after the marts that it refers to."""
    rows = connection.execute(
        "select n.nspname || '.' || c.relname, n.nspname || '.' || p.relname from pg_constraint f "
        "join pg_class c on c.oid = f.conrelid join pg_class p on p.oid = f.confrelid "
        "join pg_namespace n on n.oid = c.relnamespace where f.contype = 'f' "
        "and n.nspname = any(%s) and p.relnamespace = c.relnamespace and c.oid <> p.oid",
        [[mart.schema for mart in found]],
    ).fetchall()
    known = {mart.place: mart for mart in found}
    parents = {name: {parent for child, parent in rows if child == name and parent in known} for name in known}
    try:
        return [known[name] for name in graphlib.TopologicalSorter(parents).static_order()]
    except graphlib.CycleError:  # possible with deferrable keys, which allow any order
        return list(found)
