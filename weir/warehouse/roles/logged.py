"""The settings that make the server log what people read: for logins of people alone, so that runs cost nothing.

Only an administrator may change them, so that nobody can hide a read. They hold from a login's next session on, and are
no matter of membership: each login needs them.
"""

import psycopg
from psycopg import sql

from weir.warehouse.roles.names import GROUPS, Role

SETTINGS = {
    "log_min_duration_statement": "0",  # every statement, with how long it took
    "log_parameter_max_length": "0",  # without the values that it was given
    "compute_query_id": "on",  # one number for statements that differ in their values only
}
READERS = (Role.ANALYST.value, *GROUPS)
_LOGINS = """
select r.rolname::text
from pg_roles as r
where r.rolcanlogin and not r.rolsuper and not r.rolname = any(%(weir)s)
    and exists (select from pg_roles as g where g.rolname = any(%(readers)s) and pg_has_role(r.oid, g.oid, 'member'))
    and r.rolname <> current_user
    and not exists (
        select from pg_db_role_setting as s
        where s.setrole = r.oid and s.setdatabase = 0 and s.setconfig @> %(settings)s
    )
order by 1"""


def log_reads(connection: psycopg.Connection) -> list[str]:
    """Have the server log what people's logins read from now on; returns the logins that were not logged so far.

    The connection is the owner's. Logins whose settings it may not change are left as they are.
    """
    weir = [role.value for role in Role if role not in (Role.OWNER, Role.ANALYST)]
    settings = [f"{name}={value}" for name, value in SETTINGS.items()]
    values = {"weir": weir, "readers": list(READERS), "settings": settings}
    done = []
    for (login,) in connection.execute(_LOGINS, values).fetchall():
        try:
            with connection.transaction():
                for name, value in SETTINGS.items():
                    setting = sql.SQL("alter role {} set {} = {}")
                    connection.execute(setting.format(sql.Identifier(login), sql.Identifier(name), value))
        except psycopg.errors.InsufficientPrivilege:
            continue
        done.append(login)
    return done
