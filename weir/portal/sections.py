"""The sections of the page, each of one view or two.

In: what was read. Out: HTML. A section whose view could not be read says so, and is no less a section.
"""

from collections.abc import Callable, Sequence
from typing import Any

from weir.core.faults import brief
from weir.portal.charts import Drawn, parted
from weir.portal.html import Html, el, folded, joined, mark, moment, size, table, when
from weir.portal.reading import Found, Row

_LONG = 25  # rows of a table that stand open; of more the rest is folded
STATES = {"succeeded": "good", "failed": "stop", "crashed": "stop", "running": "look"}


def section(anchor: str, title: str, lead: str, *parts: object) -> Html:
    """A section with its heading and a sentence that says what one sees."""
    return el(
        "section", el("h2", title, id=f"{anchor}-title"), el("p", lead, class_="lead") if lead else "", *parts,
        id=anchor, aria_labelledby=f"{anchor}-title",
    )  # fmt: skip


def incidents(found: Found, over: Found) -> Html:
    """The open incidents in four sentences each, and those that are over in one line."""
    if found.fault and not found.missing:
        return section("incidents", "Incidents", "", _fault(found))
    told = [_incident(row) for row in found.rows]
    past = [
        el("li", row["title"], " – over since ", when(row["closed_at"]))
        for row in over.rows
    ]  # fmt: skip
    lead = {0: "Nothing is open."}.get(len(told), f"{len(told)} open. Each closes by itself once it is healed.")
    return section("incidents", "Incidents", lead, *told,
                   folded(f"Lately over ({len(past)})", el("ul", *past)) if past else "")  # fmt: skip


def _incident(row: Row) -> Html:
    level, word = ("stop", "stopped") if row["severity"] == "stopped" else ("look", "drifted")
    sentences = [row[name] for name in ("what", "affected", "readers", "turn") if row[name]]
    return el(
        "article",
        el("h3", mark(level, word), " ", row["title"]),
        joined((el("p", each, class_="told") for each in sentences), " "),
        el("p", "To type next: ", el("code", row["command"])) if row["command"] else "",
        el("p", *_kept(row), class_="note") if row["incident_id"] else "",
        class_=f"incident {level}",
    )


def _kept(row: Row) -> list[object]:
    """Where an incident that is on record can be read whole."""
    number, times = row["incident_id"], row["times_seen"]
    seen = f", seen {times} time{'s' if times != 1 else ''}. Whole, with the evidence: "
    return [
        f"Incident {number}, since ",
        when(row["opened_at"], is_aging=True),
        seen,
        el("code", f"weir incident {number}"),
    ]


def sources(drawn: Drawn, deliveries: Found, freshness: Found) -> Html:
    """What each source delivered, day by day, and how recent its tables are."""
    lead = "What each source delivered, day by day, by the runs' clock. Each chart has a scale of its own."
    if not deliveries.rows:
        return section("sources", "Sources", lead, _none(deliveries, "Nothing has landed yet."))
    charts = []
    for name in dict.fromkeys(row["source"] for row in deliveries.rows):
        rows = [row for row in deliveries.rows if row["source"] == name]
        values = [row["landed"] for row in rows]
        note = f"{values[-1]:,} rows of {_tables(rows[-1]['tables'])} on {_day(rows[-1])}."
        series = [("rows landed", values)]
        charts.append(
            drawn.chart("bars", name, [row["day"] for row in rows], series, note=note, low=True, cut=_cut(values))
        )
    recent = _long(
        freshness, "How recent each table is",
        ["table", "last landing", "last change", "rows at the source#", "rows landed#", "promise"],
        lambda row: [_name(row), when(row["last_as_of"]), when(row["last_change_as_of"]), row["last_source_rows"],
                     row["rows_landed"], row["promise"]],
    )  # fmt: skip
    return section(
        "sources", "Sources", lead, el("div", *charts, class_="grid"), folded("How recent each table is", recent)
    )


