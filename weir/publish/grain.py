"""The grain of a mart: no key of it is NULL, and none is there twice in what is published.

In: the built table, or a select of it. Out: a refusal where the grain does not hold. A unique index of the built table
on columns of the grain proves that no key is there twice, so that nothing need be counted.
"""

import psycopg
from psycopg import sql

from weir.core.errors import WeirError
from weir.project.marts import NEXT, PUBLISHED, Mart


def is_proven(connection: psycopg.Connection, mart: Mart) -> bool:
    """Whether a unique index of the built table proves that no key of the grain is there twice."""
    if mart.schema == PUBLISHED and set(mart.grain) & set(mart.personal):
        return False  # two keys might have one mask
    table = sql.Identifier(NEXT, mart.name).as_string(connection)
    row = connection.execute(_PROVEN, [table, list(mart.grain)]).fetchone()
    return row == (True,)


def check(
    connection: psycopg.Connection, mart: Mart, source: sql.Composable, *, proven: bool, not_null: bool = False
) -> None:
    """Raise WeirError when a key of the grain is NULL or occurs twice in the source.

    What is `proven`, that no key occurs twice, or `not_null` is not looked for.
    """
    if not mart.grain or (proven and not_null):
        return
    nulls = sql.SQL(" or ").join(sql.SQL("{} is null").format(sql.Identifier(name)) for name in mart.grain)
    query = sql.SQL(_VOID if proven else _DOUBLED)
    names = sql.SQL(", ").join(map(sql.Identifier, mart.grain))
    row = connection.execute(query.format(nulls=nulls, source=source, grain=names)).fetchone()
    assert row
    doubled, void = row
    fault = f"{doubled} keys are there twice" if doubled else "a key is NULL" if void else ""
    if fault:
        raise WeirError(
            f"{mart.label} can't be published: its grain ({', '.join(mart.grain)}) does not hold, {fault}; "
            "mend the model or its grain, then `weir build`"
        )


_DOUBLED = """
select count(*) filter (where n > 1), coalesce(bool_or(void), false)
from (select count(*) as n, bool_or({nulls}) as void from {source} as s group by {grain}) as g"""
_VOID = "select 0, exists (select from {source} as s where {nulls})"
# The index's columns are columns of the grain, bare, and compared as the columns themselves are.
_PROVEN = """
select exists (
    select from pg_index as i
    where i.indrelid = to_regclass(%s) and i.indisunique and i.indisvalid and i.indimmediate
        and i.indpred is null and i.indexprs is null
        and (
            select bool_and(a.attname = any(%s) and a.attcollation = (i.indcollation::oid[])[k.place - 1])
            from unnest(i.indkey::int2[]) with ordinality as k (number, place)
            join pg_attribute as a on a.attrelid = i.indrelid and a.attnum = k.number
            where k.place <= i.indnkeyatts
        )
)"""
