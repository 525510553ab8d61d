"""`weir user`: people's logins in the warehouse.

In: names and options. Out: tables; a new password, once, on standard output.
"""

from weir import warehouse
from weir.access import users
from weir.core import terminal


def list_users() -> int:
    """Print the logins."""
    found = users.users()
    if not found:
        terminal.say("There is no login for people yet: weir user add NAME --role analyst")
        return 0
    rows = [
        [each.name, ", ".join(role.removeprefix("weir_") for role in each.roles), each.expires, each.sessions]
        for each in found
    ]
    terminal.table("Logins", ["login", "role", "expires", "sessions now#"], rows)
    return 0


def add_user(name: str, role: str, expires: str | None) -> int:
    """Make a login, and print its password."""
    password = users.add(name, role, expires)
    _print_login(name, password)
    return 0


def rotate_user(name: str, expires: str | None) -> int:
    """Give a login a new password, and print it."""
    _print_login(name, users.rotate(name, expires))
    return 0


def remove_user(name: str) -> int:
    """Remove a login."""
    ended = users.remove(name)
    terminal.say(f"{name} is removed" + (f"; {ended} of its sessions were ended." if ended else "."), style="green")
    return 0


def _print_login(name: str, password: str) -> None:
    parts = warehouse.parts_of(warehouse.ensure())
    shown = {"user": name, "password": password, "host": parts["host"], "port": parts["port"],
             "database": parts["database"]}  # fmt: skip
    for word, value in shown.items():
        print(f"{word:<9} {value}")
    terminal.warn("the password is shown once and kept nowhere; a lost one is replaced by `weir user rotate`")
