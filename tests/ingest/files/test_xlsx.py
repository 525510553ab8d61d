"""Workbooks: what a cell holds is what lands; what can't be read, or would fill the memory, is one line."""

import io
import re
import zipfile

import openpyxl
import pytest

from ingest.connectors.files.xlsx import cell_text
from tests.support.drops import declare, refused, rewritten


def parts(path):
    with zipfile.ZipFile(path) as old:
        return {name: old.read(name) for name in old.namelist()}


def save(path, content):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as new:
        for name, part in content.items():
            new.writestr(name, part)


def shared(path, texts):
    """A workbook of two columns whose cells hold these texts, in XML, through the table that Excel keeps of them."""
    book = openpyxl.Workbook()
    book.active.append([1])
    book.save(path)
    content = parts(path)
    kind = "application/vnd.openxmlformats-officedocument.spreadsheetml.sharedStrings+xml"
    content["[Content_Types].xml"] = content["[Content_Types].xml"].replace(
        b"</Types>", f'<Override PartName="/xl/sharedStrings.xml" ContentType="{kind}"/></Types>'.encode()
    )
    table = "".join(f'<si><t xml:space="preserve">{text}</t></si>' for text in texts)
    space = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    content["xl/sharedStrings.xml"] = f'<sst xmlns="{space}">{table}</sst>'.encode()
    rows = "".join(
        f'<row r="{n // 2 + 1}"><c t="s"><v>{n}</v></c><c t="s"><v>{n + 1}</v></c></row>'
        for n in range(0, len(texts), 2)
    )
    sheet = re.sub(b"<sheetData>.*</sheetData>", f"<sheetData>{rows}</sheetData>".encode(),
                   content["xl/worksheets/sheet1.xml"])  # fmt: skip
    content["xl/worksheets/sheet1.xml"] = sheet
    save(path, content)


def test_escapes_of_excel_in_cells_and_headers_are_decoded(landing, folder):
    shared(folder / "a.xlsx", [
        "id_x000D_", "no_x005F_te", "1", "two_x000D_\nlines", "2", "_x005F_x000D_ is written so", "3",
        "tab_x0009_é_x00e9_", "4", "_xD83D__xDE00_", "5", "half _xD83D_", "6", "nul_x0000_", "7",
        "no_x00 escape _x12345_ x000D_",
    ])  # fmt: skip
    declare(landing, "{key: [id], path: '*.xlsx'}")
    landing.one()
    assert landing.rows('select id, "no_te", _escaped from raw_drops.t order by id') == [
        ("1", "two\r\nlines", None), ("2", "_x000D_ is written so", None), ("3", "tab\té\xe9", None), ("4", "😀", None),
        ("5", "half \\ud83d", True), ("6", "nul\\x00", True), ("7", "no_x00 escape _x12345_ x000D_", None),
    ]  # fmt: skip
    landing.proven()


def test_escapes_in_texts_that_stand_in_the_cell_itself(landing, folder):
    def change(xml):
        row = (b'<row r="3"><c r="A3" t="inlineStr"><is><t>a_x000D_b</t></is></c>'
               b'<c r="B3" t="str"><f>CHAR(13)</f><v>_x000D__x005F_x000D_</v></c></row>')  # fmt: skip
        return xml.replace(b"</sheetData>", row + b"</sheetData>")

    rewritten(folder / "a.xlsx", change)
    declare(landing, "{path: '*.xlsx'}")
    landing.one()
    assert landing.rows("select id, v from raw_drops.t where _line = 3") == [("a\rb", "\r_x000D_")]


@pytest.mark.parametrize(
    ("held", "lands"),
    [
        ("1.23456789012346E+17", "123456789012346000"), ("1E15", "1000000000000000"),
        ("999999999999999", "999999999999999"),
        ("-1.5E+16", "-15000000000000000"), ("1E+20", "100000000000000000000"),
        ("12345678901234567", "12345678901234567"),
        ("462.29999999999995", "462.29999999999995"), ("1E-7", "0.0000001"), ("5.0000000000000001E-2", "0.05"),
        ("3.0", "3"), ("-0.0", "0"), ("0", "0"), ("1.7976931348623157E+308", "17976931348623157" + "0" * 292),
        ("2.2250738585072014E-308", "0." + "0" * 307 + "22250738585072014"), ("1234567.5", "1234567.5"),
    ],
)  # fmt: skip
def test_numbers_land_with_all_their_digits(held, lands, tmp_path):
    from ingest.connectors.files.xlsx import SheetReader

    path = tmp_path / "a.xlsx"
    rewritten(path, lambda xml: xml.replace(b"<v>1</v>", f"<v>{held}</v>".encode()))
    reader = SheetReader(io.BytesIO(path.read_bytes()), "a.xlsx", {})
    (line,) = reader.lines("a.xlsx", "\n")
    assert line.split("\t")[0] == lands
    assert float(lands) == float(held)


