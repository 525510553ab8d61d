"""Two ways to judge the demo: a digest of all that the sources hold, and whether the manifest is true."""

import hashlib
import os
from collections.abc import Callable
from pathlib import Path

from demo.corruption.manifest import Manifest
from tests.support.demo import rules, truth

REASONS = {
    "amount_formatted": "amount is not a numeric", "amount_na": "total is not a numeric",
    "zero_date": "due_date is not a date", "impossible_date": "invoice_date is not a date",
    "negative_quantity": "quantity is negative", "nul_character": "company holds a NUL character",
    "mojibake": "name is mis-decoded", "period_reversed": "ended before it started",
    "future_created": "created in the future", "future_timestamp": "occurred in the future",
    "truncated_json": "not valid JSON", "wrong_column_count": "wrong column count",
    "score_out_of_range": "score is out of range", "negative_arr": "arr is negative",
    "solved_before_created": "solved before it was created", "orphan_user": "account is unknown",
    "orphan_event": "account is unknown", "orphan_line": "invoice is unknown", "orphan_payment": "invoice is unknown",
    "orphan_rating": "ticket is unknown", "duplicate_invoice": "duplicate of another invoice",
    "swapped_currency": "currency is not the customer's", "child_of_quarantined": "parent is in quarantine",
    "child_of_held_back": "parent is held back",
}  # fmt: skip
VARIABLES = ["BILLING_URL", "PRODUCT_URL", "DROPS_URL", "HELPDESK_URL", "HELPDESK_TOKEN", "WEIR_AS_OF", "WEIR_DEMO",
             "WEIR_BEFORE_LANDING", "WEIR_BEFORE_DOWN"]  # fmt: skip
Place = Callable[[], Path]


def digest() -> dict[str, str]:
    """All that the sources hold, by digest."""
    parts = {
        "app": repr(truth.read_app()),
        "billing": repr(truth.read_billing()),
        "helpdesk": repr(truth.read_helpdesk()),
    }
    parts |= {name: hashlib.sha256(repr(text).encode()).hexdigest() for name, text in parts.items()}
    for variable in ("PRODUCT_URL", "DROPS_URL"):
        root = truth.folder(variable)
        for file in sorted(path for path in root.rglob("*") if path.is_file()):
            parts[str(file.relative_to(root))] = hashlib.sha256(file.read_bytes()).hexdigest()
    manifest = Path(os.environ["WEIR_HOME"]) / "demo" / "manifest.csv"
    return parts | {"manifest": manifest.read_text()}


def assert_manifest_is_true() -> None:
    """The manifest lists what a stranger finds, no more and no less."""
    listed = {known: set() for known in ("staging", "intermediate")}
    for entry in Manifest.load():
        listed[entry.known].add((entry.table, entry.key, REASONS[entry.kind]))
    sources = rules.Sources()
    rejected = sources.rejected(truth.clock())
    assert listed["staging"] == rejected
    assert listed["intermediate"] == sources.held_back(rejected)
