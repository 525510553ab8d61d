"""Draws the way of the data: sources, raw, staging, intermediate, marts, readers; the two gates; what holds rows back.

In: nothing. Out: docs/images/way.svg. Alone: `make pictures`, or `python -m docs.programs.way`; a test compares.
"""

from html import escape
from itertools import pairwise
from pathlib import Path

PAGE = Path(__file__).resolve().parents[1] / "images" / "way.svg"
WIDTH, HEIGHT = 1240, 310
INK, PALE, WATER, STONE, WARN = "#263238", "#eceff1", "#b3e5fc", "#cfd8dc", "#ffe0b2"
# x, width, title, lines below it, colour
BOXES = (
    (10, 150, "sources", ["PostgreSQL", "MySQL, MariaDB", "MongoDB", "REST APIs", "CSV, XLSX, Parquet …"], PALE),
    (230, 150, "raw_<source>", ["append-only change log", "a change is a new row", "a delete is a tombstone"], WATER),
    (450, 150, "staging", ["typed, checked,", "accounted: stg_…", "the present state"], WATER),
    (670, 130, "intermediate", ["joins, spines: int_…", "less what is", "held back"], WATER),
    (870, 130, "analytics_next", ["marts, built", "and tested aside"], WATER),
    (1090, 140, "analytics", ["what readers see", "all marts or none"], WATER),
)
TOP, TALL = 60, 125


def svg() -> str:
    """The picture."""
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" font-family="sans-serif">',
        "<title>How data travels through Weir</title>",
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#ffffff"/>',
        f'<defs><marker id="tip" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="8" markerHeight="8" orient="auto">'
        f'<path d="M0 0 8 4 0 8z" fill="{INK}"/></marker></defs>',
    ]
    for x, width, title, lines, colour in BOXES:
        parts.append(_box(x, TOP, width, TALL, title, lines, colour))
    for (x, width, *_), (there, *_) in pairwise(BOXES):
        parts.append(_arrow(x + width, TOP + 70, there - 3, TOP + 70))
    parts += [
        _words(195, TOP + 60, "dlt"),
        _words(415, TOP + 26, "dbt"),
        _words(635, TOP + 60, "dbt"),
        _words(835, TOP + 60, "dbt"),
        _words(1045, TOP + 26, "merge"),
        _gate(414, "gate raw"),
        _gate(1044, "gate marts"),
        _box(450, 230, 150, 68, "quality.quarantine", ["rejected rows, whole,", "with their reasons"], WARN),
        _arrow(525, TOP + TALL, 525, 227),
        _box(230, 230, 150, 68, "ops.landings", ["a receipt per job"], STONE),
        _arrow(305, TOP + TALL, 305, 227),
        _box(670, 230, 130, 68, "ops.ledger", ["what became of", "each landed row"], STONE),
        _arrow(590, TOP + TALL, 668, 245),
        _words(620, 28, "Prefect runs the steps in order, on a schedule; a failed gate or test stops what follows", 14),
        "</svg>\n",
    ]
    return "\n".join(parts)


def _box(x: int, y: int, width: int, height: int, title: str, lines: list[str], colour: str) -> str:
    middle = x + width // 2
    shown = [
        f'<rect x="{x}" y="{y}" width="{width}" height="{height}" rx="6" fill="{colour}" stroke="{INK}"/>',
        _words(middle, y + 20, title, 13).replace("<text", '<text font-weight="bold"'),
    ]
    for place, line in enumerate(lines):
        shown.append(_words(middle, y + 40 + 18 * place, line, 12))
    return "\n".join(shown)


def _words(x: int, y: int, text: str, size: int = 13) -> str:
    return f'<text x="{x}" y="{y}" text-anchor="middle" font-size="{size}" fill="{INK}">{escape(text)}</text>'


def _arrow(x: int, y: int, there: int, below: int) -> str:
    line = f'<line x1="{x}" y1="{y}" x2="{there}" y2="{below}" stroke="{INK}" stroke-width="1.5"'
    return f'{line} marker-end="url(#tip)"/>'


def _gate(x: int, name: str) -> str:
    y = TOP + 70
    return (
        f'<line x1="{x}" y1="{y - 34}" x2="{x}" y2="{y + 34}" stroke="#c62828" stroke-width="5"/>\n'
        f'<text x="{x}" y="{y + 52}" text-anchor="middle" font-size="12" fill="#c62828">{name}</text>'
    )


def main() -> None:
    """Write the picture."""
    PAGE.parent.mkdir(exist_ok=True)
    PAGE.write_text(svg(), encoding="utf-8")


if __name__ == "__main__":
    main()
