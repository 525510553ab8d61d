"""The names of the roles, and the variables of `.env` that hold the passwords of those that log in."""

from enum import Enum

JOURNAL = "WEIR_ROTATION_SECRET"  # the variable of a change of passwords that is under way: rotation.py
GROUPS = ("weir_private", "weir_auditor")  # with weir_analyst, the roles that people's logins are members of


class Role(Enum):
    """A role that Weir itself logs in as; the value is its name, and nothing for the account of `WAREHOUSE_URL`.

    LOADER lands, DBT builds, PUBLISHER does all else of a run, ANALYST is what `weir psql` logs in as. OWNER is for
    what needs the account itself: the schema, grants, users, databases, forgetting.
    """

    OWNER = ""
    LOADER = "weir_loader"
    DBT = "weir_dbt"
    PUBLISHER = "weir_publisher"
    ANALYST = "weir_analyst"

    @property
    def variable(self) -> str:
        """The name of the variable that holds the password, such as WEIR_DBT_PASSWORD."""
        return f"{self.value.upper()}_PASSWORD" if self.value else "WEIR_PG_PASSWORD"


LOGINS = tuple(role for role in Role if role is not Role.OWNER)
NAMES = (*(role.value for role in LOGINS), *GROUPS)
