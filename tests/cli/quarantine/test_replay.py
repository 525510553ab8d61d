"""`weir quarantine replay`: what a changed rule says of the rows that wait, before anything is built."""

import pytest

from cli.quarantine.replay import replay_rows
from tests.cli.quarantine.test_accepting import rows
from tests.support.shallow import shallow
from tests.support.small_company import FILES, Company
from weir.core.errors import WeirError
from weir.warehouse.run_lock import run_lock

MODEL = "models/staging/shop/stg_shop__orders.sql"
RULE = "{'amount is negative': 'amount < 0'}"


def test_a_changed_rule_is_shown_then_built(company: Company, capsys: pytest.CaptureFixture[str]) -> None:
    capsys.readouterr()
    assert shallow(replay_rows, None, False) == 0
    told = " ".join(capsys.readouterr().out.split())
    assert "stg_shop__orders amount is negative 2 0 2 0 –" in told and "there is nothing to build" in told

    text = FILES[MODEL].replace(RULE, "{'order 5 is known to be wrong': 'order_id = 5'}")
    (company.folder / "project" / MODEL).write_text(text)
    before = rows("select model, key, reasons, resolved_at from quality.quarantine order by 1, 2")
    with run_lock():  # a run that is under way is no reason to wait for the table
        assert shallow(replay_rows, "stg_shop__orders", False) == 0
    told = " ".join(capsys.readouterr().out.split())
    assert "stg_shop__orders amount is negative 2 1 1 1 order 5 is known to be wrong" in told
    assert "stg_shop__orders amount is not a numeric 1 0 1 0 –" in told and "stg_leads" not in told
    assert "weir quarantine replay stg_shop__orders --apply" in told
    assert rows("select model, key, reasons, resolved_at from quality.quarantine order by 1, 2") == before

    assert shallow(replay_rows, "stg_shop__orders", True) == 0
    assert "only a part was built" in capsys.readouterr().out
    assert rows("select key, reasons from quality.quarantine where model = 'stg_shop__orders' order by 1") == [
        ("5", ["order 5 is known to be wrong"]), ("6", ["amount is not a numeric"]),
    ]  # fmt: skip
    with pytest.raises(WeirError, match="no staging model is called 'stg_nope'"):
        shallow(replay_rows, "stg_nope", False)
