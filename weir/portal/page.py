"""The page: reads all that it shows, and writes the HTML, its data for the script included.

In: a connection that reads, the charts that marts declare. Out: the HTML.
"""

import json
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from typing import Any

import psycopg

from weir.core import ports
from weir.core.faults import brief
from weir.core.settings import home
from weir.portal import charts as drawing
from weir.portal import sections
from weir.portal.declared import Chart, declares
from weir.portal.html import Html, el, joined, mark, when
from weir.portal.reading import Found, Reader, Row
from weir.portal.verdict import Verdict, verdict

# Nothing is asked of another address. Styles on elements are the charts' own.
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
    "base-uri 'none'; form-action 'none'"
)
_WORDS = {"good": "good", "look": "needs a look", "stop": "stopped", "none": "not known"}
PARTS = {
    "incidents": "Incidents", "company": "Company", "sources": "Sources", "balance": "Balance",
    "quarantine": "Quarantine", "gates": "Gates",
    "runs": "Runs", "growth": "Growth", "readers": "Readers",
}  # fmt: skip


def page(
    connection: psycopg.Connection, charts: list[Chart], faults: list[str], assets: dict[str, str], prefect: str = ""
) -> str:
    """The whole page. `assets` holds the addresses of style and scripts, `prefect` that of Prefect's pages."""
    reader, drawn = Reader(connection), drawing.Drawn()
    read = {name: reader.view(name) for name in ("today", "incidents", "incidents over")}
    held_back = reader.view("held back") if declares("held_back_by_reason") else None
    judged = verdict(read["today"], read["incidents"], held_back)
    view = reader.view
    parts: dict[str, Callable[[], Html]] = {
        "incidents": lambda: sections.incidents(read["incidents"], read["incidents over"]),
        "sources": lambda: sections.sources(drawn, view("deliveries"), view("freshness")),
        "balance": lambda: sections.balance(view("balance")),
        "quarantine": lambda: sections.quarantine(view("quarantine"), held_back),
        "gates": lambda: sections.gates(view("gates")),
        "runs": lambda: sections.runs(drawn, view("runs"), view("steps")),
        "growth": lambda: sections.growth(drawn, view("growth"), view("disk")),
        "readers": lambda: sections.readers(view("readers"), view("unread"), view("publications")),
        # read last: a mart that takes long must not take the time of what says whether the data are good
        "company": lambda: _company(drawn, charts, faults, reader),
    }
    made = {anchor: _made(anchor, make, drawn) for anchor, make in parts.items()}
    return _document(judged, [made[anchor] for anchor in PARTS], drawn.specs, read["today"], assets, prefect)


def page_of_outage(row: Row, assets: dict[str, str], prefect: str = "") -> str:
    """The page while the warehouse can't be read: the incident `row` alone."""
    judged = Verdict("stop", f"{row['title']}. {row['readers']}")
    told = sections.incidents(Found([row]), Found())
    return _document(judged, [told], [], Found(), assets, prefect, ["incidents"])


def _made(anchor: str, make: Callable[[], Html], drawn: drawing.Drawn) -> Html:
    """A section; or why there is none, where its view is of another version of Weir."""
    before = len(drawn.specs)
    try:
        return make()
    except (LookupError, TypeError, ValueError, AttributeError, ArithmeticError) as fault:
        del drawn.specs[before:]
        told = f"{type(fault).__name__}: {brief(str(fault))}"
        why = f"This part can't be shown: its view is not that of this Weir ({told})."
        return sections.section(anchor, PARTS[anchor], "", el("p", why, class_="none"))


def _company(drawn: drawing.Drawn, charts: list[Chart], faults: list[str], reader: Reader) -> Html:
    shown = [_chart(drawn, chart, reader.chart(chart)) for chart in charts]
    wrong = [el("p", f"A chart is left out: {fault}.", class_="none") for fault in faults]
    if not shown and not wrong:
        wrong = [el("p", "No mart declares a chart yet: a mart's YAML does, under config.meta.portal.", class_="none")]
    return sections.section(
        "company", "The company", "From the marts as they are published: what readers see, and nothing newer.",
        el("div", *shown, class_="grid"), *wrong,
    )  # fmt: skip


