"""The first sentence of the page: is the data good, and how fresh.

In: the row of `ops_today`, the open incidents. Out: a level (good, look, stop, none), a sentence, and what it rests on.
"""

from dataclasses import dataclass

from weir.portal.html import moment
from weir.portal.reading import Found, Row


@dataclass(frozen=True)
class Verdict:
    """What the page says first."""

    level: str
    sentence: str
    more: tuple[str, ...] = ()


def verdict(today: Found, incidents: Found, held_back: Found | None = None) -> Verdict:
    """Judge; whatever stops weighs more than what drifts, and what readers see is always said."""
    if not today.rows:
        return _unknown(today.fault or "no run has ended yet")
    try:
        return _judged(today.rows[0], incidents, held_back)
    except LookupError:  # a view of an older Weir lacks a column
        return _unknown("its view is not that of this Weir; the next run that builds makes it anew")


def _unknown(why: str) -> Verdict:
    return Verdict("none", "Nothing is known yet.", (f"What this page begins with could not be read: {why}.",))


def _judged(row: Row, incidents: Found, held_back: Found | None) -> Verdict:
    rest = tuple(_facts(row, sum(each["rows"] for each in held_back.rows) if held_back else 0))
    seen = _seen(row)
    stopped = [each for each in incidents.rows if each["severity"] == "stopped"]
    if stopped:
        named = _named([*stopped, *(each for each in incidents.rows if each not in stopped)])
        return Verdict("stop", f"{named} {seen}", rest)
    if row["last_run_state"] in {"failed", "crashed"}:
        how = "failed" if row["last_run_state"] == "failed" else "was killed"
        return Verdict("stop", f"The last run {how}. {seen}", rest)
    if row["tables_that_do_not_hold"]:
        wrong, of = row["tables_that_do_not_hold"], row["tables"]
        return Verdict("stop", f"{wrong} of {of} tables do not add up: a row is unaccounted for. {seen}", rest)
    if row["publication_id"] is None:
        return Verdict("none", seen, rest)
    if incidents.rows:
        return Verdict(
            "look", f"The data can be used, but one thing needs a look: {_named(incidents.rows)} {seen}", rest
        )
    if row["failed_gates"]:
        return Verdict("look", f"A check failed and was not judged anew since. {seen}", rest)
    return Verdict("good", seen.replace("Readers see the data", "The data is good. Readers see it"), rest)


def _seen(row: Row) -> str:
    if row["publication_id"] is None:
        return "Nothing has been published yet, so readers see nothing."
    return f"Readers see the data as of {moment(row['published_as_of'] or row['published_at'])}."


def _named(incidents: list[Row]) -> str:
    title = incidents[0]["title"].rstrip(".") + "."
    more = len(incidents) - 1
    return title if not more else f"{title[:-1]}, and {more} more incident{'s are' if more > 1 else ' is'} open."


def _facts(row: Row, held_back: int) -> list[str]:
    found = []
    if row["tables"]:
        holds = "every one is accounted for"
        if row["tables_that_do_not_hold"]:
            holds = f"{row['tables_that_do_not_hold']} tables do not add up"
        elif row["tables_that_wait"]:
            holds = f"new rows of {row['tables_that_wait']} tables wait, for a run stopped before them"
        found.append(f"{row['landed']:,} rows of {row['tables']} tables have landed: {holds}.")
    if row["gates"]:
        passed = row["gates"] - row["failed_gates"]
        found.append(f"{passed} of {row['gates']} checks passed when they last judged.")
    if row["waiting"]:
        found.append(f"{row['waiting']:,} rows that can't be right wait in quarantine, and are in no figure.")
    if held_back:
        found.append(f"{held_back:,} rows are held back from the figures, for what other tables say of them.")
    if row["last_run_state"] == "running":
        found.append("A run is under way.")
    return found
