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
from weir.project.marts import PUBLISHED, Mart

LOCK_WAIT = "10s"  # for other writers; readers are never in the way


@contextmanager
def alone() -> Iterator[psycopg.Connection]:
    """Open a connection that holds the publication lock. Raises WeirError, one line, for a fault of the database."""
    with warehouse.connect(autocommit=True) as connection:
        # The server ends the statement of a killed publisher, so that the lock is free within seconds.
        connection.execute("set client_connection_check_interval = '2s'; set lock_timeout = 0; set work_mem = '64MB'")
        connection.execute("select pg_advisory_lock(hashtext('weir publish'))")
        try:
            yield connection
        except psycopg.Error as fault:
            text = " ".join(str(fault).split())
            raise WeirError(f"nothing was changed, because the warehouse refused it: {text}") from fault


def lock(connection: psycopg.Connection, schema: str, found: Sequence[Mart], mode: str = "share row exclusive") -> None:
    """Lock the tables against other writers (dbt too) until the transaction ends. Readers do not wait.

    Raises WeirError when another writer holds a table for longer than `LOCK_WAIT`.
    """
    if not found:
        return
    names = sql.SQL(", ").join(sql.Identifier(schema, mart.name) for mart in sorted(found, key=lambda m: m.name))
    connection.execute(f"set local lock_timeout = '{LOCK_WAIT}'")
    try:
        connection.execute(sql.SQL("lock table {} in {} mode").format(names, sql.SQL(mode)))
    except psycopg.errors.LockNotAvailable:
        raise WeirError(
            f"somebody is writing to {schema} (a build, or a transaction left open; pg_stat_activity shows it): "
            "nothing was published; try again when it has ended"
        ) from None


def parents_first(connection: psycopg.Connection, found: Sequence[Mart]) -> list[Mart]:
    """Sort the marts by their foreign keys: a mart comes after the marts that it refers to."""
    rows = connection.execute(
        "select c.relname, p.relname from pg_constraint f join pg_class c on c.oid = f.conrelid "
        "join pg_class p on p.oid = f.confrelid where f.contype = 'f' "
        "and c.relnamespace = to_regnamespace(%s) and p.relnamespace = c.relnamespace and c.oid <> p.oid",
        [PUBLISHED],
    ).fetchall()
    known = {mart.name: mart for mart in found}
    parents = {name: {parent for child, parent in rows if child == name and parent in known} for name in known}
    try:
        return [known[name] for name in graphlib.TopologicalSorter(parents).static_order()]
    except graphlib.CycleError:  # possible with deferrable keys, which allow any order
        return list(found)
