"""The kinds of corruption in the three databases, as data: which rows, in which column, and how."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import numpy as np

Spoil = Callable[[Any, Any, int], str]  # (value, other column's value, luck) -> corrupt value


@dataclass(frozen=True)
class Kind:
    """One kind. `parent` names a column and the table it refers to: rows of a corrupt parent are not corrupted."""

    name: str
    source: str
    table: str
    key: str
    column: str
    spoil: Spoil
    where: str = "1 = 1"
    known: str = "staging"
    parent: tuple[str, str] | None = None
    other: str = ""  # a column that `spoil` needs to see
    copy: str = ""  # where set, a copy of the row is corrupted, with this text before its key
    recent: str = "updated_at"  # the column that shows whether the row belongs to the tick's window


def _mojibake(name: Any, _: Any, __: int) -> str:
    return str(name).encode().decode("latin-1")


def _reversed(_: Any, started: Any, luck: int) -> str:
    assert isinstance(started, datetime)
    return (started - timedelta(days=1 + luck % 60)).isoformat()


def _nul(company: Any, _: Any, luck: int) -> str:
    place = 1 + luck % (len(company) - 1)
    return f"{company[:place]}\0{company[place:]}"


def _solved_before(_: Any, created: Any, luck: int) -> str:
    moment = datetime.fromisoformat(str(created)) - timedelta(days=1 + luck % 30)
    return f"{moment:%Y-%m-%dT%H:%M:%SZ}"


INVOICE, CUSTOMER, ACCOUNT = ("invoice_id", "invoices"), ("customer_ref", "customers"), ("account_id", "accounts")
IMPOSSIBLE = ["2025-02-30", "2024-11-31", "2025-13-01", "2025-04-00"]
SPOILABLE = "name similar to '%[éèêñçüöä]%'"

# Parents come before children, so that no child of a corrupt row is corrupted.
KINDS = [
    Kind("mojibake", "app", "accounts", "account_id", "name", _mojibake, SPOILABLE, recent="created_at"),
    Kind("future_created", "app", "users", "user_id", "created_at",
         lambda v, o, n: f"2099-01-{1 + n % 28:02d}T00:00:00Z", "deleted_at is null", parent=ACCOUNT),
    Kind("orphan_user", "app", "users", "user_id", "account_id", lambda v, o, n: str(90_000_000 + n % 1_000_000),
         known="intermediate", parent=ACCOUNT),
    Kind("period_reversed", "app", "subscriptions", "subscription_id", "ended_at", _reversed, "ended_at is not null",
         parent=ACCOUNT, other="started_at"),
    Kind("nul_character", "billing", "customers", "customer_ref", "company", _nul),
    Kind("amount_na", "billing", "invoices", "invoice_id", "total", lambda v, o, n: "N/A", parent=CUSTOMER),
    Kind("zero_date", "billing", "invoices", "invoice_id", "due_date", lambda v, o, n: "0000-00-00", parent=CUSTOMER),
    Kind("impossible_date", "billing", "invoices", "invoice_id", "invoice_date",
         lambda v, o, n: IMPOSSIBLE[n % 4], parent=CUSTOMER),
    Kind("swapped_currency", "billing", "invoices", "invoice_id", "currency",
         lambda v, o, n: "EUR" if v == "USD" else "USD", known="intermediate", parent=CUSTOMER),
    Kind("duplicate_invoice", "billing", "invoices", "invoice_id", "invoice_id", lambda v, o, n: f"D-{v}",
         "status = 'paid'", known="intermediate", parent=CUSTOMER, copy="D-"),
    Kind("negative_quantity", "billing", "invoice_lines", "line_id", "quantity", lambda v, o, n: f"-{v}",
         "description = 'Seats'", parent=INVOICE),
    Kind("orphan_line", "billing", "invoice_lines", "line_id", "invoice_id", lambda v, o, n: f"INV-X{n % 10**9:09d}",
         known="intermediate", parent=INVOICE, copy="X-"),
    Kind("amount_formatted", "billing", "payments", "payment_id", "amount",
         lambda v, o, n: f"${float(v):,.2f}", parent=INVOICE),
    Kind("orphan_payment", "billing", "payments", "payment_id", "invoice_id", lambda v, o, n: f"INV-X{n % 10**9:09d}",
         known="intermediate", parent=INVOICE, copy="X-"),
    Kind("solved_before_created", "helpdesk", "tickets", "id", "solved_at", _solved_before,
         "json_extract(document, '$.solved_at') is not null", other="created_at"),
    Kind("orphan_rating", "helpdesk", "satisfaction_ratings", "id", "ticket_id",
         lambda v, o, n: str(90_000_000 + n % 1_000_000), known="intermediate", parent=("ticket_id", "tickets")),
]  # fmt: skip
EVENT_KINDS = ["future_timestamp", "truncated_json", "orphan_event"]
FILE_KINDS = ["score_out_of_range", "wrong_column_count", "negative_arr"]
ALL = [kind.name for kind in KINDS] + EVENT_KINDS + FILE_KINDS


def how_many(kind: str, accounts: int) -> int:
    """How many rows of the kind are corrupted at the start; of accounts few, for each holds back all its rows."""
    most, share = (10, 160) if kind in ("mojibake", "nul_character") else (40, 100)
    return max(1, min(most, accounts // share))


def choose(generator: np.random.Generator, size: int, count: int) -> list[int]:
    """Distinct places below `size` in random order, at most `count`."""
    result: list[int] = generator.permutation(size)[:count].tolist()
    return result
