"""The four sentences of an incident: true in each case, the same for the same input."""

from datetime import UTC, datetime, timedelta, timezone

import pytest

from weir.core.causes import Cause
from weir.incidents.downstream import Downstream
from weir.incidents.fault import Fault
from weir.incidents.story import Readers, moment, rows_in_words, tell

AT = datetime(2026, 11, 27, 3, 0, tzinfo=UTC)
SEEN = Readers(AT - timedelta(days=1), AT - timedelta(hours=23))
DOWN = Fault(
    Cause.SOURCE_UNREACHABLE, "land billing", "billing", (), ("billing",), ("billing.invoices", "billing.payments")
)


def test_a_source_that_is_down_whole() -> None:
    story = tell(DOWN, AT, Downstream(("dim_accounts", "fct_invoices"), ("the board's dashboard",), 12), SEEN)
    assert (story.title, story.severity, story.command) == ("billing can't be reached", "stopped", "weir run")
    assert [story.what, story.affected, story.readers, story.turn] == [
        "Since 27 November 2026, 03:00 UTC, the source billing does not answer, so nothing new has come from its 2 "
        "tables (invoices and payments).",
        "Waiting for it: 2 marts (dim_accounts and fct_invoices), and with them “the board's dashboard”; the other 10 "
        "wait too, for all marts are published together.",
        "Readers still see the complete set that was published on 26 November 2026, 04:00 UTC: whole and checked, but "
        "growing old.",
        "It is the turn of whoever looks after billing: see that it is switched on and that the network leads there. "
        "Nothing is lost: the next run takes what was missed.",
    ]


@pytest.mark.parametrize(
    ("below", "says"),
    [
        (Downstream((), (), 3), "No table that readers see depends on it."),
        (Downstream(), "No table that readers see depends on it."),
        (Downstream(("a",), (), 1), "Waiting for it: the mart a."),
        (Downstream(("a",), ("x", "y"), 1), "Waiting for it: the mart a, and with it “x” and “y”."),
        (Downstream(("a", "b", "c"), ("x",), 3), "Waiting for it: all 3 marts, and with them “x”."),
        (
            Downstream(("a", "b"), (), 3),
            "Waiting for it: 2 marts (a and b); the other mart waits too, for all are published together.",
        ),
    ],
)
def test_what_is_affected(below: Downstream, says: str) -> None:
    assert tell(DOWN, AT, below, SEEN).affected == says


def test_a_source_that_no_mart_needs_holds_nobody_up() -> None:
    story = tell(DOWN, AT, Downstream((), (), 3), SEEN)
    assert story.readers.endswith("26 November 2026, 04:00 UTC; this keeps no new set from coming.")


def test_a_build_that_fails_holds_all_marts_whatever_depends_on_it() -> None:
    fault = Fault(Cause.MODEL_FAILED, "build model.w.ops", "ops", (), ("model.w.ops",))
    story = tell(fault, AT, Downstream((), (), 3), SEEN)
    assert story.affected == "No mart depends on it, but all 3 marts wait for it, for all marts are published together."
    assert story.readers.endswith("growing old.")


def test_what_readers_see_is_never_called_whole_where_it_was_edited() -> None:
    fault = Fault(Cause.MARTS_EDITED, "marts fct_orders", "fct_orders", (), ("fct_orders",))
    story = tell(fault, AT, Downstream(("fct_orders",), (), 3), SEEN)
    assert story.readers == "Readers see the rows as they were changed, until they are put back."
    assert (story.severity, story.affected) == ("drifted", "Depending on it: the mart fct_orders.")


def test_before_the_first_publication_and_without_a_warehouse() -> None:
    below = Downstream(("a",), (), 1)
    assert tell(DOWN, AT, below, Readers()).readers == "Readers see nothing yet, for nothing was published so far."
    lost = Fault(Cause.WAREHOUSE_DOWN, "warehouse", "warehouse", (), ("*",))
    assert tell(lost, AT, below, Readers(reachable=False)).readers == "Readers can't read anything until it is back."


def test_the_command_accepts_every_check_that_failed() -> None:
    ids = tuple(f"raw app: users: {check}" for check in ("empty keys", "empty cursors", "o'clock"))
    fault = Fault(Cause.ROWS_WITHOUT_KEY, "gate raw app", "app.users", (), ("app",), ("app.users",), 70, accept=ids)
    story = tell(fault, AT, Downstream(), SEEN)
    assert story.command == (
        "weir run --accept 'raw app: users: empty keys' --accept 'raw app: users: empty cursors' "
        "--accept 'raw app: users: o'\"'\"'clock'"
    )
    assert "70 rows of app.users came without" in story.what
    many = Fault(Cause.MART_UNUSUAL, "gate marts", "a", accept=tuple(f"marts: a: range of {n}" for n in "bcde"))
    assert tell(many, AT, Downstream(), SEEN).command == "weir run --accept 'marts: a'"


def test_numbers_and_moments_in_words() -> None:
    assert [rows_in_words(rows) for rows in (None, 0, 1, 1200)] == ["some rows", "no row", "1 row", "1,200 rows"]
    assert moment(datetime(2026, 3, 1, 1, 30, tzinfo=timezone(timedelta(hours=2)))) == "28 February 2026, 23:30 UTC"
