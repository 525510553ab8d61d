"""The names that a statement can mean: the warehouse's relations and columns, views with what lies beneath, logins.

In: the owner's connection. Out: Names, and the logins of readers with the widest of their roles.
"""

import psycopg

from weir.access.reads.statements import Name, Names
from weir.project.marts import PRIVATE, PUBLISHED
from weir.warehouse import Role
from weir.warehouse.roles.logged import READERS

_COLUMNS = r"""
select n.nspname::text, c.relname::text, array_agg(a.attname::text order by a.attnum)
from pg_class as c
inner join pg_namespace as n on n.oid = c.relnamespace
inner join pg_attribute as a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
where c.relkind in ('r', 'p', 'v', 'm', 'f') and n.nspname !~ '^(pg_|information_schema$)'
group by n.nspname, c.relname"""
_BENEATH = r"""
with recursive uses as (
    select distinct r.ev_class as view, d.refobjid as used
    from pg_rewrite as r
    inner join pg_depend as d on d.objid = r.oid and d.classid = 'pg_rewrite'::regclass
        and d.refclassid = 'pg_class'::regclass and d.refobjid <> r.ev_class
),

under as (
    select view, used from uses
    union
    select under.view, uses.used from under inner join uses on uses.view = under.used
)

select vn.nspname::text, v.relname::text, tn.nspname::text, t.relname::text
from under
inner join pg_class as v on v.oid = under.view
inner join pg_namespace as vn on vn.oid = v.relnamespace
inner join pg_class as t on t.oid = under.used
inner join pg_namespace as tn on tn.oid = t.relnamespace
where v.relkind = 'v' and t.relkind in ('r', 'p', 'm', 'f')
    and vn.nspname !~ '^(pg_|information_schema$)' and tn.nspname !~ '^(pg_|information_schema$)'
order by 1, 2, 3, 4"""
_LOGINS = """
select r.rolname::text, array(
    select g.rolname::text from pg_roles as g where g.rolname = any(%s) and pg_has_role(r.oid, g.oid, 'member')
)
from pg_roles as r where r.rolcanlogin and not r.rolsuper and not r.rolname = any(%s)"""
_TIMED = """
select r.rolname::text from pg_roles as r
where current_setting('log_min_duration_statement') = '0' or exists (
    select from pg_db_role_setting as s
    where s.setrole = r.oid and s.setdatabase = 0 and s.setconfig @> array['log_min_duration_statement=0']
)"""
_WIDEST = ("weir_private", "weir_auditor", "weir_analyst")


def names(connection: psycopg.Connection) -> Names:
    """The relations with their columns, and the tables beneath each view."""
    columns = {(schema, name): list(found) for schema, name, found in connection.execute(_COLUMNS).fetchall()}
    beneath: dict[Name, list[Name]] = {}
    for schema, view, below, table in connection.execute(_BENEATH).fetchall():
        beneath.setdefault((schema, view), []).append((below, table))
    return Names(columns, beneath, (PUBLISHED, PRIVATE, "ops", "quality", "public"))


def logins(connection: psycopg.Connection) -> dict[str, str]:
    """The logins of readers, each with the widest of their roles."""
    own = [role.value for role in Role if role is not Role.ANALYST]
    rows = connection.execute(_LOGINS, [list(READERS), own]).fetchall()
    return {login: next(role for role in _WIDEST if role in roles) for login, roles in rows if roles}


def no_people(connection: psycopg.Connection) -> set[str]:
    """The logins whose statements are no reads of people: Weir's own, and administrators.

    All others count: a login may be gone by the time its reads are taken in.
    """
    own = {role.value for role in Role if role is not Role.ANALYST}
    query = "select rolname::text from pg_roles where rolsuper or rolname = current_user"
    return own | {name for (name,) in connection.execute(query).fetchall()}


def timed(connection: psycopg.Connection) -> set[str]:
    """The logins whose statements the log tells of with their time, as Weir has set it."""
    return {name for (name,) in connection.execute(_TIMED).fetchall()}