def balance(found: Found) -> Html:
    """Whether each landed row is accounted for."""
    lead = (
        "What became of each landed row. The numbers add up to what landed; where they do not, the last column says so."
    )
    names = ("accepted", "accepted_by_hand", "rejected", "superseded", "deleted", "erased")
    kept = ["accepted", *_used(found, *names[1:2]), "rejected", *_used(found, *names[3:])]
    return section("balance", "Balance", lead, _long(
        found, "Balance of each table",
        ["table", "holds", "landed#", *(f"{name.replace('_', ' ')}#" for name in kept), "waiting#"],
        lambda row: [_name(row), _holds(row), row["landed"], *(row[name] for name in kept), row["waiting"]],
        "Nothing has landed yet.",
    ))  # fmt: skip


def _holds(row: Row) -> Html:
    """Whether it adds up; rows that wait for staging are no fault of the balance."""
    level = {"holds": "good", "not staged": "look"}.get(row["verdict"], "stop")
    return mark(level, "yes" if row["verdict"] == "holds" else row["verdict"])


def quarantine(found: Found, held_back: Found | None) -> Html:
    """What waits, why, and how to see the rows; what is held back between tables, where the project has such rules."""
    lead = "Rows that can't be right wait here, whole, and leave by themselves once they are mended at their source."
    left = _used(found, "mended", "replaced", "deleted", "accepted")
    shown = _long(
        found, "Quarantine by reason",
        ["wait#", "model", "reason", *(f"{name}#" for name in left), "first seen", "to see the rows"],
        lambda row: [row["open_rows"], row["model"], row["reasons"], *(row[name] for name in left),
                     when(row["first_seen"]), el("code", f"weir quarantine {row['model']}")],
        "Nothing was ever rejected.",
    )  # fmt: skip
    parts: list[object] = [shown]
    if held_back:
        parts += [
            el("h3", "Held back"),
            el("p", "Sound by themselves, but not in the marts for what other tables say: orphans, copies. They heal "
               "by themselves.", class_="note"),
            _long(held_back, "Held back by reason", ["rows#", "model", "reason"],
                  lambda row: [row["rows"], row["model"], row["reason"]], "Nothing is held back."),
        ]  # fmt: skip
    return section("quarantine", "Quarantine", lead, *parts)


def gates(found: Found) -> Html:
    """The newest verdict of each gate."""
    lead = "What is checked before anything is built, and before readers see it: the newest verdict of each check."
    return section("gates", "Gates", lead, _long(
        found, "Gates", ["verdict", "gate", "on", "what it found", "when"],
        lambda row: [mark("good", "passed") if row["passed"] else mark("stop", "failed"), row["gate"], row["scope"],
                     row["sentence"], when(row["checked_at"])],
        "No gate has judged yet.",
    ))  # fmt: skip


def runs(drawn: Drawn, found: Found, steps: Found) -> Html:
    """The runs, and where their time went."""
    parts: list[object] = []
    if steps.rows:
        places, series = parted(list(reversed(steps.rows)), "started_at", "step", "seconds")
        order = ["land", "gate raw", "build", "gate marts", "publish", "balance"]
        series.sort(key=lambda each: order.index(each[0]) if each[0] in order else len(order))
        parts.append(
            drawn.chart("stacked", "Where the time went", places, series, "s", "Seconds of each step, run by run.")
        )
    parts.append(_long(
        found, "The last runs", ["began", "what", "state", "seconds#", "longest step", "what it said"],
        lambda row: [when(row["started_at"]), row["command"], mark(STATES.get(row["state"], "look"), row["state"]),
                     row["seconds"], row["slowest_step"], brief(row["message"] or "–")],
        "No run yet.", most=10,
    ))  # fmt: skip
    return section("runs", "Runs", "How each run ended, how long it took, and where the time went.", *parts)


