"""The demo with its events in MongoDB and its billing in MariaDB: what is staged is what files and SQLite give."""

import csv
import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.servers import mariadb, mongodb
from tests.support.commands import call, query

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]
MODELS = ["stg_product__events", "stg_billing__customers", "stg_billing__invoices", "stg_billing__invoice_lines",
          "stg_billing__payments"]  # fmt: skip


@pytest.fixture
def homes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, Path]]:
    """Two demos of the same seed: by default, and on servers."""
    monkeypatch.setenv("DBT_INDIRECT_SELECTION", "cautious")  # no test that asks for models beside those of staging
    made = {"files": tmp_path / "files", "servers": tmp_path / "servers"}
    for home in made.values():
        home.mkdir()
    address, _ = mongodb.shared().database("demo_product")
    billing = mariadb.shared().database("demo_billing", "character set utf8mb4")
    (made["servers"] / ".env").write_text(f"PRODUCT_URL={address}\nBILLING_URL={billing}\n")
    yield made
    for home in made.values():
        call(home, "python", "-m", "demo", "helpdesk", "stop")
        call(home, "weir", "down")


def rows(home: Path, model: str) -> set[str]:
    """The rows of a staged model, the load's id left out."""
    return {text for (text,) in query(home, f"select (to_jsonb(t) - '_load_id')::text from staging.{model} as t")}


def held(home: Path) -> set[tuple]:
    """What waits in quarantine; a line that is cut off, which only a file can hold, left out."""
    return set(query(home, "select model, key, reasons::text from quality.quarantine where resolved_at is null "
                           "and not 'not valid JSON' = any(reasons)"))  # fmt: skip


def cut_off(home: Path) -> set[str]:
    """The events of files that were cut off in the middle: in MongoDB they are whole."""
    with (home / "demo" / "manifest.csv").open(encoding="utf-8", newline="") as file:
        entries = [row for row in csv.DictReader(file) if row["kind"] == "truncated_json"]
    return {json.loads(json.loads(entry["detail"])["was"])["_id"] for entry in entries}


def test_what_is_staged_is_the_same_from_servers(homes: dict[str, Path]) -> None:
    for home in homes.values():
        call(home, "python", "-m", "demo", "make", "--accounts", "60")
        call(home, "weir", "land")
        call(home, "weir", "build", "--select", "staging")
    files, servers = homes.values()
    lacking = cut_off(files)
    assert lacking and not cut_off(servers)
    for model in MODELS:
        there, here = rows(files, model), rows(servers, model)
        assert len(here) > 50
        assert there <= here, model
        more = {json.loads(text)["_key"] for text in here - there}
        assert more == (lacking if model == "stg_product__events" else set()), model
    assert held(files) == held(servers)
    assert "Verified" in call(servers, "weir", "verify", "--source", "product", "--source", "billing")
    call(servers, "python", "-m", "demo", "tick", "--days", "7")
    output = call(servers, "weir", "land", "--source", "product", "--source", "billing")
    assert "failed" not in output and query(servers, "select count(*) > 0 from raw_product.events where _op = 'upsert' "
                                            "and _dlt_load_id = (select max(_dlt_load_id) from raw_product.events) "
                                            "and document ->> '_id' like '%-late%'") == [(True,)]  # fmt: skip
