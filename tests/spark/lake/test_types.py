"""Values of every type go to the lake and come back the same."""

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.spark.lake.conftest import Lakeside
from weir import warehouse
from weir.spark.back.contracts import Target
from weir.spark.back.copy import copy_back

AWKWARD = {
    "smallint": ["-32768", "32767"],
    "integer": ["-2147483648", "2147483647"],
    "bigint": ["-9223372036854775808", "9223372036854775807"],
    "boolean": ["t", "f"],
    "real": ["3.4028235e38", "1.17549435e-38", "1e-45", "NaN", "Infinity", "-Infinity", "-0", "0.1"],
    "double precision": ["1.7976931348623157e308", "5e-324", "NaN", "Infinity", "-Infinity", "-0", "0.1", "1e23"],
    "date": ["0001-01-01", "1582-10-10", "1969-12-31", "9999-12-31"],
    "timestamp with time zone": ["0001-01-01 00:00:00+00", "1883-11-18 12:00:00.000001-05", "9999-12-31 23:59:59.9+00"],
    "timestamp without time zone": ["0001-01-01 00:00:00", "2026-03-29 02:30:00.123", "9999-12-31 23:59:59.999999"],
    "timestamp(3) with time zone": ["2026-03-29 02:30:00.123+02"],
    "numeric(14,2)": ["-999999999999.99", "0.00", "12.30"],
    "numeric(38,18)": ["12345678901234567890.123456789012345678"],
    "numeric(39,2)": ["1.10"],
    "numeric(3,5)": ["0.00123"],
    "numeric(3,-2)": ["12300"],
    "numeric": ["1.10", "1e400", "NaN", "12345678901234567890.12345678901234567890", "Infinity"],
    "text": ["", " ", "\\N", "\\.", "NULL", 'a"b', "a,b", "line\nbreak", "back\r\nreturn", "ünï ☃ 𝔘", "\x01\x7f\t"],
    "character varying(5)": ["", "ab   "],
    "character(4)": ["ab"],
    "bpchar": ["ab"],
    "jsonb": ['{"a": [1.10, null, "\\n"], "ü": {}}', "null", '"text"', "12345678901234567890.10"],
    "json": ['{"a": 1,   "a": 2}'],
    "time without time zone": ["24:00:00", "12:00:00.000001"],
    "time with time zone": ["12:00:00+05:30"],
    "interval": ["1 year 2 mons -3 days 04:05:06.789"],
    "bytea": ["\\x00ff", "\\x"],
    "uuid": ["123e4567-e89b-12d3-a456-426614174000"],
    "inet": ["::1/64"],
    "text[]": ['{a,"",NULL,"NULL","b,c"}', "{}"],
    "integer[]": ["{{1,2},{3,4}}"],
    "int4range": ["[1,5)", "empty"],
    "xid8": ["18446744073709551615"],
}  # fmt: skip


def make_odd(lakeside: Lakeside) -> None:
    """Land a table with a column of each type, odd names among them: a row per value, NULL in its other columns."""
    names = [f'"Column {number}, ""of"" {kind}"' for number, kind in enumerate(AWKWARD)]
    lakeside.make("odd", ", ".join(f"{name} {kind}" for name, kind in zip(names, AWKWARD, strict=True)))
    for name, values in zip(names, AWKWARD.values(), strict=True):
        for value in values:
            lakeside.run(f"insert into raw_app.odd ({name}, _dlt_load_id) values (%s, 'l1')", value)
    lakeside.run("insert into raw_app.odd (_dlt_load_id) values ('l1')")
    lakeside.landed("odd", "l1", sum(map(len, AWKWARD.values())) + 1)


@pytest.fixture
def awkward(lakeside: Lakeside) -> Lakeside:
    make_odd(lakeside)
    return lakeside


def test_every_value_comes_back_as_it_was(awkward: Lakeside) -> None:
    sent = awkward.send()
    assert (sent.notes, sent.files) == ([], 1)
    columns = {column.name: column for column in sent.tables[0].columns}
    awkward.run("create schema if not exists analytics_next; create table analytics_next.odd (like raw_app.odd)")
    with warehouse.connect(warehouse.Role.OWNER) as connection:
        types = {column.name: column.type for column in columns.values()}
        target = Target("analytics_next", "odd", types)
        store = awkward.lake().store
        assert copy_back(connection, store, sorted(store.sizes("raw_app/odd")), target) == sent.rows
    for one, other in (("raw_app", "analytics_next"), ("analytics_next", "raw_app")):
        # as text: a NaN equals itself, 1.0 is not 1.00, and -0 is not 0
        assert awkward.run(f"select t::text from {one}.odd t except all select t::text from {other}.odd t") == []


