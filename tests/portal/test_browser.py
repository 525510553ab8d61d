"""The page in a real Chromium: healthy and hostile, light and dark, on a desk and on a phone, on paper, by keyboard."""

import json
import os
import re
import threading
from base64 import b64encode
from collections.abc import Iterator
from http.client import HTTPConnection
from itertools import pairwise
from pathlib import Path
from typing import Any

import psycopg
import pytest

from cli.pages import open_server
from docs.programs.browser import Browser
from tests.servers import chromium
from tests.support import portal
from tests.support.portal import HOSTILE
from weir.portal import site

pytestmark = pytest.mark.slow

PASSWORD = "a password of the test"
WORD = b64encode(f"weir:{PASSWORD}".encode()).decode()
SERIOUS = """
axe.run(document, {resultTypes: ['violations']}).then(found => found.violations
    .filter(each => ['serious', 'critical'].includes(each.impact))
    .map(each => each.id + ': ' + each.nodes.map(node => node.html.slice(0, 160)).slice(0, 3).join(' | ')))"""
OPEN_ALL = "document.querySelectorAll('details').forEach(each => { each.open = true })"


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """A Chromium that the tests of this file share."""
    chromium.ensure()
    with Browser() as found:
        found.ask("Network.setExtraHTTPHeaders", headers={"Authorization": f"Basic {WORD}"})
        yield found


@pytest.fixture(scope="module")
def address(views: psycopg.Connection) -> Iterator[str]:
    """The address of Weir's own small server, with something to serve at each place."""
    home = Path(os.environ["WEIR_HOME"])
    for name in ("target/prod-docs", "data_docs"):
        (home / name).mkdir(parents=True, exist_ok=True)
        (home / name / "index.html").write_text("<!doctype html><html lang=en><title>t</title>")
    with open_server(0, PASSWORD) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


ALL = pytest.mark.parametrize("written", ["healthy", "incidents", "hostile"], indirect=True)
SOUND = pytest.mark.parametrize("written", ["healthy", "incidents"], indirect=True)


@pytest.fixture
def written(request: pytest.FixtureRequest, views: psycopg.Connection, address: str, page_home: Path) -> str:
    """The address of a page of one of three stories: healthy, incidents, hostile."""
    story = getattr(request, "param", "incidents")
    text = HOSTILE if story == "hostile" else ""
    portal.fill(views, text, incidents=0 if story == "healthy" else 3)
    portal.mart(views, text)
    portal.manifest(page_home, portal.charts(text))
    site.write(address)
    return f"{address}/"


@ALL
def test_nothing_complains_and_nobody_else_is_asked(browser: Browser, written: str) -> None:
    for dark in (False, True):
        browser.look(1280, dark=dark)
        browser.open(written)
        assert browser.complaints() == []
        assert browser.evaluate("window.hacked") is None
        assert {url.split("/")[2] for url in browser.requests() if not url.startswith("data:")} == {
            written.split("/")[2]
        }
    drawn = browser.evaluate(
        "[...document.querySelectorAll('.chart')].map(each => each.querySelectorAll('svg path').length)"
    )
    assert len(drawn) >= 5 and min(drawn) > 2, "each chart is drawn"


@ALL
def test_axe_finds_nothing_serious(browser: Browser, written: str) -> None:
    script = chromium.axe()
    for width, dark in ((1280, False), (1280, True), (390, False), (390, True)):
        browser.look(width, dark=dark)
        browser.open(written)
        browser.evaluate(OPEN_ALL)
        browser.evaluate(script + "; true")
        assert browser.evaluate(SERIOUS) == [], (width, dark)


@ALL
@pytest.mark.parametrize("width", [360, 768])
def test_no_sideways_scrolling(browser: Browser, written: str, width: int) -> None:
    browser.look(width, 800)
    browser.open(written)
    browser.evaluate(OPEN_ALL)
    browser.wait(0.2)
    assert browser.evaluate("document.documentElement.scrollWidth") <= width
    wide = (
        "[...document.querySelectorAll('main > section *')].filter(each => !each.closest('.scroll, svg') && "
        "each.clientWidth && each.getBoundingClientRect().right > innerWidth + 1).map(each => each.outerHTML)"
    )
    assert browser.evaluate(wide) == []


@SOUND
def test_each_link_leads_somewhere(browser: Browser, written: str) -> None:
    browser.look(1280)
    browser.open(written)
    links = browser.evaluate("[...document.querySelectorAll('a')].map(each => each.href)")
    assert len(links) == len(set(links)) + 1 >= 13, "each place once, the first part of the page also by the skip link"
    for link in links:
        place, _, anchor = link.partition("#")
        host, path = re.fullmatch(r"http://([^/]+)(/.*)", place).groups()  # type: ignore[union-attr]
        connection = HTTPConnection(host)
        connection.request("GET", path, headers={"Authorization": f"Basic {WORD}"})
        assert connection.getresponse().status == 200, link
        if anchor:
            assert browser.evaluate(f"!!document.getElementById({json.dumps(anchor)})"), link


