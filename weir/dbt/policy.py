"""The policy of dbt's docs: the page's own scripts run, and nothing that a name or a description holds.

In: `index.html` as `dbt docs generate` leaves it. Out: the same page with a Content-Security-Policy.
dbt's page shows descriptions, and names of columns that a search finds, as HTML.
"""

import base64
import hashlib
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

_HEAD, _POLICY = "<head>", "Content-Security-Policy"


class _Scripts(HTMLParser):
    """Collects the inline scripts of a page, each as it stands between its tags."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        if tag == "script":
            self.found.append("")

    def handle_data(self, data: str) -> None:
        if self.cdata_elem == "script":
            self.found[-1] += data


def protect(page: Path) -> None:
    """Write the policy into the page; does nothing where there is no page, or it has the policy."""
    text = page.read_text(encoding="utf-8") if page.exists() else ""
    if _HEAD not in text or _POLICY in text:
        return
    digests = [hashlib.sha256(script.encode()).digest() for script in _Scripts(text).found if script]
    hashes = " ".join(f"'sha256-{base64.b64encode(digest).decode()}'" for digest in digests)
    policy = f"default-src 'self' data:; style-src 'self' 'unsafe-inline'; script-src 'self' {hashes}"
    meta = f'<meta http-equiv="{_POLICY}" content="{policy}">'
    page.write_text(text.replace(_HEAD, _HEAD + meta, 1), encoding="utf-8")
