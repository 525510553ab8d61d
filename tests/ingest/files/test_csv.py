"""CSV as it is written: what an empty cell is, what stands before the header, and after the data."""

import pytest

from tests.support.drops import declare, refused

QUOTED = b'id,v,w\n1,,""\n2,"",\n"3","",""\n4,x,\n5,"a ""b""",\n'


@pytest.mark.parametrize(
    ("setting", "wanted"),
    [
        ("", [(None, ""), ("", None), ("", ""), ("x", None), ('a "b"', None)]),
        (", empty_is_null: unquoted", [(None, ""), ("", None), ("", ""), ("x", None), ('a "b"', None)]),
        (", empty_is_null: always", [(None, None), (None, None), (None, None), ("x", None), ('a "b"', None)]),
        (", empty_is_null: never", [("", ""), ("", ""), ("", ""), ("x", ""), ('a "b"', "")]),
    ],
)
def test_which_empty_cells_are_null(landing, folder, setting, wanted):
    (folder / "a.csv").write_bytes(QUOTED)
    declare(landing, f"{{key: [id], path: '*.csv', format: {{type: csv{setting}}}}}")
    landing.one()
    assert landing.rows("select v, w from raw_drops.t order by id") == wanted
    landing.proven()


def test_another_meaning_of_empty_is_another_reading(landing, folder):
    (folder / "a.csv").write_bytes(QUOTED)
    declare(landing, "{key: [id], path: '*.csv', format: {type: csv, empty_is_null: never}}")
    landing.one()
    declare(landing, "{key: [id], path: '*.csv', format: csv}")
    assert landing.one().tables[0].landed == 4, "each row with an empty cell that is not quoted"
    assert landing.one().tables[0].how == "nothing new"
    landing.balanced()
    landing.proven()


def test_what_an_older_weir_read_is_read_anew(landing, folder):
    import psycopg

    (folder / "a.csv").write_bytes(QUOTED)
    declare(landing, "{key: [id], path: '*.csv', format: {type: csv, empty_is_null: never}}")
    landing.one()
    declare(landing, "{key: [id], path: '*.csv', format: csv}")
    with psycopg.connect(landing.warehouse) as connection:  # as its state was: no number of the reading, no duplicates
        connection.execute("""update ops.landings set state = jsonb_set(jsonb_set(state, '{as}',
            '[{"type": "csv"}, [], ["id"]]'), '{files,a.csv}', (state #> '{files,a.csv}') - 4)""")
    assert landing.one().tables[0].landed == 4
    landing.proven()


def test_an_empty_key_is_none(landing, folder):
    (folder / "a.csv").write_bytes(b'id,v\n,a\n,b\n"",c\n')
    declare(landing, "{key: [id], path: '*.csv'}")
    landing.one()
    assert landing.rows("select id, v, _line, _error from raw_drops.t order by _line") == [
        (None, "a", 2, None), (None, "b", 3, None), ("", "c", 4, None),
    ]  # fmt: skip
    landing.proven()


@pytest.mark.parametrize(
    ("content", "setting", "first"),
    [
        (b"sep=;\nid;v\n1;a\n", "", 3),
        (b"\xef\xbb\xbfsep=;\r\nid;v\r\n1;a\r\n", "", 3),
        (b"SEP=\t\nid\tv\n1\ta\n", "", 3),
        (b"sep=,\nid;v\n1;a\n", ", delimiter: ';'", 3),
        (b"Report of May\n\nid,v\n1,a\n", ", skip: 2", 4),
        (b'Report "of May\nsep=|\nid|v\n1|a\n', ", skip: 1", 4),
        (b"id,v\n1,a\nTotal,1\n", ", footer: 1", 2),
        (b"id,v\n1,a\n\nTotal,1,,\n\xff\n\n\n", ", footer: 2", 2),
    ],
)
def test_what_is_no_data(landing, folder, content, setting, first):
    (folder / "a.csv").write_bytes(content)
    declare(landing, f"{{key: [id], path: '*.csv', format: {{type: csv{setting}}}}}")
    assert landing.one().tables[0].extracted == 1
    assert landing.rows("select id, v, _line, _error from raw_drops.t") == [("1", "a", first, None)]
    landing.proven()


def test_a_row_of_empty_cells_is_a_row_before_a_footer_too(landing, folder):
    (folder / "a.tsv").write_text("id\tv\n1\ta\n\t\n \t \n\nTotal\t1\n\n")
    declare(landing, "{key: [id], path: '*.tsv', format: {type: tsv, footer: 1}}")
    assert landing.one().tables[0].extracted == 3
    assert landing.rows("select id, v, _line from raw_drops.t order by _line") == [
        ("1", "a", 2), (None, None, 3), (" ", " ", 4),
    ]  # fmt: skip
    landing.proven()


def test_a_column_may_begin_with_sep(landing, folder):
    (folder / "a.csv").write_bytes(b"sep=id,v\n1,a\n")
    declare(landing, "{path: '*.csv'}")
    landing.one()
    assert landing.rows('select "sep=id", v from raw_drops.t') == [("1", "a")]


@pytest.mark.parametrize(
    ("setting", "says"),
    [
        ("skip: -1", "`format` says skip: -1: take a number of lines from 0 to 1,000"),
        ("footer: x", "`format` says footer: 'x': take a number of lines"),
        ("empty_is_null: sometimes", "`format` says empty_is_null: 'sometimes': take unquoted, always, never"),
        ("skipp: 1", "`format` of csv files has no 'skipp'; it has delimiter, empty_is_null, encoding, footer"),
        ("skip: 9", "a.csv is empty: a CSV file begins with its column names"),
    ],
)
def test_settings_that_can_not_be_followed_are_said(landing, folder, setting, says):
    (folder / "a.csv").write_bytes(b"id,v\n1,a\n")
    declare(landing, f"{{key: [id], path: '*.csv', format: {{type: csv, {setting}}}}}")
    assert refused(landing).startswith(says)
