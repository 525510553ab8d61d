"""The page is written whatever happens: without views, without marts, with hostile values, with a slow view."""

import os
import re
import stat
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psycopg
import pytest

from tests.support import portal
from tests.support.portal import HOSTILE
from weir.core.errors import WeirError
from weir.portal import reading, site
from weir.portal.measure import measure

MOST_BYTES = 3_000_000


def written() -> str:
    page, _ = site.write("http://127.0.0.1:4200")
    return page.read_text(encoding="utf-8")


def test_without_any_view_the_page_comes_and_each_part_says_why(warehouse: str, home: Path) -> None:
    text = written()
    assert "Nothing is known yet." in text and "No mart declares a chart yet" in text
    assert text.count("it is not there yet: the next run that builds and publishes makes it") >= 8
    for part in ("sources", "balance", "quarantine", "gates", "runs", "growth", "readers"):
        assert f'<section id="{part}"' in text


def test_files_are_for_their_owner_alone_and_old_ones_are_gone(warehouse: str, home: Path) -> None:
    site.write()
    (home / "portal" / "portal.0000000000.js").write_text("old")
    site.write()
    files = {path.name: path for path in (home / "portal").iterdir()}
    assert {name.split(".")[0] for name in files} == {"index", "portal", "echarts"} and len(files) == 5
    assert "portal.0000000000.js" not in files
    assert {stat.S_IMODE(path.stat().st_mode) for path in files.values()} == {0o600}
    assert stat.S_IMODE((home / "portal").stat().st_mode) == 0o700
    assert sum(path.stat().st_size for path in files.values()) < MOST_BYTES
    before = files["index.html"].stat().st_ino
    site.write()
    assert (home / "portal" / "index.html").stat().st_ino != before, "the new page takes the name in one step"


def test_a_folder_that_can_not_be_written_is_one_line(warehouse: str, home: Path) -> None:
    home.mkdir(parents=True, exist_ok=True)
    (home / "portal").write_text("a file")
    with pytest.raises(WeirError, match=r"the portal can't be written to .*portal"):
        site.write()


def test_what_stands_in_the_page_stands_in_views_and_marts(views: psycopg.Connection, page_home: Path) -> None:
    portal.fill(views, incidents=1)
    portal.mart(views)
    portal.manifest(page_home, portal.charts())
    text = written()
    assert "Source shop can&#x27;t be reached. Readers see the data as of" in text
    assert "<code>weir incident 1</code>" in re.sub(r"weir incident \d+", "weir incident 1", text)
    assert "<code>weir quarantine stg_shop__orders</code>" in text and "amount is negative" in text
    assert "At the pace of the last four weeks the disk is full on" in text
    assert "9,000" in text and ">ann<" in text and "fct_orders" in text
    for title in ("lines", "stacks", "shares", "cohorts", "table"):
        assert f"<h3>{title}</h3>" in text
    assert "can&#x27;t be shown" not in text and "None" not in text
    assert text.index(">30<") < text.index(">29<"), "by account_id desc"


def test_a_page_of_a_healthy_warehouse_is_good(views: psycopg.Connection, page_home: Path) -> None:
    portal.fill(views)
    text = written()
    assert "The data is good. Readers see it as of" in text and "Nothing is open." in text


def test_a_view_that_fails_costs_its_own_part_only(views: psycopg.Connection, page_home: Path) -> None:
    portal.fill(views)
    views.execute("alter view ops.ops_gates rename column sentence to words")
    try:
        text = written()
        assert "The data is good" in text and "gate marts: a count fell" not in text
        assert "This part can&#x27;t be shown: its view is not that of this Weir" in text
    finally:
        views.execute("alter view ops.ops_gates rename column words to sentence")
    portal.manifest(page_home, {"by_month": {"title": "Gone", "chart": "line", "x": "month", "y": "mrr"}})
    views.execute("drop table if exists analytics.by_month")
    assert "This chart can&#x27;t be shown: it is not there yet" in written()


