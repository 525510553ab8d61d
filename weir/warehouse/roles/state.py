"""The state of roles and rights in a warehouse, as PostgreSQL's catalog has it.

In: a connection. Out: a State: the account, Weir's roles, schemas, relations, and each right that is granted to one of
Weir's roles or to everybody.
"""

from dataclasses import dataclass
from typing import Any, NamedTuple

import psycopg
from psycopg.rows import tuple_row

from weir.warehouse.roles.names import NAMES

PUBLIC = "public"  # everybody, as a grantee
ATTRIBUTES = ("superuser", "createdb", "createrole", "replication", "bypassrls")


class Right(NamedTuple):
    """A privilege of a role on an object; `kind` and `object` are as GRANT writes them."""

    kind: str
    object: str
    role: str
    privilege: str


class Relation(NamedTuple):
    """A table, view or sequence; `kind` is that of pg_class."""

    schema: str
    name: str
    kind: str
    owner: str
    quoted: str


class Schema(NamedTuple):
    """A schema; `landed` says whether it holds a change log of raw."""

    name: str
    owner: str
    landed: bool
    quoted: str


@dataclass(frozen=True)
class State:
    """What there is. `may` says whether the account may make and change Weir's roles."""

    account: str
    database: str  # quoted
    version: int
    is_superuser: bool
    may: bool
    roles: dict[str, dict[str, bool]]  # each of Weir's roles that is there, with its attributes and `login`
    members: frozenset[tuple[str, str]]  # (member, role) where either is one of Weir's, usable by SET and inherited
    schemas: tuple[Schema, ...]
    relations: tuple[Relation, ...]
    rights: frozenset[Right]
    settings: dict[tuple[str, str], str]  # (role, name) in this database
    has_reader: bool  # the name of weir_analyst in an older Weir


def read(connection: psycopg.Connection[Any]) -> State:
    """Read the state; in the caller's transaction."""
    cursor = connection.cursor(row_factory=tuple_row)
    names = list(NAMES)
    account, database, version, makes_roles, is_super = cursor.execute(_ACCOUNT).fetchone() or ()
    roles, administers = {}, True
    for name, admin, login, *attributes in cursor.execute(_ROLES, [names]).fetchall():
        roles[name] = {"login": login, **dict(zip(ATTRIBUTES, attributes, strict=True))}
        administers = administers and (is_super or admin)
    return State(
        account, database, version, is_super, (is_super or makes_roles) and administers, roles,
        frozenset(cursor.execute(_MEMBERS, {"names": names}).fetchall()),
        tuple(Schema(*row) for row in cursor.execute(_SCHEMAS)),
        tuple(Relation(*row) for row in cursor.execute(_RELATIONS)),
        frozenset(Right(*row) for row in cursor.execute(_RIGHTS, {"names": names})),
        {(role, name): value for role, name, value in cursor.execute(_SETTINGS, [names])},
        cursor.execute(_READER).fetchone() == (True,),
    )  # fmt: skip


_ACCOUNT = """
select current_user::text, quote_ident(current_database()), current_setting('server_version_num')::int / 10000,
    rolcreaterole, rolsuper
from pg_roles where rolname = current_user"""
_READER = "select exists (select from pg_roles where rolname = 'weir_reader' and not rolcanlogin)"
_ROLES = """
select rolname::text, pg_has_role(current_user, oid, 'USAGE WITH ADMIN OPTION'), rolcanlogin,
    rolsuper, rolcreatedb, rolcreaterole, rolreplication, rolbypassrls
from pg_roles where rolname = any(%s)"""
# The membership that PostgreSQL gives the creator of a role, without SET or INHERIT, is only the right to change it.
_MEMBERS = """
select m.rolname::text, r.rolname::text
from pg_auth_members as a
inner join pg_roles as m on a.member = m.oid
inner join pg_roles as r on a.roleid = r.oid
where (m.rolname = any(%(names)s) or r.rolname = any(%(names)s)) and (a.set_option or a.inherit_option)"""
_SCHEMAS = r"""
select nspname::text, pg_get_userbyid(nspowner)::text,
    exists (
        select from pg_class as c inner join pg_attribute as a on c.oid = a.attrelid
        where c.relnamespace = n.oid and c.relkind in ('r', 'p') and a.attname = '_dlt_load_id' and not a.attisdropped
    ),
    quote_ident(nspname)
from pg_namespace as n where nspname !~ '^(pg_|information_schema$)' order by nspname"""
_RELATIONS = r"""
select nspname::text, relname::text, relkind::text, pg_get_userbyid(relowner)::text, format('%I.%I', nspname, relname)
from pg_class inner join pg_namespace on pg_namespace.oid = relnamespace
where relkind in ('r', 'p', 'v', 'm', 'f') and nspname !~ '^(pg_|information_schema$)' order by nspname, relname"""
_RIGHTS = r"""
with granted as (
    select 'database' as kind, quote_ident(datname) as object, datdba as owner,
        coalesce(datacl, acldefault('d', datdba)) as acl
    from pg_database where datname in (current_database(), 'postgres', 'template1')
    union all
    select 'schema', quote_ident(nspname), nspowner, nspacl from pg_namespace
    union all
    select case relkind when 'S' then 'sequence' else 'table' end, format('%%I.%%I', nspname, relname), relowner, relacl
    from pg_class inner join pg_namespace on pg_namespace.oid = relnamespace
    union all
    select 'function', oid::regprocedure::text, proowner, coalesce(proacl, acldefault('f', proowner))
    from pg_proc where proacl is not null or proname ~ '^pg_(try_)?advisory'
    union all
    select
        'default ' || case defaclobjtype
            when 'r' then 'tables' when 'S' then 'sequences' when 'f' then 'functions' when 'n' then 'schemas'
            when 'T' then 'types' else 'large objects'
        end,
        'for role ' || quote_ident(pg_get_userbyid(defaclrole)) || coalesce(' in schema ' || quote_ident(nspname), ''),
        defaclrole, defaclacl
    from pg_default_acl left join pg_namespace on pg_namespace.oid = defaclnamespace
)

select kind, object, case when e.grantee = 0 then 'public' else r.rolname::text end, e.privilege_type
from granted cross join aclexplode(acl) as e left join pg_roles as r on e.grantee = r.oid
where e.grantee <> owner and (
    r.rolname = any(%(names)s)
    or e.grantee = 0 and (
        kind = 'database' or kind in ('schema', 'table') and object !~ '^(pg_|information_schema)'
        or kind = 'function' and object ~ '^pg_(try_)?advisory'
    )
)
union all
select 'table', format('%%I.%%I', nspname, relname), r.rolname::text, format('%%s (%%I)', e.privilege_type, attname)
from pg_attribute
inner join pg_class on pg_class.oid = attrelid
inner join pg_namespace on pg_namespace.oid = relnamespace
cross join aclexplode(attacl) as e
inner join pg_roles as r on e.grantee = r.oid
where attacl is not null and r.rolname = any(%(names)s)"""
_SETTINGS = """
select r.rolname::text, split_part(line, '=', 1), substr(line, strpos(line, '=') + 1)
from pg_db_role_setting as s
inner join pg_roles as r on s.setrole = r.oid
inner join pg_database as d on s.setdatabase = d.oid and d.datname = current_database()
cross join unnest(s.setconfig) as line
where r.rolname = any(%s)"""
