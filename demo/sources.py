"""The addresses of the demo's sources, in `.env`, and the state of the demo, in `state.json`.

An address that a person has set is kept: BILLING_URL may name MySQL, PRODUCT_URL MongoDB.
"""

import json
import os
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from urllib.parse import urlsplit

from demo.systems.databases import Databases
from weir.core.env import load_env, write_env
from weir.core.errors import WeirError
from weir.core.hooks import DEMO
from weir.core.settings import home, parse_moment

_DATABASE = "weir_app"
AGAIN = "type `python -m demo make --again`"


@dataclass
class State:
    """The arguments of `make`, and how far time has moved since."""

    accounts: int
    seed: int
    until: str  # end of the history, as a date
    now: str
    ticks: int = 0

    @property
    def made(self) -> tuple[int, int, str]:
        """The arguments of `make`."""
        return self.accounts, self.seed, self.until

    @property
    def note(self) -> str:
        """The mark of this state in the databases; it shows whether they still hold this state."""
        return f"{self.accounts} {self.seed} {self.until} {self.now}"

    @property
    def end(self) -> datetime:
        """End of the history."""
        return parse_moment(self.until, "--until")

    @property
    def present(self) -> datetime:
        """The demo's present."""
        return parse_moment(self.now, "state.json")


def _file() -> Path:
    return home() / "demo" / "state.json"


def read_state() -> State | None:
    """Read the state; None where no demo was made. Raises WeirError when the file can't be read."""
    try:
        return State(**json.loads(_file().read_text()))
    except FileNotFoundError:
        return None
    except (OSError, ValueError, TypeError):
        raise WeirError(f"{_file()} can't be read: delete it, then {AGAIN}") from None


def write_state(state: State | None) -> None:
    """Write the state; None deletes it, while the demo is made anew."""
    _file().parent.mkdir(parents=True, exist_ok=True)
    if state is None:
        _file().unlink(missing_ok=True)
    else:
        _file().write_text(json.dumps(asdict(state), indent=2) + "\n")


def ensure_addresses() -> None:
    """Put the addresses of the sources, and the hooks, in the environment and `.env`; the helpdesk's server adds its
    own.

    Raises WeirError when the warehouse can't start: its server holds the application's database by default.
    """
    from weir import warehouse

    load_env()
    root, new = (home() / "demo").resolve(), {"WEIR_DEMO": "1"}
    present = os.environ.get("APP_URL") or ""
    # The embedded server may have moved to another port: the demo's own address follows it.
    if not present or (os.environ.get("WEIR_DEMO") == "1" and urlsplit(present).path == f"/{_DATABASE}"):
        new["APP_URL"] = warehouse.create_database(_DATABASE)
    defaults = {
        "BILLING_URL": f"sqlite:///{root / 'billing' / 'billing.db'}",
        "PRODUCT_URL": f"file://{root / 'product'}",
        "DROPS_URL": f"file://{root / 'drops'}",
        **DEMO,
    }
    new |= {name: value for name, value in defaults.items() if not os.environ.get(name)}
    new = {name: value for name, value in new.items() if os.environ.get(name) != value}
    if new:
        write_env(new)


def follow_warehouse() -> None:
    """Bring APP_URL to the port and password of the embedded warehouse, if these have changed.

    Changes only the demo's own address on the embedded server, never an address that a person has set.
    """
    from weir import warehouse
    from weir.warehouse.embedded.server import running_port

    load_env()
    try:
        present, server = urlsplit(os.environ.get("APP_URL") or ""), urlsplit(warehouse.ensure())
        ours = (present.hostname, present.path) == ("127.0.0.1", f"/{_DATABASE}") and os.environ.get("WEIR_DEMO") == "1"
        if not ours or server.hostname != "127.0.0.1" or server.netloc == present.netloc:
            return
    except ValueError:
        return  # whoever reads the address reports that it can't be read
    if server.port == running_port():
        write_env({"APP_URL": warehouse.create_database(_DATABASE)})


def mark(databases: Databases, state: State) -> None:
    """Mark both databases with the state that they hold."""
    for source in ("app", "billing"):
        databases.run(source, "delete from weir_demo")
        databases.run(source, "insert into weir_demo values (?)", [state.note])


def holds(databases: Databases, state: State) -> bool:
    """Whether both databases bear the mark of the state."""
    import psycopg
    import sqlalchemy as sa

    try:
        found = [databases.run(source, "select note from weir_demo") for source in ("app", "billing")]
    except (psycopg.Error, sa.exc.SQLAlchemyError):
        databases.app.rollback()
        databases.billing.rollback()
        return False
    return all([row[0] for row in rows] == [state.note] for rows in found)