def test_a_view_that_takes_long_leaves_time_for_none_but_itself(
    views: psycopg.Connection, page_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    portal.fill(views)
    monkeypatch.setattr(reading, "PATIENCE", 1.5)
    monkeypatch.setitem(reading.VIEWS, "runs", "select pg_sleep(60), 1 as run_id")
    began = time.monotonic()
    text = written()
    assert time.monotonic() - began < 8
    assert "The data is good" in text and "it took longer than 2 seconds" in text


def test_a_chart_of_too_many_rows_says_so(views: psycopg.Connection, page_home: Path) -> None:
    views.execute("drop table if exists analytics.by_month")
    views.execute(
        "create table analytics.by_month as select current_date + n as month, 1 as mrr from generate_series(1, 6000) n"
    )
    portal.manifest(page_home, {"by_month": {"title": "All", "chart": "line", "x": "month", "y": "mrr"}})
    assert "has more than 5,000 rows for this chart: let it say `last`" in written()
    portal.manifest(page_home, {"by_month": {"title": "All", "chart": "line", "x": "month", "y": "mrr", "last": 30}})
    assert "can&#x27;t be shown" not in written()


def test_no_hostile_value_becomes_markup_wherever_it_stands(views: psycopg.Connection, page_home: Path) -> None:
    portal.fill(views, HOSTILE, incidents=10)
    portal.mart(views, HOSTILE)
    portal.manifest(page_home, portal.charts(HOSTILE))
    text = written()
    assert text.count("&lt;script&gt;window.hacked") > 60
    assert set(re.findall(r"<script[^>]*>", text)) == set(
        re.findall(r'<script (?:type="application/json" id="data"|src="[\w.]+")>', text)
    )
    assert "<img" not in text and "<!--" not in text and "\u202e" not in text
    data = text.split('id="data">')[1].split("</script>")[0]
    assert "<" not in data and ">" not in data and "hacked" in data
    assert "and 9 more incidents are open" in text


@pytest.mark.slow
def test_ten_incidents_and_a_million_rows_in_quarantine_are_read_in_time(
    views: psycopg.Connection, page_home: Path
) -> None:
    portal.fill(views, incidents=10)
    views.execute(
        "insert into quality.quarantine (model, key, reasons, row, load_id, seq, first_seen) "
        "select 'stg_shop__orders', 'k' || n, array['reason ' || n % 7], '{}', '1load', n, now() "
        "from generate_series(1, 1000000) as n"
    )
    views.execute("analyze quality.quarantine")
    try:
        began = time.monotonic()
        text = written()
        took = time.monotonic() - began
        print(f"{took:.2f} seconds")
        assert "142,857" in text and "Quarantine" in text and took < 6
    finally:
        views.execute("truncate quality.quarantine")


def test_two_that_write_at_once_leave_a_whole_page(views: psycopg.Connection, page_home: Path) -> None:
    portal.fill(views)
    with ThreadPoolExecutor(4) as pool:
        assert len({path for path, _ in pool.map(lambda _: site.write(), range(8))}) == 1
    stray = page_home / "portal" / ".index.html.0000abcd"
    stray.write_text("of a process that was killed")
    os.utime(stray, (0, 0))
    site.write()
    assert (page_home / "portal" / "index.html").read_text().endswith("</html>\n")
    assert not [path for path in (page_home / "portal").iterdir() if path.name.startswith(".")]


def test_a_measure_of_a_day_takes_the_place_of_the_one_before(views: psycopg.Connection, page_home: Path) -> None:
    portal.fill(views)
    views.execute("truncate ops.sizes, ops.disks, ops.run_steps")
    with psycopg.connect(os.environ["WAREHOUSE_URL"]) as connection:
        measure(connection, "8r2", {"land": 1.25, "build": 20.0})
    views.execute("create table if not exists staging_of_a_test (n) as select generate_series(1, 10000)")
    with psycopg.connect(os.environ["WAREHOUSE_URL"]) as connection:
        measure(connection, "8r2", {"land": 9.0})
    steps = views.execute("select step, seconds from ops.ops_run_steps order by step").fetchall()
    assert [(step, float(seconds)) for step, seconds in steps] == [("build", 20.0), ("land", 1.3)]
    assert views.execute("select slowest_step from ops.ops_runs where run_id = '8r2'").fetchone() == ("build",)
    days = views.execute("select count(distinct day), count(*) > 20 from ops.sizes").fetchone()
    assert days == (1, True)
    row = views.execute("select bytes > 300000 from ops.sizes where table_name = 'staging_of_a_test'").fetchone()
    assert row == (True,)
    disk = views.execute("select database_bytes > 0, free_bytes, full_on from ops.ops_disk").fetchall()
    assert disk == [(True, None, None)], "a warehouse on another machine: its disk is not known"
