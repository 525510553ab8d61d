"""`weir grants --walk`: what each role can read, write and run, tried for every schema, table, column and function."""

from contextlib import ExitStack

from weir import warehouse
from weir.access.walk import FORBIDDEN, walk
from weir.core import terminal
from weir.core.errors import WeirError
from weir.warehouse.roles import LOGINS


def show_walk() -> int:
    """Print what each role can do in each schema, and what it tried in vain; 1 where something went through."""
    if not warehouse.has_roles():
        raise WeirError("there are no roles in this warehouse: `weir grants` makes them, or says who may")
    with ExitStack() as open_:
        connection = open_.enter_context(warehouse.connect(warehouse.Role.OWNER))
        query = "select rolsuper from pg_roles where rolname = current_user"
        if connection.execute(query).fetchone() != (True,):
            raise WeirError("only a superuser can try as another role: let one stand in WAREHOUSE_URL for this command")
        logins = {role.value: open_.enter_context(warehouse.connect(role)) for role in LOGINS}
        lines, tries = walk(connection, logins)
    terminal.table(
        "What each role can do, by schema (those in which it can do nothing are left out)",
        ["role", "schema", "tables#", "reads#", "columns read#", "writes#", "owns#", "creates"],
        [
            [each.role, each.schema, each.tables, each.reads, each.columns, each.writes, each.owns,
             "yes" if each.creates else ""]
            for each in lines if each.reads or each.writes or each.creates
        ],
    )  # fmt: skip
    roles = list(dict.fromkeys(each.role for each in tries))
    by = {(each.act, each.role): each.refused for each in tries}
    terminal.table(
        "What no role may do, tried by each",
        ["act", *(role.removeprefix("weir_") for role in roles)],
        [[act, *(_told(by.get((act, role))) for role in roles)] for act in FORBIDDEN],
    )
    wrong = [f"{each.role} can {each.act}" for each in tries if not each.refused]
    wrong += [f"{each.role} on {name}: a SELECT goes otherwise than the catalog says"
              for each in lines for name in each.wrong]  # fmt: skip
    for fault in wrong:
        terminal.fail(fault)
    return int(bool(wrong))


def _told(refused: str | None) -> str:
    return "–" if refused is None else "refused" if refused else "WENT THROUGH"