def _chart(drawn: drawing.Drawn, chart: Chart, found: Found) -> Html:
    """The chart of a mart; or why it can't be drawn, which costs no other chart."""
    before, why = len(drawn.specs), found.fault
    try:
        if not why:
            return drawing.of_mart(drawn, chart, found.rows)
    except (LookupError, TypeError, ValueError, AttributeError, ArithmeticError) as fault:
        del drawn.specs[before:]
        why = f"its columns hold what no chart of this kind can show ({type(fault).__name__}: {brief(str(fault))})"
    return drawing.empty(chart.title, f"This chart can't be shown: {why}.")


def _document(
    judged: Verdict, body: list[Html], specs: list[dict[str, Any]], today: Found, assets: dict[str, str], prefect: str,
    parts: Iterable[str] = PARTS,
) -> str:  # fmt: skip
    now = datetime.now(UTC)
    published = joined(["Published ", _published(today), " · this page"]) if today.rows else "This page"
    head = el(
        "head",
        el("meta", charset="utf-8"),
        el("meta", http_equiv="Content-Security-Policy", content=POLICY),
        el("meta", name="viewport", content="width=device-width, initial-scale=1"),
        el("meta", name="color-scheme", content="light dark"),
        el("meta", name="referrer", content="no-referrer"),
        el("title", f"Weir: {_WORDS[judged.level]}"),
        el("link", rel="icon", href="data:,"),
        el("link", rel="stylesheet", href=assets["portal.css"]),
    )
    links = [el("a", PARTS[anchor], href=f"#{anchor}") for anchor in parts]
    top = el(
        "header",
        el("p", "Weir", class_="name"),
        el("p", mark(judged.level, _WORDS[judged.level])),
        el("h1", judged.sentence),
        el("ul", *(el("li", each) for each in judged.more)) if judged.more else "",
        el("p", published, " was written ", when(now, is_aging=True), ".",
           class_="note"),
        el("p", "No run has written this page for more than a day: see whether the schedule still runs ",
           Html("(<code>weir status</code>)."), class_="old", hidden=True, id="old", role="status"),
        class_=judged.level,
    )  # fmt: skip
    data = json.dumps({"charts": specs}, separators=(",", ":"), allow_nan=False)
    for letter, escaped in {
        "<": "\\u003c",
        ">": "\\u003e",
        "&": "\\u0026",
        "\u2028": "\\u2028",
        "\u2029": "\\u2029",
    }.items():
        data = data.replace(letter, escaped)
    whole = el(
        "html",
        head,
        el(
            "body",
            el("a", "Skip to the content", href="#incidents", class_="skip"),
            top,
            el("nav", *links, aria_label="Parts of this page"),
            el("main", *body),
            _footer(prefect),
            el("script", Html(data), type="application/json", id="data"),
            el("script", src=assets["echarts.js"]),
            el("script", src=assets["portal.js"]),
        ),
        lang="en",
    )
    return f"<!doctype html>\n{whole}\n"


def _published(today: Found) -> Html:
    row = today.rows[0] if today.rows else {}
    return when(row.get("published_at"), is_aging=True) if row.get("published_at") else Html("nothing yet")


def _footer(prefect: str) -> Html:
    served = f"http://127.0.0.1:{ports.DOCS}/dbt/"
    links = [
        joined([el("a", "Models, columns and lineage", href="dbt/", data_served=served), " (dbt docs, while ",
                el("code", "weir docs"), " or ", el("code", "make serve"), " runs)"]),
    ]  # fmt: skip
    if (home() / "data_docs" / "index.html").exists():
        links.append(joined([el("a", "What the gates found", href="../data_docs/index.html"), " (Data Docs)"]))
    if prefect.startswith(("http://", "https://")):
        links.append(joined([el("a", "Runs and schedules", href=prefect), " (Prefect, while its server runs)"]))
    return el("footer", el("h2", "More"), el("ul", *(el("li", each) for each in links)))
