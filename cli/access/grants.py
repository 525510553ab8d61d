"""`weir grants`: shows how roles and rights differ from what Weir needs, then makes it so.

In: options. Out: tables; SQL for whoever may make roles, where the account may not; an exit code.
"""

from weir.access import grants
from weir.core import terminal
from weir.core.env import load_env
from weir.warehouse.roles import differences


def show_grants(dry_run: bool) -> int:
    """Print the differences, and end them unless `dry_run`; 1 where some are left."""
    load_env()
    found = grants.look()
    _print(found)
    if found.public:
        terminal.say(
            f"Everybody who may log in to the server may, as the server was set up: {', '.join(found.public)}. Where "
            "others use it, too, that is for its owner to decide."
        )
    if dry_run or not (found.mendable or found.others):
        if not found.differences:
            terminal.say("Every role has what it needs, and no more: nothing to do.", style="green")
        return 0
    if found.mendable and not found.may:
        return _print_statements(found)
    left = grants.make_so()
    terminal.say(f"Done: {len(found.mendable)} differences were ended.", style="green")
    if left.differences:
        _print(left, "What is left, for the owner of each")
    return int(bool(left.differences))


def _print(found: grants.Found, title: str = "Roles and rights: what differs") -> None:
    rows = [[role, what, on, number] for what, role, on, number in differences.grouped(found.differences)]
    if rows:
        terminal.table(title, ["role", "what", "on", "number#"], rows)


def _print_statements(found: grants.Found) -> int:
    terminal.warn(
        f"the account {found.account} may not make roles: let somebody who may run this SQL, connected to this "
        "database; the passwords are in .env"
    )
    for statement in grants.statements(found):
        print(f"{statement};")
    return 1
