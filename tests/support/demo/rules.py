"""Another way to the manifest: what is corrupt in the demo's sources, found rule by rule as a stranger would."""

import csv
import re
from collections import defaultdict
from datetime import date, datetime, timedelta

from tests.support.demo.truth import Found, folder, parsed, read_app, read_billing, read_events, read_helpdesk


def _rejected_files() -> Found:
    import openpyxl

    found: Found = set()
    for file in sorted((folder("DROPS_URL") / "nps").glob("*.csv")):
        with file.open(newline="", encoding="utf-8") as lines:
            for number, cells in enumerate(csv.reader(lines), 1):
                if len(cells) != 5:
                    found.add(("nps_answers", f"nps/{file.name}:{number}", "wrong column count"))
                elif number > 1 and not 0 <= int(cells[2]) <= 10:
                    found.add(("nps_answers", cells[0], "score is out of range"))
    sheet = openpyxl.load_workbook(folder("DROPS_URL") / "crm" / "accounts.xlsx", read_only=True).active
    for cells in sheet.iter_rows(min_row=2, values_only=True):
        if cells[5] < 0:
            found.add(("crm_accounts", cells[0], "arr is negative"))
    return found


class Sources:
    """All that the sources hold, read once."""

    def __init__(self) -> None:
        self.app, self.billing, self.desk = read_app(), read_billing(), read_helpdesk()
        self.events, self.unreadable = read_events()

    def rejected(self, as_of: datetime) -> Found:
        """What staging must reject."""
        app, billing, late = self.app, self.billing, as_of + timedelta(days=1)
        found = self.unreadable | {
            ("events", e["key"], "occurred in the future") for e in self.events if e["moment"] > late
        }
        for row in app["accounts"]:
            if re.search("[ÃÂ][\u0080-\u00bf]", row["name"]):
                found.add(("accounts", str(row["account_id"]), "name is mis-decoded"))
            assert row["deleted_at"] is None or row["deleted_at"] >= row["created_at"]
        for row in app["users"]:
            if row["created_at"] > late:
                found.add(("users", str(row["user_id"]), "created in the future"))
            elif row["deleted_at"]:
                assert row["deleted_at"] > row["created_at"]
        for row in app["subscriptions"]:
            if row["ended_at"] and row["ended_at"] < row["started_at"]:
                found.add(("subscriptions", str(row["subscription_id"]), "ended before it started"))
        for row in billing["customers"]:
            if "\0" in row["company"]:
                found.add(("customers", row["customer_ref"], "company holds a NUL character"))
        for row in billing["invoices"]:
            issued, due = parsed(row["invoice_date"], date.fromisoformat), parsed(row["due_date"], date.fromisoformat)
            for column, value in (("invoice_date", issued), ("due_date", due), ("total", parsed(row["total"], float))):
                if value is ValueError:
                    kind = "numeric" if column == "total" else "date"
                    found.add(("invoices", row["invoice_id"], f"{column} is not a {kind}"))
            assert ValueError in (issued, due) or due > issued
        for row in billing["invoice_lines"]:
            if float(row["quantity"]) < 0:
                found.add(("invoice_lines", row["line_id"], "quantity is negative"))
        for row in billing["payments"]:
            if parsed(row["amount"], float) is ValueError:
                found.add(("payments", row["payment_id"], "amount is not a numeric"))
        for row in self.desk["tickets"]:
            if row["solved_at"] and row["solved_at"] < row["created_at"]:
                found.add(("tickets", str(row["id"]), "solved before it was created"))
            assert not row["first_reply_at"] or row["first_reply_at"] >= row["created_at"]
        return found | _rejected_files()

    def held_back(self, quarantine: Found) -> Found:
        """What intermediate must hold back."""
        bad = defaultdict(set)
        for table, key, _ in quarantine:
            bad[table].add(key)
        app, billing, desk = self.app, self.billing, self.desk
        found: Found = set()

        def below(
            table: str, keys: list[tuple[str, str]], parent: str, name: str, known: set[str], held: set[str]
        ) -> None:
            for key, reference in keys:
                if key not in bad[table] and (reference not in known or reference in bad[parent] | held):
                    why = "parent is held back" if reference in held else f"{name} is unknown"
                    found.add((table, key, "parent is in quarantine" if reference in bad[parent] else why))

        accounts = {str(row["account_id"]) for row in app["accounts"]}
        users = [(str(row["user_id"]), str(row["account_id"])) for row in app["users"]]
        below("users", users, "accounts", "account", accounts, set())
        periods = [(str(row["subscription_id"]), str(row["account_id"])) for row in app["subscriptions"]]
        below("subscriptions", periods, "accounts", "account", accounts, set())
        below("events", [(e["key"], str(e["account"])) for e in self.events], "accounts", "account", accounts, set())
        tickets = {str(row["id"]) for row in desk["tickets"]}
        ratings = [(str(row["id"]), str(row["ticket_id"])) for row in desk["ratings"]]
        below("satisfaction_ratings", ratings, "tickets", "ticket", tickets, set())

        currency = {row["customer_ref"]: row["currency"] for row in billing["customers"]}
        invoices = {row["invoice_id"]: row for row in billing["invoices"] if row["invoice_id"] not in bad["invoices"]}
        pairs = [(key, row["customer_ref"]) for key, row in invoices.items()]
        below("invoices", pairs, "customers", "customer", set(currency), set())
        lines = defaultdict(list)
        for row in billing["invoice_lines"]:
            if row["line_id"] not in bad["invoice_lines"]:
                lines[row["invoice_id"]].append((row["description"], row["quantity"], row["amount"]))
        alike = defaultdict(list)
        for key, row in invoices.items():
            if row["customer_ref"] not in bad["customers"] and row["currency"] != currency.get(row["customer_ref"]):
                found.add(("invoices", key, "currency is not the customer's"))
            alike[row["customer_ref"], row["invoice_date"], row["total"], *sorted(lines[key])].append(key)
        for keys in alike.values():
            found |= {
                ("invoices", key, "duplicate of another invoice") for key in keys if len(keys) > 1 and key[0] == "D"
            }
        held = {key for table, key, _ in found if table == "invoices"}
        known = {row["invoice_id"] for row in billing["invoices"]}
        for table, column in (("invoice_lines", "line_id"), ("payments", "payment_id")):
            pairs = [(row[column], row["invoice_id"]) for row in billing[table]]
            below(table, pairs, "invoices", "invoice", known, held)
        return found
