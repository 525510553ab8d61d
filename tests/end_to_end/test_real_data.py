"""Real input that nobody here wrote, through the same code: only source files and staging models are added."""

import gzip
import json
import os
import re
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import psycopg
import pytest

from tests.support.real_data import DATA, needs_data
from weir.core.settings import ROOT

PROJECT = Path(__file__).parents[1] / "projects" / "real"
pytestmark = [pytest.mark.slow, needs_data]
DUMPS = {
    "pagila": ["pg_pagila/pagila-schema.sql", "pg_pagila/pagila-data.sql"],
    "northwind": ["pg_northwind/northwind.sql"],
    "fightchurn": ["churn_fightchurn_sim/fightchurn_test_pg15.sql.gz"],
}


def load(url: str, dump: Path) -> None:
    from weir.warehouse.embedded import programs

    text = gzip.decompress(dump.read_bytes()) if dump.suffix == ".gz" else dump.read_bytes()
    done = subprocess.run(
        [str(programs.folder() / "psql"), "-q", "-X", "-d", url], input=text, capture_output=True, timeout=300
    )
    assert done.returncode == 0, done.stderr[-500:]


class Stripe(BaseHTTPRequestHandler):
    """The fixtures as a paged listing."""

    objects: list[dict[str, Any]] = []

    def do_GET(self) -> None:
        query = {name: values[0] for name, values in parse_qs(urlsplit(self.path).query).items()}
        start, limit = int(query.get("start", 0)), int(query.get("limit", 25))
        page: dict[str, Any] = {"data": self.objects[start : start + limit]}
        if start + limit < len(self.objects):
            address = f"http://127.0.0.1:{self.server.server_address[1]}/resources"
            page["next"] = f"{address}?start={start + limit}&limit={limit}"
        body = json.dumps(page).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        """Keep the test's output clean."""


@pytest.fixture
def stripe() -> Iterator[str]:
    resources = json.loads((DATA / "rest_stripe_fixtures" / "fixtures3.json").read_text())["resources"]
    Stripe.objects = [{"name": name, "resource": value} for name, value in resources.items()]
    server = ThreadingHTTPServer(("127.0.0.1", 0), Stripe)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    server.server_close()


def digests(connection: psycopg.Connection, relation: str, columns: list[str]) -> dict[str, tuple]:
    """Per column the count of values and an order-free digest of their text."""
    found = {}
    for column in columns:
        text = f'"{column}"::text'
        digest = f"('x' || substr(md5({text}), 1, 15))::bit(60)::bigint"
        found[column] = connection.execute(
            f"select count({text}), coalesce(sum({digest}), 0) from {relation}"
        ).fetchone()
    return found


def test_real_data_lands_whole_and_equal(
    warehouse: str, database: Callable[[], str], stripe: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    urls = {}
    for name, dumps in DUMPS.items():
        urls[name] = database()
        monkeypatch.setenv(f"{name.upper()}_URL", urls[name])
        for dump in dumps:
            load(urls[name], DATA / dump)
    monkeypatch.setenv("TELCO_URL", f"file://{DATA}/churn_telco_csv")
    monkeypatch.setenv("STRIPE_URL", stripe)
    monkeypatch.setenv("WEIR_PROJECT_DIR", str(PROJECT))
    monkeypatch.setenv("DBT_PROFILES_DIR", str(ROOT))
    _weir("land")
    _build()

    tables = 0
    with psycopg.connect(warehouse) as ours:
        for name, url in urls.items():
            for table, (schema, columns) in _declared(name, url).items():
                tables += 1
                with psycopg.connect(url, options="-c TimeZone=UTC") as theirs:
                    expected = digests(theirs, f'"{schema}"."{table}"', columns)
                assert digests(ours, f'raw_{name}."{table}"', columns) == expected, f"raw {name}.{table}"
                assert digests(ours, f'staging."stg_{name}__{table}"', columns) == expected, f"staging {name}.{table}"
        assert tables == 39

        def count(relation: str) -> int:
            row = ours.execute(f"select count(*) from {relation}").fetchone()
            assert row
            return row[0]

        children = "('" + "', '".join(f"payment_p2007_0{month}" for month in range(1, 7)) + "')"
        landed = "select sum(landed) from ops.landings where source = '{}' and table_name not in " + children
        assert ours.execute(landed.format("pagila")).fetchone() == (46_273,)  # a partition's rows are its parent's
        assert ours.execute(landed.format("northwind")).fetchone() == (3_362,)
        sizes = {"account": 526, "subscription": 2_181, "event": 597_940, "event_type": 8}
        assert {table: count(f"raw_fightchurn.{table}") for table in sizes} == sizes
        assert count("raw_stripe.resources") == count("staging.stg_stripe__resources") == 176
        assert count("raw_telco.customers") == 7_043
        assert count("staging.stg_telco__customers") == 7_032
        blanks = ours.execute("select reasons, row ->> 'TotalCharges' from quality.quarantine").fetchall()
    assert blanks == [(["total_charges is not a numeric"], " ")] * 11
    _weir("verify")


def _weir(*words: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", "from cli.app import main; main()", *words], cwd=ROOT, capture_output=True, text=True
    )
    assert done.returncode == 0, (done.stdout + done.stderr)[-3000:]


def _build() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "cli.dbt", "build", "--target", "prod"]
        + [f"--project-dir={PROJECT}", f"--profiles-dir={ROOT}"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        env=os.environ | {"WEIR_RUN": "1"},
    )
    assert done.returncode == 0, (done.stdout + done.stderr)[-3000:]


def _declared(name: str, url: str) -> dict[str, tuple[str, list[str]]]:
    """The declared tables of a source: their schema and columns, as the source has them."""
    text = (PROJECT / "models" / name / f"_{name}__sources.yml").read_text()
    schema = "test" if name == "fightchurn" else "public"
    found = {}
    with psycopg.connect(url) as connection:
        for table in re.findall(r"^      - name: (\S+)", text, re.MULTILINE):
            rows = connection.execute(
                "select column_name from information_schema.columns where table_schema = %s and table_name = %s",
                [schema, table],
            ).fetchall()
            found[table] = (schema, [column for (column,) in rows])
    return found
