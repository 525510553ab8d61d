"""Checks that every link and anchor of the Markdown pages holds, as a forge shows them.

In: the Markdown files of the repository. Out: one line per link that leads nowhere; exit code 1 where there is one.
Addresses on the web are not asked. Alone: `python -m docs.programs.links`.
"""

import re
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from urllib.parse import unquote

ROOT = Path(__file__).resolve().parents[2]
_FENCE = re.compile(r"^\s*(```|~~~)")
_LINK = re.compile(r"!?\[[^\]]*\]\(<?([^)\s>]+)>?(?:\s+\"[^\"]*\")?\)")
_CODE = re.compile(r"(`+).+?\1")


def pages() -> list[Path]:
    """The Markdown files of the root, of docs/ and of .github/."""
    found = [*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob(".github/**/*.md")]
    return sorted(found)


def prose(page: Path) -> Iterator[tuple[int, str]]:
    """The lines that are not code, each with its number."""
    fenced = ""
    for number, line in enumerate(page.read_text(encoding="utf-8").splitlines(), 1):
        mark = _FENCE.match(line)
        if mark and (not fenced or mark[1] == fenced):
            fenced = "" if fenced else mark[1]
        elif not fenced:
            yield number, line


def slug(heading: str) -> str:
    """The anchor that a forge gives to a heading."""
    text = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading).replace("`", "").replace("*", "").strip().lower()
    return re.sub(r"[^\w\- ]", "", text).replace(" ", "-")


@cache
def anchors(page: Path) -> frozenset[str]:
    """The anchors of a page."""
    found: list[str] = []
    for _, line in prose(page):
        if heading := re.match(r"#{1,6}\s+(.*?)\s*#*$", line):
            base = slug(heading[1])
            name, more = base, 0
            while name in found:
                more += 1
                name = f"{base}-{more}"
            found.append(name)
    return frozenset(found)


def faults(page: Path) -> Iterator[str]:
    """One line for each link of the page that leads nowhere."""
    for number, line in prose(page):
        for target in _LINK.findall(_CODE.sub("", line)):
            where = f"{page.relative_to(ROOT)}:{number}: {target}"
            if re.match(r"[a-z][a-z0-9+.-]*:", target):
                continue
            path, _, anchor = unquote(target).partition("#")
            file = (page.parent / path).resolve() if path else page
            if not file.exists():
                yield f"{where}: there is no such file"
            elif not file.is_relative_to(ROOT):
                yield f"{where}: lies outside the repository"
            elif anchor and (file.suffix != ".md" or anchor not in anchors(file)):
                yield f"{where}: the page has no such heading"


def main() -> int:
    """Print the faults of all pages; returns 1 where there is one."""
    found = [fault for page in pages() for fault in faults(page)]
    print("\n".join(found), file=sys.stderr, end="\n" if found else "")
    return int(bool(found))


if __name__ == "__main__":
    sys.exit(main())