def test_types_that_spark_has_keep_their_type(awkward: Lakeside) -> None:
    awkward.send()
    kinds = [field.type for field in pq.read_schema(awkward.folder / "raw_app/odd/l1.parquet")]
    assert kinds[:12] == [
        pa.int16(), pa.int32(), pa.int64(), pa.bool_(), pa.float32(), pa.float64(), pa.date32(),
        pa.timestamp("us", "UTC"), pa.timestamp("us"), pa.timestamp("us", "UTC"), pa.decimal128(14, 2),
        pa.decimal128(38, 18),
    ]  # fmt: skip
    assert set(kinds[12:-1]) == {pa.string()} and kinds[-1] == pa.int64()


@pytest.mark.parametrize(
    "kind, value",
    [
        ("date", "infinity"),
        ("date", "0044-03-15 BC"),
        ("date", "12026-01-01"),
        ("timestamptz", "-infinity"),
        ("timestamptz", "10000-01-01 00:00:00+00"),
        ("timestamp", "infinity"),
        ("numeric(14,2)", "NaN"),
    ],
)
def test_a_value_that_spark_can_not_hold_makes_the_column_text_everywhere(
    lakeside: Lakeside, kind: str, value: str
) -> None:
    lakeside.make("users", f"id bigint, v {kind}")
    good = "1.50" if "numeric" in kind else "2026-01-02"
    lakeside.run("insert into raw_app.users (id, v, _dlt_load_id) values (1, %s, 'l1')", good)
    lakeside.landed("users", "l1", 1)
    assert lakeside.send().tables[0].columns[1].spark != "string"
    lakeside.run("insert into raw_app.users (id, v, _dlt_load_id) values (2, %s, 'l2')", value)
    lakeside.landed("users", "l2", 1)
    sent = lakeside.send()
    assert "app.users.v is text on Spark from now on: load l2 holds a value" in sent.notes[0]
    assert sent.tables[0].columns[1].spark == "string"
    found = [pq.read_table(lakeside.folder / f"raw_app/users/{load}.parquet")["v"].to_pylist() for load in ("l1", "l2")]
    assert found == [[text] for (text,) in lakeside.run("select v::text from raw_app.users order by id")]
    assert (lakeside.send().files, lakeside.send().tables[0].columns[1].spark) == (0, "string")


def test_a_row_larger_than_a_block(lakeside: Lakeside) -> None:
    lakeside.make("users", "id bigint, name text")
    lakeside.run("insert into raw_app.users (id, name, _dlt_load_id) "
                 "select n, repeat('ab\"c\n', 4000000), 'l1' from generate_series(1, 2) n")  # fmt: skip
    lakeside.landed("users", "l1", 2)
    assert lakeside.send().rows == 2
    assert pq.read_table(lakeside.folder / "raw_app/users/l1.parquet")["name"].to_pylist() == ['ab"c\n' * 4000000] * 2


def test_small_tables_have_versions_and_the_same_content_makes_none(lakeside: Lakeside) -> None:
    from weir.spark.lake.small import send_small

    def small() -> list[str]:
        with warehouse.connect() as connection:
            return [table.folder for table in send_small(connection, lakeside.lake())]

    lakeside.landed("users", "l1", 3)
    lakeside.run("insert into quality.accepted (model, key, load_id, seq, reasons, as_of, os_user, because) "
                 "values ('m', 'k', 'l1', 1, array['a, b', '\"'], now(), 'me', 'so')")  # fmt: skip
    landings, accepted = small()
    assert small() == [landings, accepted]
    read = pq.read_table(lakeside.folder / landings).to_pylist()
    assert [(row["load_id"], row["landed"], row["as_of"].tzinfo is not None) for row in read] == [("l1", 3, True)]
    assert pq.read_table(lakeside.folder / accepted)["reasons"].to_pylist() == [["a, b", '"']]
    folders = [landings]
    for number in range(2, 6):
        lakeside.landed("users", f"l{number}", 1)
        folders.append(small()[0])
    left = sorted(path.name for path in Path(lakeside.folder / "ops/landings").iterdir())
    assert left == [Path(folder).name for folder in folders[-3:]]
