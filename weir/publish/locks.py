"""What a publication and its roll-back share: one at a time, locks on the marts, their order, what changed.

In: a connection to the warehouse. Out: the same, ready; faults of the database as one line.
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
    """A connection on which one publisher at a time works; raises WeirError, one line, for the database's faults."""
    with warehouse.connect(autocommit=True) as connection:
        # A publisher that was killed must not hold the lock until its last statement ends.
        connection.execute("set client_connection_check_interval = '2s'; set lock_timeout = 0; set work_mem = '64MB'")
        connection.execute("select pg_advisory_lock(hashtext('weir publish'))")
        try:
            yield connection
        except psycopg.Error as fault:
            text = " ".join(str(fault).split())
            raise WeirError(f"nothing was changed, for the warehouse refused it: {text}") from fault


def lock(connection: psycopg.Connection, schema: str, found: Sequence[Mart], mode: str = "share row exclusive") -> None:
    """Keep other writers (and dbt) off the tables until the transaction ends; readers are not held up.

    Raises WeirError when they do not let go within `LOCK_WAIT`.
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
    """The marts in an order that foreign keys between them allow: what is referred to comes first."""
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
    except graphlib.CycleError:  # deferrable keys may go round in a circle; any order does
        return list(found)
