"""The three databases of the demo, opened together and queried alike.

In: the addresses. Out: a Databases; all changes are committed at the end, or none.
"""

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from typing import Any

import psycopg
import sqlalchemy as sa

from demo.systems import app_store, billing_store, support
from weir.core.errors import WeirError
from weir.core.secrets import redact


@dataclass
class Databases:
    """Open connections to the application, billing and the helpdesk's data."""

    app: psycopg.Connection
    billing: sa.Connection
    helpdesk: sqlite3.Connection

    def run(self, source: str, statement: str, parameters: Sequence[Any] = ()) -> list[Any]:
        """Run a statement with `?` for parameters; returns its rows."""
        if source == "helpdesk":
            return self.helpdesk.execute(statement, parameters).fetchall()
        if source == "billing":
            place = billing_store.mark(self.billing)
            result = self.billing.exec_driver_sql(statement.replace("?", place), tuple(parameters))
            return list(result.fetchall()) if result.returns_rows else []
        text = statement.replace("%", "%%").replace("?", "%s").encode()
        cursor = self.app.execute(text, parameters)
        return cursor.fetchall() if cursor.description else []

    def within(self, source: str, statement: str, keys: Sequence[Any]) -> Iterator[Any]:
        """Rows of a statement that ends in `in`, for these keys."""
        for begin in range(0, len(keys), 500):
            part = keys[begin : begin + 500]
            yield from self.run(source, f"{statement} ({', '.join('?' * len(part))})", part)

    def commit(self) -> None:
        """Commit all three."""
        self.app.commit()
        self.billing.commit()
        self.helpdesk.commit()


@contextmanager
def open_databases() -> Iterator[Databases]:
    """Open the databases; commit at the end. Raises WeirError when one can't be reached or fails."""
    engine = billing_store.engine()
    try:
        with app_store.connect() as app, engine.connect() as billing, closing(support.connect()) as helpdesk:
            databases = Databases(app, billing, helpdesk)
            yield databases
            databases.commit()
    except sa.exc.SQLAlchemyError as fault:
        raise WeirError(billing_store.fault_text(fault)) from None
    except psycopg.Error as fault:
        raise WeirError(f"the demo's application database failed: {' '.join(redact(fault).split())[:200]}") from None
    except sqlite3.Error as fault:
        raise WeirError(f"the helpdesk's data failed: {fault}; `python -m demo make --again` makes it anew") from None
    finally:
        engine.dispose()
