"""Faults that the guards are measured by: put where they belong, carried out and taken back, and told apart."""

import random
import sqlite3

import pytest

from benchmarks.guards.change import Change, Place
from benchmarks.guards.copies import FolderCopy, SqliteCopy, changed
from benchmarks.guards.judge import false_alarms, judged
from benchmarks.guards.kinds import FAULTS
from benchmarks.guards.plan import Injected, batches
from weir.project.scaffold.described import Column, ForeignKey, Table
from weir.project.scaffold.proposal import Proposed

ROWS = [
    {"id": str(n), "total": f"{n}.50", "day": f"2024-{n % 12 + 1:02d}-07", "mail": f"ann{n}@x.io"} for n in range(60)
]
KINDS = {"id": "integer", "total": "numeric", "day": "date", "mail": "text"}


def place(name="bills", parents=()):
    columns = [Column(column, kind) for column, kind in KINDS.items()]
    keys = [ForeignKey(("id",), "", parent, ("id",)) for parent in parents]
    table = Table(name, columns=columns, primary_key=("id",), foreign_keys=keys, meta={"path": f"{name}.csv"})
    return Place(table, [dict(row) for row in ROWS], KINDS, {}, ("id",), {}, random.Random(1))


def injected(kind, column, **options):
    where = place(**options)
    fault = next(fault for fault in FAULTS if fault.name.startswith(kind))
    assert column in fault.columns(where)
    change = fault.make(where, column)
    return Injected(
        fault, where, Proposed(where.table, where.table.name, f"stg_guarded__{where.table.name}"), column, change
    )


def test_there_are_more_than_25_kinds_each_with_a_name_of_its_own():
    assert len({fault.name for fault in FAULTS}) == len(FAULTS) >= 25


@pytest.mark.parametrize(("name", "column", "wrong"), [
    ("negative amounts", "total", lambda row: row["total"].startswith("-")),
    ("amounts in cents", "total", lambda row: float(row["total"]) >= 4800),
    ("a date in the year 202", "day", lambda row: row["day"].startswith("0202")),
    ("day and month swapped", "day", lambda row: row["day"][5:7] == "07" and row["day"][8:] != "07"),
    ("an address without @", "mail", lambda row: "@" not in row["mail"]),
])  # fmt: skip
def test_a_fault_changes_what_it_says_and_nothing_else(name, column, wrong):
    one = injected(name, column)
    after = changed(one.place.rows, one.change)
    assert {n for n, row in enumerate(after) if wrong(row)} == set(one.change.updates) != set()
    assert all(row == after[n] for n, row in enumerate(ROWS) if n not in one.change.updates)


def test_copies_are_changed_and_restored(tmp_path):
    table = place().table
    (tmp_path / "first").mkdir()
    text = "\n".join([",".join(KINDS), *(",".join(row.values()) for row in ROWS)]) + "\n"
    (tmp_path / "first" / "bills.csv").write_text(text)
    with sqlite3.connect(tmp_path / "first.db") as connection:
        connection.execute("create table bills (id integer primary key, total text, day text, mail text)")
        connection.executemany("insert into bills values (?, ?, ?, ?)", [list(row.values()) for row in ROWS])
    change = Change({1: {"mail": None}}, [dict(ROWS[0])], {2}, renamed={"total": "sum"}, breaks_key=True)
    for copy in (FolderCopy(str(tmp_path / "first"), tmp_path), SqliteCopy(str(tmp_path / "first.db"), tmp_path)):
        assert copy.read(table) == ROWS
        copy.change(table, change)
        after = copy.read(
            Table("bills", columns=[Column(n, "text") for n in ("id", "sum", "day", "mail")], meta=table.meta)
        )
        ids = [row["id"] for row in after]
        assert (len(ids), ids.count("0"), ids.count("2")) == (60, 2, 0) and all(row["sum"] for row in after)
        assert [row["id"] for row in after if not row["mail"]] == ["1"]
        copy.restore()
        assert copy.read(table) == ROWS


def test_faults_share_a_run_only_where_their_tables_do_not_refer_to_each_other():
    bills, lines, other = (injected("negative", "total", name=name, parents=parents)
                           for name, parents in (("bills", ()), ("lines", ("bills",)), ("other", ())))  # fmt: skip
    assert batches([bills, lines, other]) == [[bills, other], [lines]]


def test_a_verdict_is_by_what_is_said_of_the_table_and_its_column():
    one = injected("negative", "total")
    found = {guard: [] for guard in ("landing", "gate", "test", "quarantine", "balance", "fault")}
    assert judged(found, [one], found)[0][0].by == ""
    said = "raw guarded: bills: unlike before"
    about_day = found | {"gate": [[said, "the new rows of bills are unlike those before: day goes back", True]]}
    assert judged(about_day, [one], found)[0][0].by == ""
    assert len(false_alarms(about_day, [one], found)) == 1
    about_total = found | {"gate": [[said, "the new rows of bills are unlike those before: total is negative", True]]}
    assert judged(about_total, [one], found)[0][0].by == "gate, as a warning"
    rejected = found | {"quarantine": [["stg_guarded__bills", str(n), ["negative"]] for n in range(5)]}
    rejected["quarantine"].append(["stg_guarded__other", "1", ["negative"]])
    ((verdict,), elsewhere) = judged(rejected, [one], found)
    assert (verdict.by, verdict.good, elsewhere) == ("quarantine", 2, 1)
