"""A test that warns of rows which came twice is proposed where no two rows agree today, and the table is told apart."""

import sqlite3

import pytest

from ingest.connectors.registry import open_describer
from weir.project.scaffold.proposal import Choices
from weir.project.scaffold.propose import propose
from weir.project.scaffold.yaml_text import staging_file

PLACES = "create table t (id integer primary key, name text not null, city text, last_update text)"


@pytest.fixture
def twice(tmp_path):
    """A function that proposes a table of so many rows, sampled by so many; the line of the test, or nothing."""

    def run(rows, sample=10_000, table=PLACES):
        path = tmp_path / "t.db"
        path.unlink(missing_ok=True)
        with sqlite3.connect(path) as connection:
            connection.execute(table)
            connection.executemany("insert into t values (?, ?, ?, '2024-01-01')", rows)
        with open_describer("T_URL", f"sqlite:///{path}") as describer:
            (found,) = propose(describer, Choices("s", "T_URL", sample=sample))
        return [line.strip(" -") for line in staging_file(found).splitlines() if "no_row_twice" in line]

    return run


def test_rows_that_differ_in_all_but_key_and_stamps(twice):
    told = "no_row_twice: {arguments: {but: [id, last_update]}, config: {severity: warn}}"
    rows = [(n, f"n{n % 20}", f"c{n // 20}") for n in range(50)]
    assert twice(rows) == [told]
    assert twice([*rows, (99, "n1", "c1")]) == [], "two rows agree today"
    assert twice(rows[:10]) == [], "too few rows"


def test_where_the_sample_is_not_whole_all_rows_are_counted(twice):
    rows = [(n, f"n{n % 30}", f"c{n // 30}") for n in range(60)]
    table = PLACES.replace("city text", "city text not null")
    assert len(twice(rows, 20, table)) == 1
    assert twice([*rows[:59], (99, *rows[30][1:])], 20, table) == [], "a row that no sample holds repeats another"
