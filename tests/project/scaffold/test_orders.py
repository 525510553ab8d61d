"""The order of two dates: a test that warns where all rows keep it today, a question where some do not."""

import sqlite3

import pytest
import yaml

from ingest.connectors.registry import open_describer
from weir.project.scaffold.proposal import Choices
from weir.project.scaffold.propose import propose
from weir.project.scaffold.yaml_text import staging_file
from weir.warehouse import Role, connect


@pytest.fixture
def rentals(tmp_path):
    """A function that proposes the table of these rentals: its tests by name, and its questions."""

    def run(rows):
        with sqlite3.connect(tmp_path / "t.db") as connection:
            connection.execute("create table rentals (id integer primary key, rental_date date, return_date date)")
            connection.executemany("insert into rentals values (?, ?, ?)", rows)
        with open_describer("T_URL", f"sqlite:///{tmp_path}/t.db") as describer:
            (found,) = propose(describer, Choices("s", "T_URL"))
        assert not [rule for rule in found.rules if "return_date <" in rule.predicate and "rental" in rule.predicate]
        tests = yaml.safe_load(staging_file(found))["models"][0]["data_tests"]
        return [each["holds"] for each in tests if "holds" in each], found.asks

    return run


KEPT = [(1, "2024-01-01", "2024-01-03"), (2, "2024-01-01", "2024-01-01"), (3, "2024-01-01", None),
        (4, None, "2024-01-03"), (5, None, None)]  # fmt: skip


def test_all_rows_keep_it(rentals, warehouse):
    (test,), asks = rentals(KEPT)
    assert asks == [] and test["config"] == {"severity": "warn"}
    query = f"""select id from (values (1, date '2024-01-01', date '2024-01-03'), (2, '2024-01-01', '2024-01-01'),
        (3, '2024-01-01', null), (4, null, '2024-01-03'), (5, null, null), (6, '2024-01-03', '2024-01-01'))
        as r (id, rental_date, return_date) where ({test["arguments"]["predicate"]}) is not true"""
    with connect(Role.OWNER) as connection:  # what the test `holds` looks for
        assert connection.execute(query).fetchall() == [(6,)]


def test_a_row_breaks_it(rentals):
    tests, asks = rentals([*KEPT, (6, "2024-01-03", "2024-01-01")])
    said = "'return_date is before rental_date' would reject 1 row: return_date < rental_date"
    assert (tests, asks) == ([], [said])
