"""`python -m benchmarks increment`: measures landings where little changed, or nothing.

Out: the time for 1 % of a PostgreSQL table (updates, inserts, deletes) as a share of the full load, both without the
fixed cost; and the time for many unchanged tables, beside `python -c 'import dlt'`.
"""

import statistics
import sys

import psycopg

from benchmarks import page, tables
from benchmarks.landing import clean
from benchmarks.measure import measure
from benchmarks.place import own_home, postgres_source, say
from benchmarks.sources import declare

HEAD = ["what", "rows or tables#", "seconds#", "beyond the fixed cost#", "share#", "rounds"]
_CHANGES = """
update rows set name = name || '!', updated_at = now() where id % 200 = {n} and id <= {rows};
delete from rows where id % 1000 = {n} + 500 and id <= {rows};
insert into rows select id + {rows} * {n}, account_id, seats, amount, rate, active, name, email, note, token,
    created_at, updated_at from rows where id % 250 = {n} and id <= {rows}
"""


def measure_changed(rows: int, rounds: int, keep: bool) -> tuple[str, list[list[object]], str]:
    """Measure 1 % of changes; returns title, lines and note of the table. A table of one row gives the fixed cost."""
    with own_home(keep) as home:
        from weir import warehouse

        target = warehouse.ensure()
        with postgres_source(home) as url:
            say(f"making {rows:,} rows …")
            tables.make_postgres(url, rows, 1)
            full, fixed, increments, landed = [], [], [], [0]
            for number in range(1, rounds + 1):
                clean(target)
                declare(home / "project", url, ["few"])
                fixed.append(_land())
                clean(target)
                declare(home / "project", url, ["rows"])
                full.append(_land())
                say(f"round {number}: fixed {fixed[-1]:.2f} s, full {full[-1]:.2f} s")
            for number in range(1, rounds + 1):
                tables.sql(url, *_CHANGES.format(n=number, rows=rows).split(";"), "checkpoint")
                tables.sql(target, "checkpoint")
                increments.append(_land())
                landed.append(tables.sql(target, "select count(*) from raw_bench.rows"))
                say(f"round {number}: increment {increments[-1]:.2f} s")
            _equal(url, target)
            versions = "PostgreSQL " + tables.sql(target, "show server_version")
    base = statistics.median(fixed)
    whole, part = statistics.median(full) - base, statistics.median(increments) - base
    rest = [" ".join(f"{s:.2f}" for s in series) for series in (fixed, full, increments)]
    share = landed[-1] - landed[-2]
    lines: list[list[object]] = [
        ["fixed: a table of one row, first load", 1, f"{base:.2f}", None, None, rest[0]],
        ["full load", rows, f"{base + whole:.2f}", f"{whole:.2f}", "1.00", rest[1]],
        ["1 % changed", share, f"{base + part:.2f}", f"{part:.2f}", f"{part / whole:.2f}", rest[2]],
    ]
    title = f"1 % of {rows:,} rows changed (0.5 % updated, 0.4 % inserted, 0.1 % deleted), {rounds} rounds, `weir land`"
    return title, lines, f"{page.machine()}; {versions}"


def measure_unchanged(count: int, rounds: int, keep: bool) -> tuple[str, list[list[object]], str]:
    """Measure many unchanged tables; returns title, lines and note of the table."""
    with own_home(keep) as home:
        from weir import warehouse

        target = warehouse.ensure()
        with postgres_source(home) as url:
            names = [f"t{number}" for number in range(count)]
            with psycopg.connect(url, autocommit=True) as connection:
                for name in names:
                    connection.execute(f"create table {name} {tables.body(tables.COLUMNS, ', primary key (id)')}")
                    connection.execute(
                        f"insert into {name} select {tables.FORMULAS} from generate_series(1, 1000::int8) i"
                    )
            declare(home / "project", url, names)
            _land()
            ours, theirs = [], []
            for number in range(rounds + 1):
                ours.append(_land())
                theirs.append(measure([sys.executable, "-c", "import dlt"]).seconds)
                say(f"round {number}: weir land {ours[-1]:.2f} s, import dlt {theirs[-1]:.2f} s")
            del ours[0], theirs[0]  # the first round fills the caches of both
            landed = tables.sql(target, "select sum(landed) from ops.landings where how = 'row versions'")
            assert landed == 0, landed
    one, other = statistics.median(ours), statistics.median(theirs)
    lines: list[list[object]] = [
        ["python -c 'import dlt'", None, f"{other:.2f}", None, "1.00", " ".join(f"{s:.2f}" for s in theirs)],
        ["weir land", count, f"{one:.2f}", None, f"{one / other:.2f}", " ".join(f"{s:.2f}" for s in ours)],
    ]
    return f"Nothing changed over {count} tables, {rounds} rounds, cold processes", lines, page.machine()


def _land() -> float:
    return measure(["weir", "land"]).seconds


def _equal(url: str, target: str) -> None:
    """Raise SystemExit when the live rows of raw differ from the source: a fast increment must also be right."""
    live = """select distinct on (id) * from raw_bench.rows order by id, _seq desc"""
    digest = "select count(*) || ' ' || sum(hashtextextended(concat_ws(',', id, name, updated_at), 0)) from "
    here, there = tables.sql(target, f"{digest}({live}) l where _op = 'upsert'"), tables.sql(url, f"{digest}rows")
    if here != there:
        raise SystemExit(f"raw differs from the source: {here} against {there}")
