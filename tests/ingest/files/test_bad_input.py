"""Files as people leave them: a wrong encoding, names that raw keeps, a format mended later, Excel still open."""

import os
import re

import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from ingest.raw.columns import listed
from tests.support.drops import CSV, declare, refused, rewritten


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"id,v\r1,a\r2,b\r", "a.csv: its lines end in a bare CR: save it with line ends of LF or CR LF"),
        (b'id,v\r1,"a"\r', "a.csv: its lines end in a bare CR"),
        ("id,v\n1,ä\n".encode("utf-16"), "a.csv is no CSV in UTF-8: save it as CSV in UTF-8"),
        (b"PK\x03\x04\x14\0\0\0", "a.csv is no CSV in UTF-8"),
        (b"id,_file\n1,2\n", "column '_file' at the source has a name that raw keeps for itself: exclude it"),
        (b"id,_dlt_new\n1,2\n", "column '_dlt_new' at the source has a name that raw keeps for itself: exclude it"),
        (b"id,xmin\n1,2\n", "column 'xmin' at the source has a name that raw keeps for itself: exclude it"),
        (b"nr,v\n1,2\n", "a.csv: key names column 'id', which is not at the source; it has: nr, v"),
    ],
)
def test_what_is_no_csv_is_said(landing, folder, content, says):
    (folder / "a.csv").write_bytes(content)
    declare(landing, CSV)
    assert refused(landing).startswith(says)
    assert landing.rows("select count(*) from ops.landings") == [(0,)]


@pytest.mark.parametrize(
    ("setting", "says"),
    [
        ("encoding: utf-16", "names the encoding 'utf-16', which is unknown or has no line ends of one byte"),
        ("encoding: quux", "names the encoding 'quux'"),
        ("delimiter: ''", "names the delimiter ''"),
    ],
)
def test_formats_that_do_not_work_are_said(landing, folder, setting, says):
    (folder / "a.csv").write_bytes(b"id,v\n1,2\n")
    declare(landing, f"{{key: [id], path: '*.csv', format: {{type: csv, {setting}}}}}")
    assert says in refused(landing)


def test_a_format_that_is_mended_is_read_anew(landing, folder):
    (folder / "a.csv").write_bytes(b"id;v\n1;a\n2;b\n")
    declare(landing, "{path: '*.csv'}")
    landing.one()
    declare(landing, "{path: '*.csv', format: {type: csv, delimiter: ';'}}")
    assert landing.one().tables[0].landed == 2
    assert landing.live("raw_drops.t", "_file, _line", "id, v") == [("1", "a"), ("2", "b")]
    assert landing.one().tables[0].how == "nothing new"
    landing.balanced()
    landing.proven()


def test_a_column_that_a_changed_file_lacks_is_null_from_then_on(landing, folder):
    names = b'id,sold as new,"a ""b"""'
    (folder / "a.csv").write_bytes(names + b"\n1,p,q\n")
    declare(landing, CSV)
    landing.one()
    landing.proven()
    (folder / "a.csv").write_bytes(b"id\n1\n")
    assert landing.one().tables[0].landed == 1
    assert landing.live("raw_drops.t", "id", listed(["id", "sold as new", 'a "b"'])) == [("1", None, None)]
    landing.balanced()
    landing.proven()
    (folder / "a.csv").unlink()
    assert landing.one().tables[0].deleted == 1
    landing.proven()


def test_names_of_files(landing, folder):
    names = ["a\nb.csv", "it's.csv", 'a"b.csv', "100%s{x}.csv", "back\\slash\t.csv", "$1.csv", "[1].csv", "-rf.csv"]
    for number, name in enumerate(names):
        (folder / name).write_text(f"id,v\n{number},a\n")
    declare(landing, CSV)
    assert landing.one().tables[0].landed == len(names)
    for name in names:
        (folder / name).write_text((folder / name).read_text().replace("a", "b"))
    assert landing.one().tables[0].landed == len(names)
    landing.proven()
    for name in names:
        (folder / name).unlink()
    assert landing.one().tables[0].deleted == len(names)
    assert landing.one().tables[0].how == "no file matches"
    landing.balanced()
    landing.proven()
    with open(os.fsencode(folder) + b"/\xff.csv", "wb") as file:
        file.write(b"id,v\n")
    assert refused(landing) == r"the file name b'\xff.csv' is not UTF-8: rename the file"


