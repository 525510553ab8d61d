"""Files land as received: unreadable lines kept with their reason, each file once, changes by row."""

import datetime
import decimal
import gzip
import json
import os

from tests.support.drops import CSV, declare
from tests.support.real_data import DATA, needs_data
from weir.core.errors import WeirError


def test_csv_keeps_every_line(landing, folder):
    (folder / "a.csv").write_bytes(
        b'\xef\xbb\xbfid,name,note\r\n1,Ann,\r\n2,"Bob, ""B""","two\nlines"\r\n3,x\r\n4,x,y,z,zz\r\n\r\n'
        b'5,\xff,y\r\n6,nul\x00,y\r\n7,"open,y\r\n8,"a"b,y\r\n9,tab\t\\N,last'
    )
    declare(landing, CSV)
    landing.one()
    found = landing.rows("select id, name, note, _line, _text, _error, _escaped from raw_drops.t order by _line")
    assert found == [
        ("1", "Ann", None, 2, None, None, None),
        ("2", 'Bob, "B"', "two\nlines", 3, None, None, None),
        (None, None, None, 5, "3,x", "wrong column count: 2 instead of 3", None),
        (None, None, None, 6, "4,x,y,z,zz", "wrong column count: 5 instead of 3", None),
        (None, None, None, 8, "5,\\xff,y", "not valid UTF-8", True),
        ("6", "nul\\x00", "y", 9, None, None, True),
        (None, None, None, 10, '7,"open,y', "quote is not closed", None),
        (None, None, None, 11, '8,"a"b,y', "text after a closing quote", None),
        ("9", "tab\t\\N", "last", 12, None, None, None),
    ]
    landing.balanced()
    landing.proven()


def test_a_file_is_landed_once_and_a_changed_one_by_row(landing, folder):
    a, b = folder / "a.csv", folder / "b.csv.gz"
    a.write_text("id,v\n1,a\n2,b\nbroken\n3,c\n")
    b.write_bytes(gzip.compress(b"id,v\n9,z\n3,other\n"))
    declare(landing, CSV)
    assert landing.one().tables[0].landed == 6
    event = landing.one().tables[0]
    assert (event.landed, event.how) == (0, "nothing new")
    a.touch()
    assert landing.one().tables[0].extracted == 0
    a.write_text("id,v\n0,new\n1,a\n2,changed\n")  # 3 and the broken line go; 3 is still in b
    event = landing.one().tables[0]
    assert (event.landed, event.deleted) == (5, 2)
    assert landing.live("raw_drops.t", "id", "id, v") == [
        ("0", "new"), ("1", "a"), ("2", "changed"), ("3", "other"), ("9", "z"),
    ]  # fmt: skip
    landing.proven()
    b.unlink()
    assert landing.one().tables[0].deleted == 2
    assert [row[0] for row in landing.live("raw_drops.t", "id", "id")] == ["0", "1", "2"]
    assert landing.one().tables[0].landed == 0
    landing.balanced()
    landing.proven()


def test_a_header_in_another_case_is_the_same_column(landing, folder):
    (folder / "a.csv").write_text("id,score\n1,5\n")
    (folder / "b.csv").write_text("ID,Score\n2,6\n")
    declare(landing, CSV)
    assert landing.one().tables[0].how == "files, column ID taken for id, column Score taken for score"
    (folder / "c.csv").write_text("id,SCORE\n3,7\n")
    landing.one()
    assert landing.live("raw_drops.t", "id", "id, score") == [("1", "5"), ("2", "6"), ("3", "7")]
    landing.proven()
    (folder / "d.csv").write_text("id,score,Score\n4,8,9\n")
    (result,) = landing.land().values()
    assert result.message == "drops.t: d.csv: columns 'score' and 'Score' differ by case only: rename one"


def test_columns_differ_between_files_and_none_is_there_yet(landing, folder):
    declare(landing, CSV, "columns: [{name: id}, {name: v}]")
    landing.one()
    assert landing.rows("select id, v from raw_drops.t") == []
    (folder / "a.csv").write_text("id,v\n1,a\n")
    (folder / "b.csv").write_text("w,id\nb,2\n")
    landing.one()
    assert landing.rows("select id, v, w from raw_drops.t order by id") == [("1", "a", None), ("2", None, "b")]
    landing.proven()


