"""Writes legacy billing through SQLAlchemy: an SQLite file by default, MySQL where BILLING_URL says so."""

from collections.abc import Iterable, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from weir.core.errors import WeirError
from weir.core.secrets import redact
from weir.core.settings import env_url

COLUMNS = {
    "customers": "customer_ref company email currency created_on updated_at",
    "invoices": "invoice_id customer_ref invoice_date due_date currency status total updated_at",
    "invoice_lines": "line_id invoice_id description quantity unit_price amount updated_at",
    "payments": "payment_id invoice_id paid_at amount currency method status failure_code updated_at",
}
_INDEXED = {"invoices": "customer_ref", "invoice_lines": "invoice_id", "payments": "invoice_id"}
_BATCH = 5_000


def engine() -> sa.Engine:
    """The billing database. Raises WeirError when BILLING_URL can't be used."""
    url = env_url("BILLING_URL")
    try:
        parsed = sa.make_url(url)
        if parsed.get_backend_name() == "sqlite" and parsed.database:
            Path(parsed.database).parent.mkdir(parents=True, exist_ok=True)
        if parsed.drivername in {"mysql", "mariadb"}:  # the driver that is installed with Weir
            parsed = parsed.set(drivername="mysql+pymysql")
        return sa.create_engine(parsed, hide_parameters=True)
    except (sa.exc.ArgumentError, ImportError) as fault:
        raise WeirError(f"BILLING_URL can't be used: {redact(fault)}; see .env.example for its form") from None


def fault_text(fault: Exception) -> str:
    """One line on what went wrong in the billing database, without secrets."""
    cause = " ".join(redact(getattr(fault, "orig", None) or fault).split())[-200:]
    return f"the demo's billing database failed: {cause}; check BILLING_URL"


def create(connection: sa.Connection) -> None:
    """Make the tables anew. Raises WeirError rather than drop tables that the demo did not make."""
    there = set(sa.inspect(connection).get_table_names())
    foreign = sorted(there & set(COLUMNS))
    if foreign and "weir_demo" not in there:
        raise WeirError(
            f"BILLING_URL names a database with a table {foreign[0]!r} that the demo did not make: "
            "give the demo an empty database, or unset BILLING_URL"
        )
    metadata = sa.MetaData()
    sa.Table("weir_demo", metadata, sa.Column("note", sa.String(64)))
    for table, columns in COLUMNS.items():
        key, *others = columns.split()
        sa.Table(
            table, metadata, sa.Column(key, sa.String(64), primary_key=True),
            *(sa.Column(name, sa.String(255), index=_INDEXED.get(table) == name) for name in others),
            mysql_charset="utf8mb4",
        )  # fmt: skip
    metadata.drop_all(connection)
    metadata.create_all(connection)


def insert(connection: sa.Connection, table: str, rows: Iterable[Sequence[Any]]) -> int:
    """Insert rows; returns how many."""
    columns = COLUMNS[table].split()
    marks = ", ".join([mark(connection)] * len(columns))
    statement = f"insert into {table} ({', '.join(columns)}) values ({marks})"
    rows, count = iter(rows), 0
    while batch := [tuple(row) for row in islice(rows, _BATCH)]:
        connection.exec_driver_sql(statement, batch)
        count += len(batch)
    return count


def settle(connection: sa.Connection, rows: Iterable[Sequence[Any]]) -> int:
    """Update the status of older invoices; returns how many."""
    place = mark(connection)
    statement = f"update invoices set status = {place}, updated_at = {place} where invoice_id = {place}"
    batch = [(row[5], row[7], row[0]) for row in rows]
    if batch:
        connection.exec_driver_sql(statement, batch)
    return len(batch)


def mark(connection: sa.Connection) -> str:
    """The mark that the database's driver uses for a parameter."""
    return "?" if connection.dialect.paramstyle == "qmark" else "%s"