def test_true_and_text_are_no_numbers():
    assert [cell_text(value) for value in (True, False, "1E5", "", None)] == ["true", "false", "1E5", "", None]


def strict(path):
    """The workbook as Excel's "Strict Open XML" writes it."""
    content = parts(path)
    for name in content:
        content[name] = content[name].replace(
            b"http://schemas.openxmlformats.org/spreadsheetml/2006/main", b"http://purl.oclc.org/ooxml/spreadsheetml/main"
        ).replace(
            b"http://schemas.openxmlformats.org/officeDocument/2006/relationships",
            b"http://purl.oclc.org/ooxml/officeDocument/relationships",
        )  # fmt: skip
    save(path, content)


def test_a_workbook_without_a_sheet_to_read_names_the_remedy(landing, folder):
    path = folder / "a.xlsx"
    remedy = "open it in a spreadsheet program and save it as “Excel Workbook (.xlsx)”"
    rewritten(path, lambda xml: xml)
    strict(path)
    declare(landing, "{path: '*.xlsx'}")
    assert refused(landing) == f"a.xlsx has no sheet that can be read (it is saved as Strict Open XML): {remedy}"
    book = openpyxl.Workbook()
    book.create_chartsheet("chart")
    book.remove(book["Sheet"])
    book.save(path)
    assert refused(landing) == f"a.xlsx has no sheet that can be read (it has charts only, or none): {remedy}"
    path.write_bytes(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600))
    assert "it has a password, or is an old .xls: save it as .xlsx without one" in refused(landing)
    path.write_bytes(b"id,v\n1,a\n")
    assert refused(landing) == "a.xlsx can't be read as XLSX (BadZipFile): replace or move it"
    book = openpyxl.Workbook()
    book.active.append(["id", "v"])
    book.active.append(["1", "a"])
    book.create_chartsheet("first", 0)
    book.save(path)
    landing.one()
    assert landing.rows("select id, v from raw_drops.t") == [("1", "a")], "a chart is no sheet of rows"


SHEET, TEXTS = "xl/worksheets/sheet1.xml", "xl/sharedStrings.xml"


BIG, PART, ROW = b"x" * 3_000_000, f": its part {TEXTS} takes more than 2 MB", f": a row of its part {SHEET} takes more"


@pytest.mark.parametrize(
    ("part", "old", "new", "says"),
    [
        (TEXTS, b"<si>", b"<si><t>" + BIG + b"</t></si><si>", PART),
        ("xl/styles.xml", b"<fonts", b" " * 3_000_000 + b"<fonts", ": its part xl/styles.xml takes more than 2 MB"),
        (SHEET, b"</row>", b'<c t="inlineStr"><is><t>' + BIG + b"</t></is></c></row>", ROW),
        (SHEET, b"</row>", b"<c/>" * 600_000 + b"</row>", ROW),
        (SHEET, b"</row>", b"<c><v><![CDATA[" + b"</row> " * 500_000 + b"]]></v></c></row>", ROW),
        (TEXTS, b"<sst", b'<!DOCTYPE x [<!ENTITY a "aa">]><sst', f" can't be read as XLSX ({TEXTS} defines entities)"),
        (SHEET, b'<row r="2"', b'<row r="2000000"', " says it has rows beyond the 1,048,576 of a sheet"),
    ],
)
def test_what_would_fill_the_memory_is_refused(landing, folder, part, old, new, says):
    path = folder / "a.xlsx"
    shared(path, ["id", "v", "1", "a"])
    content = parts(path)
    changed = content[part].replace(old, new, 1)
    assert changed != content[part]
    save(path, content | {part: changed})
    assert path.stat().st_size < 100_000
    declare(landing, "{path: '*.xlsx', format: {type: xlsx, largest_line_mb: 2}}")
    assert refused(landing).startswith("a.xlsx" + says)


def test_many_rows_are_no_large_row(landing, folder):
    def change(xml):
        rows = b"".join(b'<row r="%d"><c r="A%d"><v>%d</v></c></row>' % (n, n, n) for n in range(3, 20_000))
        assert len(rows) > 500_000
        return xml.replace(b"</sheetData>", rows + b"</sheetData>")

    rewritten(folder / "a.xlsx", change)
    declare(landing, "{path: '*.xlsx', format: {type: xlsx, largest_line_mb: 60}}")
    assert landing.one().tables[0].landed == 19_998
    assert re.fullmatch("files", landing.events[-1].how)
