"""Keeps the rows that a publication changes, as they were before it, and restores them.

In: the differences of a publication. Out: rows of undo.rows; on a roll-back the marts as they were before.
A row is kept as the text of each column, because the mart's row type changes with the model; every type reads its own
text back exactly. Of an inserted row only the grain is kept. Of a mart that was empty before only one mark is kept.
"""

import psycopg
from psycopg import sql

from weir.core.errors import WeirError
from weir.project.marts import Mart
from weir.publish.merge import Difference, listed
from weir.warehouse.catalog import shape_of

KEPT = 5  # publications that can be rolled back


def settings(connection: psycopg.Connection) -> None:
    """Fix, for this transaction, how values are written as text, so that kept values read back the same."""
    connection.execute(
        "set local datestyle = 'ISO, YMD'; set local intervalstyle = 'postgres'; set local timezone = 'UTC';"
        "set local bytea_output = 'hex'; set local extra_float_digits = 1"
    )


def keep(connection: psycopg.Connection, publication: int, difference: Difference) -> None:
    """Write down the rows that the merge is about to change."""
    name = difference.mart.label
    if difference.was_empty:
        if difference.inserted:
            mark(connection, publication, name, "filled")
        return
    if difference.inserted:
        _keep(connection, _NEW, publication, difference, difference.mart.grain or difference.columns)
    if difference.updated or difference.deleted:
        _keep(connection, _OLD, publication, difference, difference.columns)


def mark(connection: psycopg.Connection, publication: int, name: str, op: str) -> None:
    """Write down one mark for a whole mart.

    'filled': it was empty before; 'shape': a column was dropped; 'masked': what stood there before may not come back.
    """
    connection.execute(
        "insert into undo.rows (publication_id, mart, op, row) values (%s, %s, %s, '{}')", [publication, name, op]
    )


def take_out(connection: psycopg.Connection, publication: int, mart: Mart) -> int:
    """Delete the rows that the publication inserted; returns how many. Raises WeirError when some are gone."""
    if "filled" in _kept(connection, publication, mart):
        return connection.execute(sql.SQL("delete from {}").format(sql.Identifier(mart.schema, mart.name))).rowcount
    return _restore(connection, publication, mart, "insert", _TAKE_OUT if mart.grain else _TAKE_OUT_COPY)


def put_back(connection: psycopg.Connection, publication: int, mart: Mart) -> tuple[int, int]:
    """Restore the rows that the publication deleted and updated; returns how many of each. Raises WeirError."""
    updated = _restore(connection, publication, mart, "update", _PUT_BACK)
    return _restore(connection, publication, mart, "delete", _PUT_IN), updated


def drop_before(connection: psycopg.Connection, publication: int) -> None:
    """Delete the undo rows of all earlier publications: nothing before this one may come back."""
    connection.execute("delete from undo.rows where publication_id < %s", [publication])


def prune(connection: psycopg.Connection) -> None:
    """Delete the undo rows of all but the newest `KEPT` publications."""
    connection.execute(
        "delete from undo.rows where publication_id < (select min(publication_id) from (select publication_id "
        "from ops.publications p where exists (select from undo.rows u where u.publication_id = p.publication_id) "
        "order by publication_id desc limit %s) as newest)",
        [KEPT],
    )


def _keep(
    connection: psycopg.Connection, query: str, publication: int, difference: Difference, columns: tuple[str, ...]
) -> None:
    # jsonb_object takes two arrays: jsonb_build_object stops at 50 columns.
    names = sql.SQL(", ").join(sql.Literal(name) for name in columns)
    values = sql.SQL(", ").join(sql.SQL("r.{}::text").format(sql.Identifier(name)) for name in columns)
    connection.execute(
        sql.SQL(query).format(
            id=sql.Literal(publication),
            mart=sql.Literal(difference.mart.label),
            row=sql.SQL("jsonb_object(array[{}]::text[], array[{}]::text[])").format(names, values),
            table=difference.table,
            source=difference.source,
            target=difference.target,
        )
    )


def _kept(connection: psycopg.Connection, publication: int, mart: Mart) -> dict[str, int]:
    query = "select op, count(*) from undo.rows where publication_id = %s and mart = %s group by op"
    return dict(connection.execute(query, [publication, mart.label]).fetchall())


def _restore(connection: psycopg.Connection, publication: int, mart: Mart, op: str, statement: str) -> int:
    """Run the statement on the kept rows of one kind. Raises WeirError when it changes more or fewer rows."""
    expected = _kept(connection, publication, mart).get(op, 0)
    now = shape_of(connection, mart.schema, mart.name)
    if not expected or not now:
        return 0
    values = {
        name: sql.SQL("(u.row ->> {})::{}").format(sql.Literal(name), sql.SQL(kind))
        for name, kind in now.columns.items()
    }
    done = connection.execute(
        sql.SQL(statement).format(
            target=now.relation,
            kept=sql.SQL("publication_id = {} and u.mart = {}").format(
                sql.Literal(publication), sql.Literal(mart.label)
            ),
            match=sql.SQL(" and ").join(
                sql.SQL("p.{} = {}").format(sql.Identifier(name), values[name]) for name in mart.grain
            ),
            assigned=sql.SQL(", ").join(
                sql.SQL("{} = {}").format(sql.Identifier(name), value) for name, value in values.items()
            ),
            columns=listed(tuple(now.columns)),
            values=sql.SQL(", ").join(values.values()),
        )
    ).rowcount
    if done != expected:
        raise WeirError(
            f"{mart.place} was changed by somebody else since it was published: nothing was "
            "rolled back; publish a good set instead"
        )
    return done


_NEW = """
insert into undo.rows (publication_id, mart, op, row)
select {id}, {mart}, 'insert', {row} from {table} as d join {source} as r on r.ctid = d.new where d.old is null"""
_OLD = """
insert into undo.rows (publication_id, mart, op, row)
select {id}, {mart}, case when d.new is null then 'delete' else 'update' end, {row}
from {table} as d join {target} as r on r.ctid = d.old"""
_TAKE_OUT = "delete from {target} as p using undo.rows as u where u.{kept} and u.op = 'insert' and {match}"
_TAKE_OUT_COPY = """
delete from {target} where ctid in (
    select p.address
    from (select ctid as address, md5(row({columns})::text)::uuid as digest,
        row_number() over (partition by md5(row({columns})::text)::uuid) as copy from {target}) as p
    join (select md5(row({values})::text)::uuid as digest,
        row_number() over (partition by md5(row({values})::text)::uuid) as copy
        from undo.rows as u where u.{kept} and u.op = 'insert') as u
        on p.digest = u.digest and p.copy = u.copy)"""
_PUT_BACK = "update {target} as p set {assigned} from undo.rows as u where u.{kept} and u.op = 'update' and {match}"
_PUT_IN = "insert into {target} ({columns}) select {values} from undo.rows as u where u.{kept} and u.op = 'delete'"
