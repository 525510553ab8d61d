"""The whole path by the commands people type: demo made, run, moved on three times, refreshed, a gate that fails."""

import csv
import json
import os
import re
from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.servers.folders import claimed, remove
from tests.servers.nobody import read_by_nobody
from tests.support.commands import call, query
from tests.support.demo.revenue import revenue
from tests.support.demo.traces import Traces
from weir.access.carried import marts_of, read_lineage

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]
# README's figures are of the demo's own size: WEIR_TEST_ACCOUNTS=500 pytest tests/end_to_end/test_demo.py
ACCOUNTS = os.environ.get("WEIR_TEST_ACCOUNTS", "200")
PEOPLE = [
    "select email from raw_app.users",
    "select full_name from raw_app.users",
    "select email from raw_billing.customers",
    "select document #>> '{requester,email}' from raw_helpdesk.tickets",
    "select document #>> '{requester,name}' from raw_helpdesk.tickets",
    "select email from raw_drops.nps_answers",
    "select email from raw_drops.campaign_touches",
    "select owner from raw_drops.crm_accounts",
]
OURS = {"ops", "steps", "quality"}  # the sources that Weir writes itself
STAGED = "select table_name from information_schema.tables where table_schema = 'staging' order by 1"
PUBLISHED = "select table_name from information_schema.tables where table_schema = 'analytics' order by 1"


def digest(home: Path, schema: str, tables: str, less: str = "{}") -> dict[str, tuple]:
    """Row count and an order-free digest of every table, the named columns left out."""
    return {
        table: query(
            home,
            f"select count(*), coalesce(sum(hashtextextended((to_jsonb(t) - '{less}'::text[])::text, 0)), 0)"
            f' from {schema}."{table}" as t',
        )[0]
        for (table,) in query(home, tables)
    }


