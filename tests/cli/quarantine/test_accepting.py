"""`weir quarantine accept`: who may pass, what is written down, what readers see, and what takes it back."""

import psycopg
import pytest

from cli import steps
from cli.quarantine.accept import accept_row, take_back
from cli.quarantine.show import show_quarantine
from cli.status import show_status
from cli.verify import prove
from tests.cli.quarantine.conftest import AS_OF, take
from tests.support.shallow import shallow
from tests.support.small_company import Company
from weir.core.errors import WeirError
from weir.core.settings import project_dir
from weir.dbt import selection
from weir.ledger.balance import lines
from weir.ledger.report import print_balance
from weir.warehouse import Role, connect

WHY = "a credit note, says billing"


def rows(query: str) -> list[tuple]:
    with connect(Role.OWNER) as connection:
        return connection.execute(query).fetchall()


def publish() -> None:
    assert shallow(steps.build, None, False, AS_OF) == 0
    assert shallow(steps.check, "marts", None) == 0
    assert steps.publish(AS_OF, []) == 0


def test_an_accepted_row_reaches_the_readers_and_can_be_taken_back(
    company: Company, capsys: pytest.CaptureFixture[str]
) -> None:
    publish()
    assert rows("select count(*) from analytics.fct_orders") == [(3,)]
    assert accept_row("4", None, WHY, False) == 0
    assert "stg_shop__orders 4: amount is negative Accepted: " in " ".join(capsys.readouterr().out.split())
    assert rows("select model, key, reasons, because, role, undone_at from quality.accepted") == [
        ("stg_shop__orders", "4", ["amount is negative"], WHY, "weir_publisher", None)
    ]
    with pytest.raises(WeirError, match=r"has accepted the row already .*: `weir run` takes it in"):
        accept_row("4", None, WHY, False)
    assert shallow(prove).faults == [], "an acceptance that waits is no fault"
    show_status()
    show_quarantine()
    told = " ".join(capsys.readouterr().out.split())
    assert "Accepted by hand, or taken back, and not built yet: 1 rows" in told and f"{WHY} " in told
    todo = selection.decide(project_dir(), AS_OF)
    assert todo.sentence == "rows accepted by hand in shop.orders"
    assert (todo.select, todo.whole) == (["source:shop.orders+"], True)

    publish()
    assert rows("select amount::text from analytics.fct_orders where order_id = 4") == [("-1.00",)]
    assert selection.decide(project_dir(), AS_OF).nothing
    assert rows("select key, how from quality.quarantine where model = 'stg_shop__orders' order by 1") == [
        ("4", "accepted"), ("5", None), ("6", None),
    ]  # fmt: skip
    assert rows("select distinct full_refresh from ops.ledger where accepted_by_hand > 0") == [(False,)]
    assert shallow(prove).faults == []
    assert all(line.holds for line in lines())
    capsys.readouterr()
    print_balance(lines())
    assert "accepted by hand rejected" in " ".join(capsys.readouterr().out.split())

    assert take_back("4", None) == 0
    assert "The next `weir run` puts the row back" in capsys.readouterr().out
    assert shallow(prove).faults == []
    publish()
    assert rows("select count(*) from analytics.fct_orders") == [(3,)]
    assert shallow(prove).faults == []
    with pytest.raises(WeirError, match="no row with that key was accepted"):
        take_back("4", None)

    assert accept_row("5", None, WHY, False) == 0
    take(company)
    company.orders(4, 5, day="2026-07-02", amount="7.00")
    take(company)
    with pytest.raises(WeirError, match=r"the row has left quarantine \(mended 2026-07-01"):
        accept_row("4", None, WHY, False)
    with pytest.raises(WeirError, match="a newer version of the row has come since"):
        take_back("5", None)
    assert shallow(prove).faults == []


def test_what_is_lost_is_said_before(company: Company) -> None:
    with pytest.raises(WeirError, match="amount would be NULL in staging, for what was received does not parse: --yes"):
        accept_row("6", None, WHY, False)
    assert rows("select count(*) from quality.accepted") == [(0,)]
    assert accept_row("6", None, WHY, True) == 0
    take(company)
    assert rows("select amount from staging.stg_shop__orders where order_id = 6") == [(None,)]
    assert shallow(prove).faults == []


def test_what_can_not_pass(company: Company, warehouse: str) -> None:
    with psycopg.connect(warehouse) as connection:
        entry = "insert into quality.quarantine (model, key, reasons, row, load_id, seq, first_seen) values "
        connection.execute(entry + "('stg_leads__people', '4', '{bad}', '{\"email\": \"4\"}', 'l', 991, now())")
        connection.execute(entry + "('stg_shop__orders', '8', '{twice}', '{\"_error\": \"twice\"}', 'l', 992, now())")
        connection.execute(entry + "('stg_shop__orders', 'x', '{order_id is not a bigint}', '{}', 'l', 993, now())")
        connection.execute(entry + "('stg_gone', 'y', '{bad}', '{}', 'l', 994, now())")
    for key, says in {
        "nope": "no row with that key waits in quarantine",
        "4": "that key waits in stg_leads__people and in stg_shop__orders: say which by --model",
        "a.csv:3": "the row has no key, without which staging can't hold it",
        "a.csv:4": "the line can't be read, or its key stands in the file again, so there is no one row",
        "8": "the source gave this key twice with different content",
        "x": "order_id is the row's key and does not parse",
        "y": "stg_gone is no longer in the project",
    }.items():
        with pytest.raises(WeirError, match=says):
            accept_row(key, None, WHY, True)
    with pytest.raises(WeirError, match="say why the row is right: --because"):
        accept_row("5", None, "  ", False)
    assert rows("select count(*) from quality.accepted") == [(0,)]
    assert accept_row("4", "stg_shop__orders", WHY, False) == 0
