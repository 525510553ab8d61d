"""The first sentence, in each state of things."""

from datetime import UTC, datetime
from typing import Any

from weir.portal.reading import Found
from weir.portal.verdict import verdict

AT = datetime(2026, 7, 1, 6, tzinfo=UTC)
TODAY: dict[str, Any] = {
    "publication_id": 1, "published_at": AT, "published_as_of": AT, "last_run_state": "succeeded", "tables": 16,
    "tables_that_do_not_hold": 0, "tables_that_wait": 0, "landed": 237307, "waiting": 74, "gates": 6, "failed_gates": 0,
}  # fmt: skip
INCIDENT = {"severity": "stopped", "title": "Source app can't be reached", "readers": "Readers still see the old set."}
SEEN = "Readers see the data as of 1 July 2026, 06:00 UTC."


def told(incidents: list[dict[str, Any]] | None = None, **change: Any) -> tuple[str, str]:
    found = verdict(Found([TODAY | change]), Found(incidents or []))
    return found.level, found.sentence


def test_all_is_well() -> None:
    assert told() == ("good", "The data is good. Readers see it as of 1 July 2026, 06:00 UTC.")
    assert verdict(Found([TODAY]), Found()).more == (
        "237,307 rows of 16 tables have landed: every one is accounted for.",
        "6 of 6 checks passed when they last judged.",
        "74 rows that can't be right wait in quarantine, and are in no figure.",
    )


def test_an_open_incident_comes_first_and_says_what_readers_see() -> None:
    assert told([INCIDENT]) == ("stop", f"Source app can't be reached. {SEEN}")
    both = told([INCIDENT, INCIDENT | {"severity": "drifted"}], last_run_state="failed")
    assert both == ("stop", f"Source app can't be reached, and 1 more incident is open. {SEEN}")
    assert "and 9 more incidents are open" in told([INCIDENT] * 10)[1]
    drifted = told([INCIDENT | {"severity": "drifted"}])
    assert drifted == (
        "look", f"The data can be used, but one thing needs a look: Source app can't be reached. {SEEN}"
    )  # fmt: skip


def test_a_run_that_failed_without_an_incident() -> None:
    assert told(last_run_state="failed") == ("stop", f"The last run failed. {SEEN}")
    assert told(last_run_state="crashed") == ("stop", f"The last run was killed. {SEEN}")


def test_what_does_not_add_up_is_never_good() -> None:
    assert told(tables_that_do_not_hold=2) == (
        "stop",
        f"2 of 16 tables do not add up: a row is unaccounted for. {SEEN}",
    )
    assert told(failed_gates=1)[0] == "look"


def test_before_anything_was_published_or_built() -> None:
    nothing = told(publication_id=None, published_at=None, published_as_of=None, last_run_state=None, tables=0, gates=0)
    assert nothing == ("none", "Nothing has been published yet, so readers see nothing.")
    missing = verdict(Found(fault="it is not there yet", missing=True), Found())
    assert (missing.level, missing.sentence) == ("none", "Nothing is known yet.") and "not there yet" in missing.more[0]
    assert "A run is under way." in verdict(Found([TODAY | {"last_run_state": "running"}]), Found()).more


def test_rows_that_wait_at_a_gate_are_no_lost_rows_and_held_back_ones_are_named() -> None:
    held = Found([{"rows": 1821}, {"rows": 290}])
    found = verdict(Found([TODAY | {"tables_that_wait": 2}]), Found(), held)
    assert found.level == "good"
    assert (
        "237,307 rows of 16 tables have landed: new rows of 2 tables wait, for a run stopped before them." in found.more
    )
    assert "2,111 rows are held back from the figures, for what other tables say of them." in found.more


def test_a_view_of_an_older_weir_costs_the_sentence_and_no_page() -> None:
    old = {name: value for name, value in TODAY.items() if name != "tables_that_wait"}
    found = verdict(Found([old]), Found())
    assert (found.level, found.sentence) == ("none", "Nothing is known yet.")
    assert "its view is not that of this Weir" in found.more[0]