def manifest(home: Path) -> dict[str, set[tuple[str, str]]]:
    """The ground truth: the rows (model, key) of each kind of corruption."""
    found: dict[str, set[tuple[str, str]]] = defaultdict(set)
    with (home / "demo" / "manifest.csv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            found[row["kind"]].add((f"stg_{row['source']}__{row['table']}", row["key"]))
    return found


def corruption(home: Path) -> tuple[dict[str, tuple[int, int]], set[tuple[str, str]]]:
    """Per kind how many rows there are and how many were found, and what was held back without being corrupt."""
    found = set(query(home, "select model, key from quality.quarantine where resolved_at is null"))
    found |= set(query(home, "select model, key from quality.held_back"))
    truth = manifest(home)
    recall = {kind: (len(rows), len(rows & found)) for kind, rows in truth.items()}
    return recall, found - set().union(*truth.values())


def undescribed(target: Path) -> list[str]:
    """The columns of models, seeds and what Weir writes itself that dbt's docs show without a word."""
    manifest, catalog = (json.loads((target / f"{name}.json").read_text()) for name in ("manifest", "catalog"))
    told = manifest["nodes"] | manifest["sources"]
    found = catalog["nodes"] | {
        name: table for name, table in catalog["sources"].items() if told[name]["source_name"] in OURS
    }
    assert len(found) > 85
    return [
        f"{name}.{column}" for name, table in found.items() for column in table["columns"]
        if column not in told[name]["columns"]
    ]  # fmt: skip


@pytest.fixture(scope="module")
def company() -> Iterator[Path]:
    """A home with the demo startup and one run over it, in a folder that every user can enter."""
    folder = claimed("weir-company-")
    home = folder / "home"
    call(home, "python", "-m", "demo", "make", "--accounts", ACCOUNTS)
    call(home, "weir", "run")
    yield home
    call(home, "python", "-m", "demo", "helpdesk", "stop")
    call(home, "weir", "down")
    remove(folder)


def test_exactly_the_corrupt_rows_are_held_back(company: Path) -> None:
    recall, beyond = corruption(company)
    table = "\n".join(f"{kind}: {rows} rows, {found} found" for kind, (rows, found) in sorted(recall.items()))
    print(table)
    assert len(recall) >= 12
    assert all(rows == found > 0 for rows, found in recall.values()), table
    assert beyond == set(), Counter(model for model, _ in beyond)


def test_revenue_is_to_the_cent_what_the_billing_file_says(company: Path) -> None:
    held_back = {key for rows in manifest(company).values() for model, key in rows if model == "stg_billing__invoices"}
    expected = revenue(company / "demo" / "billing" / "billing.db", held_back)
    found = query(
        company,
        "select to_char(month, 'YYYY-MM'), currency, invoice_count, amount, reporting_amount, is_older_rate"
        " from analytics.fct_revenue_monthly where reporting_currency = 'EUR'",
    )
    assert {tuple(row[:2]): tuple(row[2:]) for row in found} == expected
    assert {currency for _, currency in expected} == {"CHF", "EUR", "GBP", "SEK", "USD"}
    assert [place for place, row in expected.items() if row[3]] == [("2025-12", "SEK")], (
        "its rate is missing on purpose"
    )


def test_verify_proves_it_and_the_training_set_can_be_used(company: Path) -> None:
    call(company, "weir", "verify")
    rows = query(
        company, "select count(*), count(*) filter (where churned_within_30d) from analytics.churn_training_set"
    )
    assert rows[0][0] > 2_000
    assert rows[0][1] > 20


def test_three_weeks_later_it_balances_and_equals_a_full_refresh(company: Path) -> None:
    for _ in range(3):
        call(company, "python", "-m", "demo", "tick", "--days", "7")
        call(company, "weir", "run")
    call(company, "weir", "verify")
    recall, beyond = corruption(company)
    assert all(rows == found for rows, found in recall.values()), recall
    assert beyond == set()
    before = _everything(company)
    call(company, "weir", "run", "--full-refresh")
    assert _everything(company) == before


def _everything(home: Path) -> dict[str, dict[str, tuple]]:
    quarantine = "select 'quarantine'"
    return {
        "staging": digest(home, "staging", STAGED),
        "quarantine": digest(home, "quality", quarantine),
        "marts": digest(home, "analytics", PUBLISHED),
    }


def test_nothing_new_changes_nothing(company: Path) -> None:
    before = query(company, "select count(*) from ops.ledger"), digest(company, "analytics", PUBLISHED)
    call(company, "weir", "run")
    assert (query(company, "select count(*) from ops.ledger"), digest(company, "analytics", PUBLISHED)) == before


def test_the_ten_questions_are_answered_as_raw_would_answer_them(company: Path) -> None:
    answered = call(company, "python", "-m", "benchmarks.questions.measured")
    asked = re.findall(r"^(\w+): (\d+) rows, marts ", answered, re.MULTILINE)
    assert len(asked) == 10 and all(int(rows) for _, rows in asked), answered


def test_dbt_by_hand_keeps_to_its_own_schemas(company: Path) -> None:
    before = digest(company, "analytics", PUBLISHED), query(company, "select count(*) from ops.ledger")
    call(company, "dbt", "build")
    call(company, "dbt", "test", "--select", "churn_features")
    call(company, "dbt", "docs", "generate")
    assert undescribed(company / "target" / "dev") == []
    assert (digest(company, "analytics", PUBLISHED), query(company, "select count(*) from ops.ledger")) == before
    assert digest(company, "dev_staging", STAGED) == digest(company, "staging", STAGED)
    refused = call(company, "dbt", "run", "--target", "prod", exit_code=1)
    assert "weir build" in refused or "weir run" in refused


def test_no_other_user_can_read_any_of_it(company: Path) -> None:
    made = {path.relative_to(company).parts[0] for path in company.rglob("*")}
    assert {"data_docs", "demo", "dlt", "logs", "portal", "prefect", "target", "warehouse", ".env"} <= made
    assert read_by_nobody(company) == []


def test_a_failed_gate_leaves_what_readers_see(company: Path) -> None:
    import sqlite3

    before = digest(company, "analytics", PUBLISHED)
    billing = company / "demo" / "billing" / "billing.db"
    saved = billing.read_bytes()
    with sqlite3.connect(billing) as connection:  # a payment run went wrong: amounts are words
        connection.execute(
            "update payments set amount = 'unknown', updated_at = '2026-07-21T00:00:00Z' where rowid % 20 = 0"
        )
    connection.close()
    output = call(company, "weir", "run", "--full-compare", exit_code=1)
    assert "gate marts: stg_billing__payments rejected" in output
    assert digest(company, "analytics", PUBLISHED) == before
    billing.write_bytes(saved)
    call(company, "weir", "run", "--full-compare")
    # Not the features, and what stands on them: a payment that was spoiled counts as known from its mending.
    known = ("churn_features", "churn_training_set", "fct_accounts_at_risk")
    facts = PUBLISHED.replace("order by", f"and table_name not in {known} order by")
    assert digest(company, "analytics", facts) == {mart: before[mart] for mart in before if mart not in known}
    call(company, "weir", "verify")


def test_the_portal_says_that_the_data_are_good_and_how_the_company_does(company: Path) -> None:
    page = company / "portal" / "index.html"
    text = page.read_text()
    assert "The data is good. Readers see it as of" in text and "Nothing is open." in text
    assert "can&#x27;t be shown" not in text and "A chart is left out" not in text
    for title in ("Monthly recurring revenue", "What moved it", "Revenue that stays", "Accounts that left, by plan",
                  "Who stays, by the month in which they came", "Accounts at risk"):  # fmt: skip
        assert f"<h3>{title}</h3>" in text
    assert sum(path.stat().st_size for path in page.parent.iterdir()) < 3_000_000
    tables = query(company, "select count(*), count(*) filter (where verdict = 'holds') from ops.ops_balance_by_table")
    assert tables == [(16, 16)]


def people(home: Path) -> Traces:
    """Every address and name of a person in the demo, and every password and key of its home."""
    values = {value for text in PEOPLE for (value,) in query(home, text) if value}
    assert len(values) > 500
    lines = (line.partition("=") for line in (home / ".env").read_text().splitlines())
    secrets = {value.strip("'") for name, _, value in lines if re.search(r"PASSWORD|KEY|TOKEN|AUTH", name)}
    return Traces(values | {secret for secret in secrets if len(secret) > 6})


def test_nothing_of_a_person_is_where_nobody_looks_for_it(company: Path) -> None:
    traces = people(company)
    key = query(company, "select key from quality.quarantine where model = 'stg_app__users' and resolved_at is null")
    for words in (["quarantine"], ["quarantine", "stg_app__users", "--key", str(key[0][0])], ["status"], ["pii"],
                  ["quarantine", "stg_drops__nps_answers"], ["pii", "--propose"], ["verify"]):  # fmt: skip
        assert traces.first_in(call(company, "weir", *words)) == "", words
    # The home's own settings, the demo's own sources, and the warehouse's data, but not its log.
    kept = [company / ".env", company / "demo", company / "warehouse"]
    assert traces.in_files(company, *kept) == {}
    assert traces.first_in((company / "warehouse" / "server.log").read_text()) == ""
    found = traces.in_warehouse(lambda text: query(company, text))
    assert {"analytics_private", "raw_app", "raw_helpdesk", "staging"} <= set(found), "the search finds what is there"
    hold = r"raw_\w+|(dev_)?(staging|intermediate|quality)|dev_analytics|analytics_(next|private)|undo"
    assert {schema: tables for schema, tables in found.items() if not re.fullmatch(hold, schema)} == {}


def test_without_its_marks_each_published_column_of_a_person_is_named(
    company: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WEIR_HOME", str(company))
    lineage = read_lineage()
    assert lineage.unread == {}
    assert lineage.unmarked() == []
    for mart in marts_of(lineage.nodes.values()):
        lineage.marks[mart].clear()
    assert {(f"{each.mart}.{each.column}", each.kind, each.origin) for each in lineage.unmarked()} == {
        ("dim_accounts.crm_owner", "name", "stg_drops__crm_accounts.owner"),
        ("dim_users.email", "email", "stg_app__users.email"),
        ("dim_users.full_name", "name", "stg_app__users.full_name"),
        ("fct_tickets.requester_email", "email", "stg_helpdesk__tickets.requester_email"),
        ("fct_tickets.subject", "free_text", "stg_helpdesk__tickets.subject"),
    }