def test_json_lines(landing, folder):
    lines = [
        b'{"_id": "a", "n": 1.10, "deep": {"x": [1, null, "\\\\u0000"]}}',
        b'{"_id": 5, "t": "nul \\u0000 lone \\ud800 pair \\ud83d\\ude00"}',
        b'{"_id": "cut", "t": "tr',
        b"[1]",
        b"",
        b'{"t": 1}',
        b'{"_id": "\xff"}',
        b'{"_id":\t12345678901234567890123, "big": 1e400}',
        b'{"_id": "huge", "big": 1e400000}',
        b'{"_id": "nan", "x": NaN}',
        b"[" * 100_000,
        b'{"_id": "\\t\\u0000"}',
    ]
    (folder / "e.jsonl.gz").write_bytes(gzip.compress(b"\n".join(lines)))
    declare(landing, "{key: [_id], path: '*.jsonl.gz'}")
    landing.one()
    found = {
        n: rest for n, *rest in landing.rows("select _line, _id, document::text, _error, _escaped from raw_drops.t")
    }
    assert sorted(found) == [1, 2, 3, 4, 6, 7, 8, 9, 10, 11, 12]
    assert json.loads(found[1][1])["deep"] == {"x": [1, None, "\\u0000"]}
    assert "1.10" in found[1][1]
    assert found[1][2:] == [None, None]
    assert json.loads(found[2][1])["t"] == "nul \\u0000 lone \\ud800 pair 😀"
    assert (found[2][0], found[2][2:]) == ("5", [None, True])
    assert [found[n][2] for n in (3, 4, 7, 9, 10)] == [
        "not valid JSON", "not a JSON object", "not valid UTF-8", "holds a number too large", "not valid JSON",
    ]  # fmt: skip
    assert found[6][0] is None and found[6][2] is None
    assert found[8][0] == "12345678901234567890123"
    assert found[12][0] == "\t\\x00"
    landing.balanced()
    landing.proven()


def test_cut_gzip_lands_nothing_and_says_so(landing, folder):
    (folder / "a.jsonl.gz").write_bytes(gzip.compress(b'{"_id": "a"}\n' * 10_000)[:-20])
    declare(landing, "{key: [_id], path: '*.gz'}")
    (result,) = landing.land().values()
    assert result.state == "failed" and "a.jsonl.gz ends early or is damaged" in result.message
    assert landing.rows("select count(*) from ops.landings") == [(0,)]


def test_empty_gzip_deletes_nothing_and_says_so(landing, folder):
    file = folder / "a.jsonl.gz"
    file.write_bytes(gzip.compress(b'{"_id": "a"}\n'))
    declare(landing, "{key: [_id], path: '*.gz'}")
    landing.one()
    before = landing.rows("select count(*) from ops.landings")
    for content, says in ((b"", "a.jsonl.gz is empty: no gzip file; "), (b"\x1f", "a.jsonl.gz ends early")):
        file.write_bytes(content)
        (result,) = landing.land().values()
        assert result.state == "failed" and says in result.message and "\n" not in result.message
        assert landing.rows("select _op from raw_drops.t") == [("upsert",)]
        assert landing.rows("select count(*) from ops.landings") == before


def test_gzip_csv_cut_in_its_header_is_named(landing, folder):
    (folder / "a.csv.gz").write_bytes(gzip.compress(b"id,v\n1,x\n")[:-12])
    declare(landing, CSV)
    (result,) = landing.land().values()
    assert result.state == "failed" and "a.csv.gz ends early or is damaged" in result.message
    assert landing.rows("select count(*) from ops.landings") == [(0,)]


def test_what_the_path_matches_and_is_no_file_is_said(landing, folder):
    (folder / "a.csv").write_text("id,v\n1,a\n")
    (folder / "deep.csv").mkdir()
    (folder / "deep.csv" / "b.csv").write_text("id,v\n2,b\n")
    declare(landing, "{key: [id], path: '**/*', format: csv}")
    assert landing.one().tables[0].landed == 2, "folders match ** as a matter of course"
    declare(landing, CSV)
    assert "deep.csv is a folder, where `path` names files" in landing.land()["drops"].message
    (folder / "deep.csv").rename(folder / "deep")
    declare(landing, "{key: [id], path: deep, format: csv}")
    assert "write deep/*, or rename it" in landing.land()["drops"].message
    declare(landing, CSV)
    (folder / "c.csv").symlink_to(folder / "nowhere.csv")
    (result,) = landing.land().values()
    assert result.message == "drops.t: c.csv is a link to a file that is not there: mend it, or remove it"
    assert landing.rows("select count(*) from raw_drops.t") == [(2,)], "no row was taken for gone"


