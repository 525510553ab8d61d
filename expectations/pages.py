"""Data Docs: writes a page for every verdict of a gate, by Great Expectations' own renderer, and an index.

In: results of validations, `ops.gates`. Out: `home()/data_docs/index.html` and a page per run, gate and scope. The
pages can be opened from disk, without a network.
"""

import copy
import html
import re
import shutil
from collections.abc import Sequence
from typing import Any

import psycopg

from weir.core.settings import home

KEPT_RUNS = 100
# No script runs in these pages, whatever a value of a mart holds.
_POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:"
_CSS = """
:root{color-scheme:light dark}body{font:15px/1.5 system-ui,sans-serif;max-width:76rem;margin:2rem auto;padding:0 1rem}
table{border-collapse:collapse;width:100%;margin:.5rem 0 1.5rem}td,th{padding:.35rem .6rem;text-align:left;
border-bottom:1px solid #8884;vertical-align:top;overflow-wrap:anywhere}th{font-weight:600}
.pass{color:#178a3d}.fail{color:#c5221f;font-weight:600}.badge{border-radius:.6em;padding:0 .4em;background:#8882}
.text-success{color:#178a3d}.text-danger{color:#c5221f}.alert{padding:.5rem 1rem;border-left:4px solid #8888}
.col-md-2,.col-lg-2,.navbar,.cooltip,button,.modal,footer,svg,.ge-cta-footer{display:none}ul{padding-left:1.2rem}
.fa-check-circle::before{content:"\\2713 "}.fa-times::before{content:"\\2717 "}
.fa-exclamation-triangle::before{content:"! "}
pre,code{white-space:pre-wrap}h1,h2,h3,h4{line-height:1.2}.collapse{display:none}a{color:#1a66d0}
"""
_AWAY = [
    r"<script\b[^>]*\bsrc=[\"']https?://[^>]*>\s*</script>",
    r"<link\b[^>]*\bhref=[\"']https?://[^>]*>",
    r"<img\b[^>]*\bsrc=[\"']https?://[^>]*>",
    r"<script\b[^>]*>.*?</script>",
    r"<a\b[^>]*\bhref=[\"']https?://[^>]*>.*?</a>",
]


def write(run_id: str, gate: str, scope: str, outcomes: Sequence[Any]) -> str:
    """Write the page of one verdict; returns its path within the folder of Data Docs."""
    from great_expectations.render.renderer import ValidationResultsPageRenderer
    from great_expectations.render.view import DefaultJinjaPageView

    renderer, view = ValidationResultsPageRenderer(), DefaultJinjaPageView()
    title = f"gate {gate}" + (f" {scope}" if gate != scope else "")
    parts = [f"<h1>{html.escape(title)}</h1><p>run {html.escape(run_id)} · <a href='../index.html'>all gates</a></p>"]
    # Failed validations come first.
    for outcome in sorted(outcomes, key=lambda each: bool(each.success)):
        name = html.escape(str(outcome.meta.get("validation_name")))
        mark = "<span class='pass'>holds</span>" if outcome.success else "<span class='fail'>does not hold</span>"
        body = re.sub(r"&amp;(lt|gt|amp|quot|#x27);", r"&\1;", str(view.render(renderer.render(_escaped(outcome)))))
        for pattern in _AWAY:
            body = re.sub(pattern, "", body, flags=re.DOTALL)
        match = re.search(r"<body[^>]*>(.*)</body>", body, flags=re.DOTALL)
        parts.append(f"<details {'' if outcome.success else 'open'}><summary>{name}: {mark}</summary>")
        parts.append((match.group(1) if match else body) + "</details>")
    relative = f"{_safe(run_id)}/{_safe(gate)}-{_safe(scope)}.html"
    path = home() / "data_docs" / relative
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(_page(title, "\n".join(parts)), encoding="utf-8")
    return relative


def index(connection: psycopg.Connection[dict[str, Any]]) -> None:
    """Write the index of the last verdicts, newest first, and delete the pages of older runs."""
    query = """select run_id, gate, scope, checked_at, passed, sentence, results ->> 'page' as page from ops.gates
               where gate <> 'build' order by checked_at desc limit 500"""
    rows = []
    folder = home() / "data_docs"
    for values in connection.execute(query).fetchall():
        name = html.escape(f"{values['gate']} {values['scope']}" if values["gate"] != values["scope"] else "marts")
        page = values["page"]
        link = f"<a href='{html.escape(page)}'>{name}</a>" if page and (folder / page).exists() else name
        mark = "<span class='pass'>passed</span>" if values["passed"] else "<span class='fail'>failed</span>"
        rows.append(
            f"<tr><td>{values['checked_at']:%Y-%m-%d %H:%M:%S}</td><td>{html.escape(values['run_id'] or '')}</td>"
            f"<td>{link}</td><td>{mark}</td><td>{html.escape(values['sentence'] or '')}</td></tr>"
        )
    head = "<tr><th>checked (UTC)</th><th>run</th><th>gate</th><th>verdict</th><th>in one sentence</th></tr>"
    folder.mkdir(parents=True, exist_ok=True)
    text = _page(
        "Data Docs", f"<h1>Data Docs</h1><p>What the gates found, newest first.</p><table>{head}{''.join(rows)}</table>"
    )
    (folder / "index.html").write_text(text, encoding="utf-8")
    runs = sorted((path for path in folder.iterdir() if path.is_dir()), key=lambda path: path.stat().st_mtime)
    for old in runs[:-KEPT_RUNS]:
        shutil.rmtree(old, ignore_errors=True)


def _escaped(outcome: Any) -> Any:
    """A copy of the result with all texts escaped for HTML: Great Expectations itself escapes few of them."""
    found = copy.deepcopy(outcome)
    found.meta = _text(found.meta)
    for each in found.results:
        each.result, each.exception_info = _text(each.result), _text(each.exception_info)
        if each.expectation_config:
            each.expectation_config.kwargs = _text(each.expectation_config.kwargs)
    return found


def _text(value: Any) -> Any:
    if isinstance(value, str):
        return html.escape(value)
    if isinstance(value, dict):
        return {_text(name): _text(held) for name, held in value.items()}
    return [_text(held) for held in value] if isinstance(value, list | tuple | set) else value


def _page(title: str, body: str) -> str:
    return (
        f"<!doctype html><html lang='en'><head><meta charset='utf-8'><title>{html.escape(title)}</title>"
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">'
        f"<style>{_CSS}</style></head><body>{body}</body></html>"
    )


def _safe(name: str) -> str:
    return re.sub(r"[^A-Za-z0-9_.-]", "_", name)
