"""Rows for roles: a mart can show a role a part of its rows only, kept by PostgreSQL's row-level security.

In: `meta: {rows_for: {role: predicate}}` of a mart. Out: policies on its published table, and on its private part,
where the role sees the rows that it sees in `analytics`. All other roles see every row. Policies of other names stay.
"""

import psycopg
from psycopg import sql

from weir.core.errors import WeirError
from weir.project.marts import PUBLISHED, Mart
from weir.publish.mask import MASKED
from weir.publish.shape import Reshape, briefly

_OPEN = "weir_rows"  # the policy that shows all rows; those of roles begin with its name
_FOUND = """
select polname, coalesce(obj_description(oid, 'pg_policy'), '') from pg_policy where polrelid = to_regclass(%s)"""


def apply(connection: psycopg.Connection, plan: Reshape, at_once: bool = False) -> None:
    """Give the published table the policies that the mart asks for; `at_once` in the caller's transaction.

    Raises WeirError where a role is missing or a predicate is no filter of the mart.
    """
    mart = plan.mart
    table = sql.Identifier(mart.schema, mart.name)
    found: dict[str, str] = dict(connection.execute(_FOUND, [table.as_string(connection)]).fetchall())
    ours = {name: text for name, text in found.items() if name == _OPEN or name.startswith(f"{_OPEN}_")}
    wanted = {f"{_OPEN}_{role}"[:63]: f"{role}: {predicate}" for role, predicate in mart.rows_for.items()}
    if wanted:
        wanted[_OPEN] = ""
    if ours == wanted:
        return
    _refuse_unknown(connection, mart)
    acts = [sql.SQL("drop policy {} on {}").format(sql.Identifier(name), table) for name in ours]
    if wanted:
        acts.append(sql.SQL("alter table {} enable row level security").format(table))
        acts.append(sql.SQL("create policy {} on {} for select using (true)").format(sql.Identifier(_OPEN), table))
    elif found.keys() == ours.keys():
        acts.append(sql.SQL("alter table {} disable row level security").format(table))
    for role, predicate in mart.rows_for.items():
        name = sql.Identifier(f"{_OPEN}_{role}"[:63])
        made = "create policy {} on {} as restrictive for select to {} using ({}); comment on policy {} on {} is {}"
        acts.append(
            sql.SQL(made).format(
                name, table, sql.Identifier(role), _filter(mart, predicate), name, table, f"{role}: {predicate}"
            )
        )
    statement = sql.SQL("; ").join(acts)
    try:
        if at_once:
            connection.execute(statement)
        else:
            briefly(connection, mart, statement)
    except (psycopg.ProgrammingError, psycopg.DataError) as fault:
        raise WeirError(
            f"{mart.place}: meta.rows_for is no filter of its rows ({fault.diag.message_primary}): "
            "write a condition on its columns, such as country = 'DE'"
        ) from None


def _filter(mart: Mart, predicate: str) -> sql.Composable:
    if mart.schema == PUBLISHED or not mart.grain:
        return sql.SQL(predicate)  # the project's own text
    beside = {name: MASKED.format(name) if name in mart.personal else name for name in mart.grain}
    match = sql.SQL(" and ").join(
        sql.SQL("p.{} = {}.{}").format(sql.Identifier(name), sql.Identifier(mart.name), sql.Identifier(theirs))
        for name, theirs in beside.items()
    )
    return sql.SQL("exists (select from {} as p where {})").format(sql.Identifier(PUBLISHED, mart.name), match)


def _refuse_unknown(connection: psycopg.Connection, mart: Mart) -> None:
    for role in mart.rows_for:
        if connection.execute("select from pg_roles where rolname = %s", [role]).fetchone() is None:
            raise WeirError(
                f"{mart.place}: meta.rows_for names role {role}, which is not there: "
                "type `weir grants`, which makes it, and publish again"
            )
