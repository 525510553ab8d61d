"""The output of a benchmark, and docs/reference/benchmarks.md, which keeps the last output of each.

In: title, columns, lines and a note. Out: a Rich table; with `write`, the same as Markdown between the marks
`<!-- name -->` and `<!-- /name -->` of the page.
"""

import os
import platform
import re
from collections.abc import Sequence
from datetime import date
from pathlib import Path

from weir.core.settings import ROOT

PAGE = ROOT / "docs" / "reference" / "benchmarks.md"


def machine() -> str:
    """The machine in a line: cores, memory, processor, kernel; no name."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    model = platform.processor() or platform.machine()
    info = Path("/proc/cpuinfo")
    if info.exists():
        found = re.search(r"^model name\s*: (.*)$", info.read_text(), re.MULTILINE)
        model = found.group(1) if found else model
    return (f"{os.cpu_count()} cores ({model}), {memory:.0f} GiB, {platform.system()} {platform.release()}, "
            f"Python {platform.python_version()}")  # fmt: skip


def show(name: str, title: str, head: Sequence[str], lines: Sequence[Sequence[object]], note: str, write: bool) -> None:
    """Print the table; where `write` is true, keep it in the page."""
    from weir.core.terminal import table

    table(title, head, lines, note)
    if write:
        keep(name, markdown(title, head, lines, note))


def markdown(title: str, head: Sequence[str], lines: Sequence[Sequence[object]], note: str) -> str:
    """The table as Markdown."""
    rows = ["| " + " | ".join(column.removesuffix("#") for column in head) + " |"]
    rows.append("| " + " | ".join("---:" if column.endswith("#") else "---" for column in head) + " |")
    for line in lines:
        cells = ["–" if v is None else f"{v:,}" if isinstance(v, int) else str(v).replace("|", "\\|") for v in line]
        rows.append("| " + " | ".join(cells) + " |")
    return f"**{title}** ({date.today()})\n\n" + "\n".join(rows) + f"\n\n{note[:1].upper()}{note[1:]}.\n"


def keep(name: str, text: str) -> None:
    """Put the text between the marks of that name; where there are none, at the end of the page."""
    page = PAGE.read_text() if PAGE.exists() else "# Benchmarks\n"
    block = f"<!-- {name} -->\n{text}<!-- /{name} -->"
    pattern = re.compile(f"<!-- {re.escape(name)} -->.*?<!-- /{re.escape(name)} -->", re.DOTALL)
    page = pattern.sub(lambda _: block, page) if pattern.search(page) else f"{page.rstrip()}\n\n{block}\n"
    PAGE.parent.mkdir(parents=True, exist_ok=True)
    PAGE.write_text(page)
