"""`weir verify` as a command: what it says while it works, what one fault leaves of the others, how it ends."""

import os
import signal
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

import psycopg
import pytest

from cli import steps
from cli.verify import print_proof
from tests.support.shallow import shallow
from tests.support.small_company import Company
from weir.core.settings import home
from weir.dbt import selects
from weir.dbt.compiled import staging_models_beside

AS_OF = datetime(2026, 7, 1, tzinfo=UTC)
WAITING = "select count(*) from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'"


@pytest.fixture
def company(warehouse: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Company:
    """A company whose orders and people have landed and are built."""
    made = Company(tmp_path, monkeypatch)
    made.orders(1, 3)
    made.people("a.csv", ["ann@x.io,Ann", "ben@x.io,Ben"])
    assert steps.land(None, None, AS_OF, full=False) == 0
    assert shallow(steps.build, None, False, AS_OF) == 0
    return made


def test_a_model_that_cannot_be_compared_keeps_no_other(
    company: Company, warehouse: str, capfd: pytest.CaptureFixture[str]
) -> None:
    kept = selects.kept()
    assert [model.name for model in kept or []] == ["stg_leads__people", "stg_shop__orders"]
    (home() / "target" / "staging.json").unlink()
    with staging_models_beside() as compiled:
        assert compiled() == kept, "what a build compiled is what dbt compiles"
    with psycopg.connect(warehouse) as connection:
        connection.execute("alter table raw_shop.orders rename amount to amounts")
        connection.execute("delete from staging.stg_leads__people where email = 'ben@x.io'")
    capfd.readouterr()
    assert print_proof(None, False) == 1
    told = capfd.readouterr()
    assert 'staging.stg_shop__orders can\'t be compared: the warehouse refused: column "amount" does not' in told.err
    assert "leads.people: 1 missing between raw and stg_leads__people with its quarantine: key ben@x.io" in told.err
    lines = [line for line in told.err.splitlines() if line.startswith("verified ")]
    assert any(line.startswith("verified leads.people against raw: 2 rows, ") for line in lines)
    assert any(line.startswith("verified raw against stg_leads__people: 2 rows, ") for line in lines)
    assert len(lines) == 5


def test_a_part_that_was_built_with_a_new_column_is_compared_as_it_was_built(company: Company) -> None:
    """A column is renamed, the code stays as it is; the build leaves the other staging model out."""
    path = company.folder / "project/models/staging/shop/stg_shop__orders.sql"
    text = path.read_text().replace("{{ parse('amount', 'numeric(12, 2)') }}", "AMOUNT::numeric(12, 2)")
    text = text.replace("{{ source('shop', 'orders') }}", "{{ orders }}")
    text = text.replace("AMOUNT", "{{ renamed(orders, ['amounts', 'amount']) }}")
    path.write_text("{% set orders = source('shop', 'orders') %}\n" + text)
    assert shallow(steps.build, None, False, AS_OF) == 0
    company.shop("alter table orders rename column amount to amounts")
    company.shop("update orders set amounts = '12.00', updated_at = '2026-07-01T00:00:00Z' where order_id = 1")
    assert steps.land(None, None, AS_OF, full=False) == 0
    assert shallow(steps.build, "stg_shop__orders+", False, AS_OF) == 0
    assert selects.kept(), "no model is compiled again"
    assert print_proof(None, False) == 0


def test_an_interrupt_ends_every_comparison(company: Company, warehouse: str) -> None:
    path = company.folder / "project/models/staging/shop/stg_shop__orders.sql"
    path.write_text(path.read_text() + "\n-- changed\n")  # so that dbt compiles in a process beside
    with psycopg.connect(warehouse) as connection, psycopg.connect(warehouse, autocommit=True) as other:
        connection.execute("lock table quality.accepted")
        os.mkfifo(company.folder / "leads" / "b.csv")  # whoever opens it waits for ever
        command = [sys.executable, "-m", "cli.app", "verify"]
        program = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=os.environ)
        try:
            until = time.monotonic() + 60
            while other.execute(WAITING).fetchone() != (2,) and time.monotonic() < until:
                time.sleep(0.2)
            assert other.execute(WAITING).fetchone() == (2,)  # both staging models
            program.send_signal(signal.SIGINT)
            _, told = program.communicate(timeout=30)
        finally:
            program.kill()
        assert program.returncode == 130
        assert told.splitlines()[-1].startswith("interrupted")
        assert other.execute(WAITING).fetchone() == (0,)
