"""Models on PostgreSQL and on a real local cluster: equal tables after a first build and after a tick, and what
is said of a row that differs.

The short form builds a few models; WEIR_TEST_SPARK=all builds every model.
"""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.commands import call
from tests.support.long import IS_LONG

pytestmark = [pytest.mark.slow, pytest.mark.spark, pytest.mark.timeout(900)]
SELECT = [] if IS_LONG else ["--select", "+int_orphaned_events stg_billing__invoices"]
EQUAL = "tables are equal on both engines"


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The home of a demo of 30 accounts that has landed, with a cluster that is up."""
    home = tmp_path_factory.mktemp("parity")
    call(home, "python", "-m", "demo", "make", "--accounts", "30")
    call(home, "weir", "land")
    call(home, "weir", "spark", "up")
    yield home
    call(home, "python", "-m", "demo", "helpdesk", "stop")
    call(home, "weir", "down")


def ask(home: Path, statement: str) -> None:
    """Send a statement to the cluster of the home."""
    from pyhive import hive

    port = json.loads((home / "spark" / "cluster.json").read_text())["ports"]["thrift"]
    with hive.connect("127.0.0.1", port, username="weir") as connection, connection.cursor() as cursor:
        cursor.execute(statement)


def test_tables_are_equal_after_a_first_build_and_after_a_day(shop: Path) -> None:
    told = call(shop, "weir", "parity", *SELECT)
    assert EQUAL in told
    call(shop, "python", "-m", "demo", "tick")
    call(shop, "weir", "land")
    told = call(shop, "weir", "parity", *SELECT)
    assert EQUAL in told
    assert " rejected" in told and " deleted" in told


def test_a_row_that_differs_is_named_with_its_column(shop: Path) -> None:
    """Spark's table is changed behind Weir's back; nothing new has landed, so no build puts it right."""
    ask(
        shop,
        "update parity_staging.stg_app__accounts__all set name = 'another' where _kind = 'accepted' and account_id = 7",
    )
    told = call(shop, "weir", "parity", "--select", "stg_app__accounts", exit_code=1)
    assert "parity_staging.stg_app__accounts: a row of both: " in told
    assert "name" in told.split("account_id '7'")[1]
