"""SQLite (and what else SQLAlchemy knows): every cell as its text, compared whole or by a window of the cursor."""

import sqlite3

import pytest

BILLING = """
    sources:
      - name: billing
        schema: raw_billing
        config: {meta: {connection: BILLING_URL}}
        tables:
          - name: invoices
            config: {meta: {key: [id], cursor: updated_at, overlap: 1 day}}
"""


@pytest.fixture
def billing(landing, tmp_path, monkeypatch):
    path = tmp_path / "billing.db"
    monkeypatch.setenv("BILLING_URL", f"sqlite:///{path}")
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("create table invoices (id integer primary key, total, updated_at text)")
    connection.executemany("insert into invoices values (?, ?, '2024-01-05')", [(i, i / 10) for i in range(100)])
    landing.declare(BILLING)
    return connection


def test_any_cell_as_text(landing, billing):
    values = [None, "", "N/A", 1, 1.0, 1e-300, 0.1 + 0.2, b"\xff\x00", "nul\0", "\t\\N\n", 2**62, "é"]
    billing.execute("delete from invoices")
    billing.executemany("insert into invoices values (?, ?, null)", enumerate(values))
    billing.execute("insert into invoices values (99, cast(x'41ff' as text), null)")
    landing.one()
    found = landing.rows("select total, _escaped from raw_billing.invoices order by id::int")
    assert [row[0] for row in found] == [
        None, "", "N/A", "1", "1.0", "1e-300", "0.30000000000000004", "\\xff00", "nul\\x00", "\t\\N\n", str(2**62),
        "é", "A\\xff",
    ]  # fmt: skip
    assert [n for n, row in enumerate(found) if row[1]] == [8, 12]
    landing.balanced()
    landing.proven()


def test_changes_and_deletes_also_where_the_cursor_lies(landing, billing):
    landing.one()
    billing.execute("update invoices set total = 'changed, cursor not moved' where id = 1")
    billing.execute("delete from invoices where id = 2")
    event = landing.one().tables[0]
    assert (event.how, event.landed, event.deleted) == ("compare", 2, 1)
    assert landing.one().tables[0].landed == 0
    landing.balanced()
    landing.proven()


def test_a_large_table_by_cursor_with_overlap_and_balance(landing, billing, monkeypatch):
    from ingest.connectors import sql

    monkeypatch.setattr(sql, "SMALL", 10)
    landing.one()
    billing.execute("insert into invoices values (500, 'late', '2024-01-04T12:00:00'), (501, 'null', null)")
    event = landing.one().tables[0]
    assert (event.how, event.landed) == ("cursor", 2)
    billing.execute("delete from invoices where id < 5")
    event = landing.one().tables[0]
    assert (event.how, event.landed, event.deleted) == ("compare", 5, 5)
    landing.balanced()
    landing.proven()


def test_key_that_is_none(landing, billing):
    billing.execute("create table payments (id, amount)")
    billing.execute("insert into payments values ('p1', 1), ('p1', 2)")
    landing.declare(BILLING.replace("invoices", "payments").replace(", cursor: updated_at, overlap: 1 day", ""))
    (result,) = landing.land().values()
    assert result.message.startswith("billing.payments: key (id) is not a key: p1 stands in 2 rows")


def test_the_tail_of_sqlalchemy_is_cut():
    from sqlalchemy.exc import OperationalError

    from ingest.faults import one_line
    from weir.project.plan import Source

    source = Source(name="lite", file="s.yml", connection="LITE_URL")
    for query in ("select 1 from t", None):
        text = one_line(OperationalError(query, None, Exception("disk image is malformed"), code="e3q8"), source)
        assert text == "lite: OperationalError: (builtins.Exception) disk image is malformed"
