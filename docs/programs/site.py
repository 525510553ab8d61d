"""Hooks of mkdocs for the site: pages from the root, links to files of the repository, the order of what is found.

In: mkdocs' events. Out: CONTRIBUTING, DECISIONS and CHANGELOG as pages; a link to a file that the site does not hold (a
model, a Python file) as plain text, for the site knows no address of the repository. Alone: `make docs-site`.
"""

import os
import posixpath
import re
from pathlib import Path
from typing import Any

from mkdocs.structure.files import File

ROOT = Path(__file__).resolve().parents[2]
FROM_ROOT = ("CONTRIBUTING.md", "DECISIONS.md", "CHANGELOG.md", "SECURITY.md")
# What people look for first is found first.
_BOOST = {"index.md": 4, "concepts": 3, "how-to": 3, "operations": 3, "tutorial.md": 2}
_LINK = re.compile(r"(!?)\[([^\]]*)\]\(([^)\s#]*)(#[^)\s]*)?\)")


def on_files(files: Any, config: Any) -> Any:
    """Add the pages that lie in the root."""
    for name in FROM_ROOT:
        if (ROOT / name).exists():
            files.append(File.generated(config, name, abs_src_path=str(ROOT / name)))
    return files


def on_page_markdown(markdown: str, page: Any, **_: Any) -> str:
    """Lead each link to where its page lies in the site, or make plain text of it."""
    name = page.file.src_uri
    page.meta.setdefault("search", {"boost": _BOOST.get(name.split("/")[0], 1)})
    folder = ROOT if name in FROM_ROOT else (ROOT / "docs" / name).parent
    here = posixpath.dirname(name)

    def led(link: re.Match[str]) -> str:
        picture, text, target, anchor = link[1], link[2], link[3], link[4] or ""
        if not target or re.match(r"[a-z][a-z0-9+.-]*:", target):
            return link[0]
        path = os.path.relpath((folder / target).resolve(), ROOT)
        if path == "README.md":
            path = "docs/index.md"
        if path in FROM_ROOT:
            place = path
        elif path.startswith("docs/"):
            place = path.removeprefix("docs/")
        else:
            return text
        return f"{picture}[{text}]({posixpath.relpath(place, here or '.')}{anchor})"

    parts = re.split(r"(^\s*```.*?^\s*```\s*$)", markdown, flags=re.MULTILINE | re.DOTALL)
    return "".join(part if place % 2 else _LINK.sub(led, part) for place, part in enumerate(parts))