def test_a_link_to_a_folder_above_and_the_mark_of_an_open_workbook(landing, folder):
    (folder / "a.csv").write_text("id,v\n1,a\n")
    (folder / "deep").mkdir()
    (folder / "deep" / "loop").symlink_to(folder)
    declare(landing, "{key: [id], path: '**/*.csv'}")
    assert refused(landing) == "deep/loop is a link to a folder that it lies in: remove it"
    (folder / "~$b.xlsx").write_bytes(b"\x05Anna")
    declare(landing, "{path: '*.xlsx'}")
    assert landing.one().tables[0].how == "no file matches"


def test_numbers_with_more_places_than_jsonb_holds(landing, folder):
    long = b"0." + b"1" * 9000 + b"e-9000"
    (folder / "a.jsonl").write_bytes(b'{"id": 1, "n": ' + long + b'}\n{"id": 2, "n": 1e-9999}\n')
    declare(landing, "{key: [id], path: '*.jsonl'}")
    landing.one()
    assert landing.rows("select id, _error from raw_drops.t") == [(None, "holds a number too large"), ("2", None)]
    landing.proven()


@pytest.mark.parametrize("reach", ["A1", "A1:XFD1048576"])
def test_how_far_a_sheet_says_it_reaches_is_not_believed(landing, folder, reach):
    def change(xml):
        last = b'<row r="1048576"><c r="B1048576"><v>9</v></c></row></sheetData>'
        xml = re.sub(rb'<dimension ref="[^"]*"', f'<dimension ref="{reach}"'.encode(), xml)
        return xml.replace(b"</sheetData>", last)

    rewritten(folder / "a.xlsx", change)
    declare(landing, "{path: '*.xlsx'}")
    landing.one()
    assert landing.rows("select id, v, _line from raw_drops.t") == [("1", "a", 2), (None, "9", 1_048_576)]


def test_a_formula_is_its_saved_value_and_a_row_without_one_is_rejected(landing, folder):
    def change(xml):
        saved = b'<row r="3"><c r="A3"><v>2</v></c><c r="B3"><f>1+1</f><v>2</v></c></row>'
        lacking = (
            b'<row r="4"><c r="A4"><v>3</v></c><c r="B4"><f>A4*2</f></c></row><row r="5"><c r="A5"><f>6</f></c></row>'
        )
        return xml.replace(b"</sheetData>", saved + lacking + b"</sheetData>")

    rewritten(folder / "a.xlsx", change)
    declare(landing, "{path: '*.xlsx'}")
    landing.one()
    said = "a formula without a value: open the file in a spreadsheet program and save it"
    assert landing.rows("select id, v, _line, _text, _error from raw_drops.t order by _line") == [
        ("1", "a", 2, None, None),
        ("2", "2", 3, None, None),
        (None, None, 4, "3\t=A4*2", said),
        (None, None, 5, "=6", said),
    ]


def test_a_hidden_sheet_is_not_the_first(landing, folder):
    book = openpyxl.Workbook()
    book.active.append(["of", "hidden"])
    book.active.sheet_state = "hidden"
    shown = book.create_sheet("shown")
    for row in (["id", "v"], [1, "a"]):
        shown.append(row)
    book.save(folder / "a.xlsx")
    declare(landing, "{path: '*.xlsx'}")
    landing.one()
    assert landing.rows("select id, v from raw_drops.t") == [("1", "a")]


def test_a_sheet_that_is_cut(landing, folder):
    rewritten(folder / "a.xlsx", lambda xml: xml[: len(xml) * 3 // 4])
    declare(landing, "{path: '*.xlsx'}")
    assert refused(landing).startswith("a.xlsx ends early or is damaged")


def test_parquet_that_is_unusual_or_damaged(landing, folder):
    file = folder / "a.parquet"
    columns = {
        "a.b": [1], "a": [{"b": float("nan"), "c": [float("-inf"), 1.5], "d": b"\xff"}],
        "": pa.array([b"\1"], pa.binary_view()),
    }  # fmt: skip
    pq.write_table(pa.table(columns), file)
    declare(landing, "{path: '*.parquet'}")
    landing.one()
    found = landing.rows('select "a.b", a, column_3 from raw_drops.t')
    assert found == [(1, {"b": "NaN", "c": ["-Infinity", 1.5], "d": "\\xff"}, b"\1")]
    landing.proven()
    pq.write_table(pa.table({"a": [str(n) for n in range(50_000)]}), file)
    data = file.read_bytes()
    file.write_bytes(data[:2000] + bytes(40_000) + data[42_000:])
    assert "a.parquet can't be read beyond row" in refused(landing)
    pq.write_table(pa.Table.from_arrays([pa.array([1]), pa.array([2])], ["a", "a"]), file)
    assert refused(landing) == "a.parquet: column 'a' stands twice in it: rename one"