def test_hovering_a_chart_of_hostile_names_runs_nothing(
    browser: Browser, views: psycopg.Connection, address: str, page_home: Path
) -> None:
    portal.fill(views, HOSTILE)
    portal.mart(views, HOSTILE)
    portal.manifest(page_home, portal.charts(HOSTILE))
    site.write()
    browser.look(1280)
    browser.open(f"{address}/")
    chart = "document.querySelector('#company .chart')"
    browser.evaluate(f"{chart}.scrollIntoView({{block: 'center'}})")
    box = browser.evaluate(f"(box => ({{x: box.x, y: box.y, width: box.width, height: box.height}}))"
                           f"({chart}.getBoundingClientRect())")  # fmt: skip
    for turn in range(60):  # a busy machine draws late
        place = {"x": box["x"] + box["width"] * (0.4, 0.5, 0.6)[turn % 3], "y": box["y"] + box["height"] * 0.6}
        browser.ask("Input.dispatchMouseEvent", type="mouseMoved", **place)
        browser.wait(0.2)
        if "window.hacked" in browser.evaluate(f"{chart}.innerText"):
            break
    assert "window.hacked" in browser.evaluate(f"{chart}.innerText"), "the tooltip is open"
    assert browser.evaluate("[window.hacked, document.querySelectorAll('img').length]") == [None, 0]
    assert browser.complaints() == []


def test_the_keyboard_reaches_everything_and_shows_where_it_is(browser: Browser, written: str) -> None:
    browser.look(1280)
    browser.open(written)
    reached: list[Any] = []
    for _ in range(14):
        for kind in ("keyDown", "keyUp"):
            browser.ask("Input.dispatchKeyEvent", type=kind, key="Tab", code="Tab", windowsVirtualKeyCode=9)
        reached.append(browser.evaluate(
            "[document.activeElement.tagName, getComputedStyle(document.activeElement).outlineStyle, "
            "document.activeElement.getBoundingClientRect().left >= 0]"))  # fmt: skip
    assert [tag for tag, _, _ in reached[:10]] == ["A"] * 10, "the skip link, then the parts of the page"
    assert all(style == "solid" and is_seen for _, style, is_seen in reached), reached
    heads = browser.evaluate("[...document.querySelectorAll('h1, h2, h3')].map(each => +each.tagName[1])")
    assert heads[0] == 1 and heads.count(1) == 1 and all(b - a <= 1 for a, b in pairwise(heads))
    assert browser.evaluate("[document.documentElement.lang, !!document.querySelector('main'), "
                            "!!document.querySelector('nav[aria-label]'), !!document.querySelector('header')]") == \
        ["en", True, True, True]  # fmt: skip


@SOUND
def test_printed_it_is_one_page(browser: Browser, written: str, tmp_path: Path) -> None:
    browser.look(1280)
    browser.open(written)
    browser.pdf(tmp_path / "page.pdf")
    pages = re.findall(rb"/Type\s*/Page\b(?!s)", (tmp_path / "page.pdf").read_bytes())
    assert len(pages) == 1
    assert browser.complaints() == []


def test_as_a_file_it_works_and_leads_to_where_the_rest_is_served(
    browser: Browser, written: str, page_home: Path
) -> None:
    browser.look(1280)
    browser.open((page_home / "portal" / "index.html").as_uri())
    assert browser.complaints() == []
    assert browser.evaluate("document.querySelectorAll('.chart svg').length") >= 5
    links = browser.evaluate("[...document.querySelectorAll('footer a')].map(each => each.href)")
    assert links[0] == "http://127.0.0.1:8580/dbt/" and Path(links[1].removeprefix("file://")).exists()
    assert all(url.startswith(("file://", "data:")) for url in browser.requests())


def test_an_old_page_says_that_it_is_old(browser: Browser, written: str, page_home: Path) -> None:
    browser.look(1280)
    browser.open(written)
    assert browser.evaluate("document.getElementById('old').hidden") is True
    page = page_home / "portal" / "index.html"
    text = page.read_text()
    page.write_text(re.sub(r'(this page was written <time datetime=")\d{4}', r"\g<1>2020", text))
    browser.open(written)
    assert browser.evaluate("document.getElementById('old').hidden") is False


def test_an_address_of_dbt_docs_from_before_still_leads_there(browser: Browser, written: str) -> None:
    browser.open("about:blank")
    browser.open(f"{written}#!/model/model.weir.fct_orders")
    browser.wait(0.3)
    assert browser.evaluate("location.href") == f"{written}dbt/#!/model/model.weir.fct_orders"
