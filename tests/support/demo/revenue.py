"""Revenue of the demo worked out from its billing file and the seeds' CSV files, without dbt or SQL of the models."""

import csv
import sqlite3
from collections import defaultdict
from contextlib import closing
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path

from weir.core.settings import ROOT

CENT = Decimal("0.01")
Revenue = dict[
    tuple[str, str], tuple[int, Decimal, Decimal, bool]
]  # by month and currency: invoices, amount, in EUR, older rate


def rates() -> dict[tuple[str, str], Decimal]:
    """What a euro is worth, by month and currency."""
    with (ROOT / "seeds/exchange_rates.csv").open(newline="") as file:
        return {(row["month"][:7], row["currency"]): Decimal(row["units_per_eur"]) for row in csv.DictReader(file)}


def rate(known: dict[tuple[str, str], Decimal], month: str, currency: str) -> tuple[Decimal, bool]:
    """The rate of the month, else the newest of the three before it, and whether it is an older one."""
    if currency == "EUR":
        return Decimal(1), False
    day = date.fromisoformat(f"{month}-01")
    for back in range(4):
        months = day.year * 12 + day.month - 1 - back
        found = known.get((f"{months // 12:04d}-{months % 12 + 1:02d}", currency))
        if found:
            return found, back > 0
    raise AssertionError(f"no rate for {currency} in {month}")


def revenue(billing: Path, left_out: set[str]) -> Revenue:
    """Revenue by month and currency of the invoices in the billing file, those left out and void ones not counted."""
    known = rates()
    found: Revenue = {}
    sums: dict[tuple[str, str], list[tuple[Decimal, Decimal, bool]]] = defaultdict(list)
    with closing(sqlite3.connect(billing)) as connection:
        for key, day, currency, status, total in connection.execute(
            "select invoice_id, invoice_date, currency, status, total from invoices"
        ):
            if key in left_out or status == "void":
                continue
            units, older = rate(known, day[:7], currency)
            euros = (Decimal(total) / units).quantize(CENT, ROUND_HALF_UP)
            sums[day[:7], currency].append((Decimal(total), euros, older))
    for place, rows in sums.items():
        found[place] = (
            len(rows),
            sum((row[0] for row in rows), Decimal(0)),
            sum((row[1] for row in rows), Decimal(0)),
            any(row[2] for row in rows),
        )
    return found