def test_parquet(landing, folder):
    import pyarrow as pa
    import pyarrow.parquet as pq

    rows = {
        "id": [1, 2], "price": pa.array([decimal.Decimal("1.10"), None], pa.decimal128(38, 10)),
        "day": [datetime.date(2024, 2, 29), None], "at": pa.array([1, None], pa.timestamp("us", "UTC")),
        "ns": pa.array([1, None], pa.timestamp("ns")), "f": [1e-300, float("nan")], "b": [b"\x00\xff", None],
        "s": ["nul\x00\t", ""], "l": [[1, 2], None], "ok": [True, None],
    }  # fmt: skip
    pq.write_table(pa.table(rows), folder / "a.parquet")
    declare(landing, "{key: [id], path: '*.parquet'}")
    landing.one()
    first, second = landing.rows("""select id, price::text, day, at::text, ns::text, f::text, b, s, l, ok, _escaped
        from raw_drops.t order by id""")
    assert first[:6] == (1, "1.1000000000", datetime.date(2024, 2, 29), "1970-01-01 00:00:00.000001+00",
                         "1970-01-01 00:00:00.000000001", "1e-300")  # fmt: skip
    assert first[6:] == (b"\x00\xff", "nul\\x00\t", [1, 2], True, True)
    assert second == (2, None, None, None, None, "NaN", None, "", None, None, None)
    landing.proven()


def test_xlsx(landing, folder):
    import openpyxl

    book = openpyxl.Workbook()
    for row in (["id", "arr", "updated on"], [1, 1.5, datetime.date(2024, 1, 2)], [None] * 3, [2, "N/A", True]):
        book.active.append(row)
    book.save(folder / "a.xlsx")
    declare(landing, "{key: [id], path: '*.xlsx', exclude: []}")
    landing.one()
    assert landing.rows('select id, arr, "updated on", _line from raw_drops.t') == [
        ("1", "1.5", "2024-01-02", 2), ("2", "N/A", "true", 4),
    ]  # fmt: skip
    landing.proven()


@needs_data
def test_csv_dialects_with_answers():
    import io

    from ingest.connectors.files.csv import CsvReader

    answers = sorted((DATA / "edge_csv_spectrum").rglob("*.json"))
    assert answers
    for answer in answers:
        file = next((DATA / "edge_csv_spectrum").rglob(answer.stem + ".csv"))
        reader = CsvReader(io.BytesIO(file.read_bytes()), file.name, ",", {"empty_is_null": "never"})
        names = [column.name for column in reader.columns]
        rows = [dict(zip(names, cells, strict=True)) for _, text, cells, error in reader._records() if text.strip()]
        wanted = json.loads(answer.read_text())
        if file.stem == "location_coordinates":  # the answer has another telephone number than the question
            wanted["Contact Phone Number"] = rows[0]["Contact Phone Number"]
        assert rows == (wanted if isinstance(wanted, list) else [wanted]), file.name


@needs_data
def test_json_that_must_and_must_not_parse(landing, folder):
    """Every file of the suite as one line: what must parse lands, what must not is kept with a reason."""
    wanted = {}
    with (folder / "all.jsonl").open("wb") as out:
        for file in sorted((DATA / "edge_jsontestsuite").rglob("*.json")):
            content = file.read_bytes()
            if b"\n" in content or b"\r" in content or not content.strip():
                continue
            wanted[len(wanted) + 1] = file.name
            out.write(b'{"k": ' + content + b"}\n")
    declare(landing, "{key: [k], path: '*.jsonl', repeats: last}")
    landing.one()
    errors = dict(landing.rows("select _line, _error from raw_drops.t"))
    assert sorted(errors) == sorted(wanted)
    wrong = [name for line, name in wanted.items() if name[0] == "y" and errors[line] and "y_structure" not in name]
    wrong += [name for line, name in wanted.items() if name[0] == "n" and not errors[line]]
    assert [name for name in wrong if "object_trailing_comment" not in name] == []


def test_files_in_a_folder_that_may_not_be_read_are_not_gone(tmp_path):
    from ingest.connectors.files.folder import see_gone

    folder = tmp_path / "closed"
    folder.mkdir(mode=0o700)
    see_gone(str(tmp_path), ["closed/gone.csv", "never/there.csv"])
    child = os.fork()
    if not child:  # as somebody else, for root may read all
        code = 1
        try:
            os.setuid(65534) if os.geteuid() == 0 else folder.chmod(0)
            see_gone(str(tmp_path), ["closed/gone.csv"])
        except WeirError as fault:
            code = 0 if "may not be read" in str(fault) else 2
        finally:
            os._exit(code)
    assert os.waitpid(child, 0)[1] == 0
