"""`weir grants --rotate`: new passwords for the account and the roles of the warehouse, in the server and in `.env`."""

from weir.core import terminal
from weir.core.env import env_file
from weir.warehouse import connection as opened
from weir.warehouse.address import parts_of
from weir.warehouse.roles import LOGINS, rotation
from weir.warehouse.roles import state as catalog


def rotate_passwords() -> int:
    """Change the passwords, and print whose were changed."""
    parts = parts_of(opened.account_url())
    with opened.open_owner() as connection:
        state = catalog.read(connection)
        with_roles = state.may and all(role.value in state.roles for role in LOGINS)
        changed = rotation.rotate(connection, parts, with_roles)
    opened.forget_addresses()
    opened.ensure()  # by the new ones
    terminal.say(
        f"New passwords, in the server and in {env_file()}: {', '.join(changed)}. Addresses that somebody copied from "
        "`weir psql --url` end here.",
        style="green",
    )
    return 0
