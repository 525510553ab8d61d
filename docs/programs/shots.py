"""Takes the screenshots of docs/images with a headless Chromium, of the pages of this machine.

In: the address of a page, the seconds it needs to settle. Out: a PNG. Chromium must be on the PATH.
Alone: `weir docs` in another terminal, then `python -m docs.programs.shots`.
"""

import sys
from pathlib import Path

from docs.programs.browser import Browser
from weir.core.settings import home

IMAGES = Path(__file__).resolve().parents[1] / "images"
PAGES = "http://127.0.0.1:8580"
# name -> address, the window's width and height, the part that is shown, seconds
SHOTS: dict[str, tuple[str, tuple[int, int], dict[str, float] | None, float]] = {
    "lineage.png": (
        f"{PAGES}/dbt/#!/model/model.weir.fct_invoices?g_v=1&g_i=%2Bfct_invoices",
        (1240, 780),
        {"x": 20, "y": 85, "width": 1200, "height": 425, "scale": 1},
        8.0,
    ),
    "portal.png": ((home() / "portal" / "index.html").as_uri(), (1240, 1010), None, 1.0),
}


def shoot(address: str, path: Path, size: tuple[int, int], clip: dict[str, float] | None, seconds: float) -> None:
    """Write a picture of the page, or of a part of it, taken so many seconds after the page was loaded."""
    with Browser(*size) as browser:
        browser.look(*size)
        browser.open(address, seconds)
        browser.picture(path, clip)


def main() -> None:
    """Take those whose names are given, or all."""
    for name in sys.argv[1:] or SHOTS:
        address, size, clip, seconds = SHOTS[name]
        shoot(address, IMAGES / name, size, clip, seconds)


if __name__ == "__main__":
    main()
