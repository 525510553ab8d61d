"""A day's work needs no more than the roles have: the account of WAREHOUSE_URL can't even log in meanwhile."""

import os
from datetime import datetime
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
import pytest

from cli.verify import prove
from expectations.gate import check_gate
from ingest.land import land_sources
from tests.support.small_company import AS_OF, Company
from weir import warehouse as opened
from weir.core.settings import project_dir
from weir.dbt import selection
from weir.dbt.build import build_set
from weir.dbt.engine import Dbt, prepare
from weir.ledger import runs
from weir.project.sources import read_plan
from weir.publish.publication import publish_set
from weir.publish.rollback import roll_back
from weir.warehouse import connection


def day(run_id: str) -> None:
    """Land, judge, build, judge, publish: each with its own role."""
    moment = datetime.fromisoformat(AS_OF)
    runs.begin(run_id, moment, {}, None)
    results = land_sources(read_plan(project_dir()), run_id=run_id, as_of=moment)
    assert [result.message for result in results] == ["", ""]
    assert all(result.passed for result in check_gate("raw", run_id, moment=moment))
    prepare(moment, run_id)
    built = build_set(Dbt(), selection.by_hand(), run_id, moment)
    assert built.passed, built.faults
    (gate,) = check_gate("marts", run_id, moment=moment)
    assert gate.passed, gate.sentence
    publish_set(run_id, moment)
    runs.end(run_id, "succeeded")


def test_a_day_goes_by_without_the_owner(warehouse: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    company = Company(tmp_path, monkeypatch)
    company.orders(1, 20)
    company.people("a.csv", ["ann@x.io,Ann"])
    # From now on the password is wrong, and every check is made anew.
    monkeypatch.setattr(connection, "_ready", {})
    password = str(urlsplit(warehouse).password)
    monkeypatch.setenv("WAREHOUSE_URL", warehouse.replace(f":{password}@", ":wrong@"))
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        psycopg.connect(os.environ["WAREHOUSE_URL"])
    day("r1")
    company.orders(21, 30)
    company.orders(1, 1, amount="-5")  # goes to quarantine
    company.people("a.csv", ["ann@x.io,Anna"])
    day("r2")
    proof = prove()
    assert proof.faults == [] and len(proof.marts) >= 2 and proof.staging
    assert roll_back()[0] == 2
    with opened.connect() as session:
        assert session.execute("select count(*) from analytics.fct_orders").fetchone() == (20,)
        owners = "select distinct n.nspname::text, pg_get_userbyid(relowner)::text from pg_class as c "
        owners += "inner join pg_namespace as n on c.relnamespace = n.oid where c.relkind in ('r', 'v') and n.nspname "
        owners += "in ('raw_shop', 'raw_leads', 'staging', 'analytics_next', 'analytics', 'undo') order by 1"
        assert session.execute(owners).fetchall() == [
            ("analytics", "weir_publisher"), ("analytics_next", "weir_dbt"), ("raw_leads", "weir_loader"),
            ("raw_shop", "weir_loader"), ("staging", "weir_dbt"), ("undo", "weir_publisher"),
        ]  # fmt: skip
