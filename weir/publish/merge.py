"""Merges one table into another: DELETE, UPDATE and INSERT of the rows that differ, all in SQL.

In: a mart, the table to read (`source`), the table to change (`target`), in the caller's transaction. Out: counts.
Rows are compared by their binary image: 1.0 and 1.00 differ, and json, which has no equality, can be compared too.
A temporary table holds each difference as a pair of row addresses (ctid), so no row passes through Python.
Both tables must be locked against writers: a row address is valid only while nobody changes the row.
"""

import hashlib
from dataclasses import dataclass

import psycopg
from psycopg import sql

from weir.core.errors import WeirError
from weir.project.marts import Mart


@dataclass(frozen=True)
class Difference:
    """The difference of target and source: the temporary table of row addresses, and how many rows of each kind."""

    mart: Mart
    source: sql.Composable
    target: sql.Composable
    columns: tuple[str, ...]
    table: sql.Identifier
    inserted: int
    updated: int
    deleted: int
    was_empty: bool


def find(
    connection: psycopg.Connection,
    mart: Mart,
    source: sql.Composable,
    target: sql.Composable,
    columns: tuple[str, ...],
    where: sql.Composable | None = None,
) -> Difference:
    """Compare the two tables, or their rows that meet the condition `where`. The caller has checked the grain."""
    # PostgreSQL cuts long names: by digest, two marts whose names begin alike do not share a table.
    name = f"weir_{hashlib.md5(mart.label.encode()).hexdigest()}"
    table = sql.Identifier("pg_temp", name)
    query = _KEYED if mart.grain else _KEYLESS
    part = sql.SQL("(select ctid, * from {} as t where {})")
    both = [each if where is None else part.format(each, where) for each in (source, target)]
    connection.execute(
        sql.SQL("drop table if exists {table}; create temporary table {name} on commit drop as ").format(
            table=table, name=sql.Identifier(name)
        )
        + sql.SQL(query).format(
            source=both[0],
            target=both[1],
            match=match(mart, sql.SQL("n")),
            old=listed(columns, "p"),
            new=listed(columns, "n"),
            mine=listed(columns),
        )
    )
    connection.execute(sql.SQL("analyze {}").format(table))
    counts = connection.execute(
        sql.SQL(
            "select count(*) filter (where old is null), count(*) filter (where old is not null and new is not null),"
            " count(*) filter (where new is null), exists (select from {}) from {}"
        ).format(target, table)
    ).fetchone()
    assert counts
    inserted, updated, deleted, filled = counts
    return Difference(mart, source, target, columns, table, inserted, updated, deleted, was_empty=not filled)


def nothing(mart: Mart, source: sql.Composable, target: sql.Composable, columns: tuple[str, ...]) -> Difference:
    """The difference of two tables that are known to be equal."""
    return Difference(mart, source, target, columns, sql.Identifier("pg_temp"), 0, 0, 0, was_empty=False)


def delete(connection: psycopg.Connection, difference: Difference) -> None:
    """Delete the rows that the source no longer has."""
    if difference.deleted:
        _run(connection, difference, difference.deleted, _DELETE)


def update_and_insert(connection: psycopg.Connection, difference: Difference) -> None:
    """Update the rows that differ, then insert the rows that are new."""
    if difference.updated:
        _run(connection, difference, difference.updated, _UPDATE)
    if difference.inserted:
        _run(connection, difference, difference.inserted, _INSERT)


def listed(columns: tuple[str, ...], alias: str = "") -> sql.Composed:
    """The columns, separated by commas, each with the alias before it."""
    return sql.SQL(", ").join(sql.Identifier(alias, name) if alias else sql.Identifier(name) for name in columns)


def match(mart: Mart, other: sql.Composable) -> sql.Composed:
    """The condition that joins `p` to the other table by the mart's grain."""
    return sql.SQL(" and ").join(
        sql.SQL("p.{column} = {other}.{column}").format(column=sql.Identifier(name), other=other) for name in mart.grain
    )


def _run(connection: psycopg.Connection, difference: Difference, expected: int, statement: str) -> None:
    assigned = sql.SQL(", ").join(
        sql.SQL("{column} = n.{column}").format(column=sql.Identifier(name)) for name in difference.columns
    )
    done = connection.execute(
        sql.SQL(statement).format(
            source=difference.source,
            target=difference.target,
            table=difference.table,
            assigned=assigned,
            mine=listed(difference.columns),
            new=listed(difference.columns, "n"),
        )
    ).rowcount
    if done != expected:
        raise WeirError(
            f"{difference.mart.label} changed while it was merged ({done} rows instead of {expected}): publish again"
        )


_KEYED = """
select p.ctid as old, n.ctid as new from {target} as p full join {source} as n on {match}
where p.ctid is null or n.ctid is null or row({old})::record *<> row({new})::record"""
# EXCEPT ALL both ways in one pass: the nth copy of a row stands against the nth copy of it.
_KEYLESS = """
select p.address as old, n.address as new
from (select ctid as address, md5(row({mine})::text)::uuid as digest,
    row_number() over (partition by md5(row({mine})::text)::uuid) as copy from {target}) as p
full join (select ctid as address, md5(row({mine})::text)::uuid as digest,
    row_number() over (partition by md5(row({mine})::text)::uuid) as copy from {source} as s) as n
    on p.digest = n.digest and p.copy = n.copy
where p.address is null or n.address is null"""
_DELETE = "delete from {target} as p using {table} as d where p.ctid = d.old and d.new is null"
_UPDATE = """
update {target} as p set {assigned} from {table} as d, {source} as n
where p.ctid = d.old and n.ctid = d.new"""
_INSERT = """
insert into {target} ({mine})
select {new} from {table} as d join {source} as n on n.ctid = d.new where d.old is null"""