def growth(drawn: Drawn, tables: Found, disk: Found) -> Html:
    """What grows, and when the disk is full."""
    lead = _disk(disk.rows[0]) if disk.rows else disk.fault or "Nothing was measured yet."
    parts: list[object] = []
    if len(disk.rows) > 1:
        rows = list(reversed(disk.rows))
        values = [round(row["database_bytes"] / 1e6, 1) for row in rows]
        parts.append(
            drawn.chart("line", "Size of the warehouse", [row["day"] for row in rows], [("MB", values)], "MB", low=True)
        )
    parts.append(_long(
        tables, "The largest tables", ["table", "size#", "grows a day#"],
        lambda row: [f"{row['schema_name']}.{row['table_name']}", size(row["bytes"]), size(row["bytes_per_day"])],
        "Nothing was measured yet.", most=12,
    ))  # fmt: skip
    return section("growth", "Growth", lead, *parts)


def _disk(row: Row) -> str:
    told = f"The warehouse takes {size(row['database_bytes'])}"
    if row["database_bytes_per_day"] is not None:
        told += f", {size(row['database_bytes_per_day'])} more each day"
    if row["free_bytes"] is None:
        return told + ". It is on another machine: how much of its disk is free is not known here."
    told += f"; {size(row['free_bytes'])} of its disk are free"
    if row["used_per_day"] is None:
        return told + ". When the disk is full can be said once measures are three days apart."
    if row["full_on"] is None:
        return told + ". At the pace of the last four weeks the disk does not fill within ten years."
    return (
        told + f". At the pace of the last four weeks the disk is full on {row['full_on'].day} {row['full_on']:%B %Y}."
    )


def readers(found: Found, unread: Found, published: Found) -> Html:
    """Who reads which mart, which marts nobody reads, and what readers see."""
    names = [row["mart"] for row in unread.rows]
    nobody = el("p", "Nobody has read: ", joined([el("code", name) for name in names], ", "), ".") if names else ""
    shown = _long(
        found, "Who reads which mart", ["mart", "who", "reads#", "days#", "last", "in clear"],
        lambda row: [row["mart"], row["login"], row["read_count"], row["days"], when(row["last_read_at"]),
                     mark("look", "yes") if row["reads_in_clear"] else "no"],
        "Nobody has read anything yet, as far as the server's log goes.",
    )  # fmt: skip
    changed = _long(
        published, "What readers see", ["mart", "rows#", "new#", "changed#", "gone#"],
        lambda row: [row["mart"], row["rows"], row["inserted"], row["updated"], row["deleted"]],
        "Nothing has been published yet.",
    )  # fmt: skip
    title = "What the last publication changed"
    if published.rows:
        title += f", {moment(published.rows[0]['published_at'])}"
    return section(
        "readers", "Readers", "Who reads which mart, by the server's own log.", shown, nobody, folded(title, changed)
    )


def _long(
    found: Found, caption: str, columns: list[str], cells: Callable[[Row], Sequence[object]],
    nothing: str = "There is nothing to show.", most: int = _LONG,
) -> Html:  # fmt: skip
    """A table; of a long one the end is folded."""
    if not found.rows:
        return _none(found, nothing)
    head, rest = found.rows[:most], found.rows[most:]
    made = table(caption, columns, map(cells, head))
    if not rest:
        return made
    return joined([made, folded(f"{len(rest):,} more", table(f"{caption}, continued", columns, map(cells, rest)))])


def _none(found: Found, nothing: str) -> Html:
    return _fault(found) if found.fault else el("p", nothing, class_="none")


def _fault(found: Found) -> Html:
    return el("p", f"This part can't be shown: {found.fault}.", class_="none")


def _used(found: Found, *names: str) -> list[str]:
    """The columns in which some row has anything but 0 or nothing."""
    return [name for name in names if any(row[name] for row in found.rows)]


def _name(row: Row) -> str:
    return f"{row['source']}.{row['table_name']}"


def _tables(count: int) -> str:
    return f"{count} table{'' if count == 1 else 's'}"


def _day(row: Row) -> str:
    return f"{row['day'].day} {row['day']:%B}"


def _cut(values: list[Any]) -> float | None:
    """Where the axis ends when the first landing dwarfs all that came after."""
    rest = sorted(values)[:-1]
    return float(rest[-1]) * 1.25 if rest and rest[-1] and max(values) > 5 * rest[-1] else None
