"""What the files of a folder say of themselves: which are one table, their format, columns, samples and counts."""

import datetime
import gzip
import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import openpyxl
import pyarrow as pa
import pyarrow.parquet
import pytest

from ingest.connectors.registry import open_describer
from tests.support.real_data import DATA, needs_data
from weir.core.errors import WeirError
from weir.project.scaffold.described import Describer, Table
from weir.project.scaffold.described import Test as Asked
from weir.project.scaffold.values.inference import infer


def put(folder: Path, name: str, data: str | bytes) -> None:
    (folder / name).parent.mkdir(parents=True, exist_ok=True)
    (folder / name).write_bytes(data if isinstance(data, bytes) else data.encode())


@contextmanager
def described(folder: Path | str) -> Iterator[tuple[Describer, dict[str, Table], dict[str, str]]]:
    """The describer, its tables by name, and why the others are left out."""
    with open_describer("DROPS_URL", f"file://{folder}" if isinstance(folder, Path) else folder) as describer:
        found = describer.tables([])
        yield describer, {t.name: t for t in found if not t.left_out}, {t.name: t.left_out for t in found if t.left_out}


def shape(folder: Path | str) -> dict[str, Any]:
    with described(folder) as (_, tables, _):
        return {name: table.meta for name, table in tables.items()}


def test_files_that_are_one_table(folder: Path) -> None:
    for month in range(1, 13):
        put(folder, f"orders/orders_2024-{month:02}.csv", "id,amount\n1,2.5\n")
    for name in ("jan", "feb"):
        put(folder, f"{name} report.csv", "day,clicks\n2024-01-01,5\n")
    put(folder, "customers.csv", "id,name\n1,Ann\n")
    put(folder, "customers.json", '{"id": 1}\n')
    put(folder, "old/customers.csv", "id,name\n1,Ann\n")
    put(folder, "budget-2024.csv", "team,amount\nA,5\n")
    put(folder, "table1.csv", "a,b\n1,2\n")
    put(folder, "table2.csv", "x,y,z\n1,2,3\n")
    for day in ("01", "02"):
        put(folder, f"events/2024/{day}/part-0.jsonl", '{"_id": 1}\n')
        put(folder, f"hits/dt=2024-01-{day}/part-6f9619ff-8b86-d011-b42d-00cf4fc964{day}.csv", "id,url\n1,/\n")
    assert shape(folder) == {
        "orders": {"path": "orders/*.csv"}, "report": {"path": "* report.csv"},
        "customers_csv": {"path": "customers.csv"}, "customers_json": {"path": "customers.json"},
        "old_customers": {"path": "old/customers.csv"}, "budget": {"path": "budget-*.csv"},
        "table1": {"path": "table1.csv"}, "table2": {"path": "table2.csv"},
        "events": {"path": "events/*/*/*.jsonl"}, "hits": {"path": "hits/dt=*/*.csv"},
    }  # fmt: skip


DIALECTS: dict[str, tuple[str | bytes, dict[str, Any] | None]] = {
    "semicolons.csv": ("id;amount\n1;2,5\n2;3,5\n", {"delimiter": ";"}),
    "tabs.csv": ("id\tname\n1\ta, b\n2\tb, c\n", {"delimiter": "\t"}),
    "pipes.txt": ("id|name\n1|a\n2|b\n", {"delimiter": "|"}),
    "tabs.tsv": ("id\tname\n1\ta\n", None),
    "excel.csv": ("sep=;\nid;name\n1;a\n", None),
    "bom.csv": ("\ufeffid,name\n1,a\n", None),
    "western.csv": ("id,name\n1,Jürgen\n2,5 €\n".encode("cp1252"), {"encoding": "cp1252"}),
    "quoted.csv": ('"id","name"\n"1",""\n"2","x"\n', {"empty_is_null": "always"}),
    "titled.csv": ("Sales of 2024;;\nby team;;\n\nid;name;sum\n1;a;5\n2;b;7\nTotal;;12\n",
                   {"delimiter": ";", "skip": 3, "footer": 1}),
    "titled2.csv": ("Sales, of all teams\nid,name,sum\n1,a,5\n2,b,7\n(2 rows)\n", {"skip": 1, "footer": 1}),
    "company.csv": ("name,city\nAcme,Bonn\nTotal,Paris\n", None),
    "packed.csv.gz": (gzip.compress(b"id;name\n1;a\n2;b\n"), {"delimiter": ";"}),
    "one.csv": ("name\nAnn\nBob\n", None),
    "years.csv": ("country,2019,2020,2021\nFR,1,2,3\n", None),
}  # fmt: skip


@pytest.mark.parametrize("name", DIALECTS)
def test_dialects_are_proven(folder: Path, name: str) -> None:
    data, settings = DIALECTS[name]
    put(folder, name, data)
    with described(folder) as (describer, tables, left_out):
        assert left_out == {}
        (table,) = tables.values()
        assert table.meta == {"path": name} | ({"format": {"type": "csv", **settings}} if settings else {})
        sample = describer.sample(table, 100)
        assert sample.is_whole
        if len(table.columns) > 1 and table.columns[0].name == "id":
            assert sample.values["id"] == [str(n) for n in range(1, sample.rows + 1)]


JUNK: dict[str, tuple[str | bytes, str]] = {
    ".DS_Store": ("x", "is hidden"),
    "photo.png": (b"\x89PNG", "is no table (.png)"),
    "README.md": ("# hi", "is a text for people"),
    "empty.csv": ("", "is empty"),
    "blank.csv": (" \n\n", "holds blanks alone"),
    "words.txt": ("some words\nand more words\n", "holds no columns: no delimiter parts its lines"),
    "numbers.csv": ("1,2,3\n4,5,6\n", "its first line holds values and no column names: put a header above them"),
    "twice.csv": ("a,a,b\nx,y,z\n", "column 'a' stands twice in its first line: rename one"),
    "case.csv": ("ID,id\nx,y\n", "two columns are called 'id', in large and small letters: rename one"),
    "own.csv": ("id,_file\n1,a\n", "column '_file' has a name that raw keeps for itself: rename it"),
    "wide.csv": ("id,name,city\n1,Ann,Bonn,\n2,Bob,Rome,\n",
                 "its column names are 3, its rows have 4 fields: mend the first line"),
    "utf16.csv": ("id,name\n1,a\n".encode("utf-16"), "is UTF-16, which has no line ends of one byte: save it as UTF-8"),
    "bytes.csv": (b"\0\1\2\3\0\0\0abc", "holds bytes that are no text"),
    "broken.json": ('{"a": 1', "most of its lines can't be read: line 1: not valid JSON"),
    "text.json": ("hello\n", "most of its lines can't be read: line 1: not valid JSON"),
    "broken.jsonl.gz": (b"\x1f\x8b\x08broken", "ends early or is damaged"),
    "broken.parquet": ("PAR1", "can't be read as Parquet (ArrowInvalid): replace or move it"),
    "broken.xlsx": ("PK", "can't be read as XLSX (BadZipFile): replace or move it"),
    "old.xls": (b"\xd0\xcf\x11\xe0", "is an old workbook: save it as .xlsx"),
    "all.zip": (b"PK", "is an archive: unpack it"),
    "data": ("id,name\n1,a\n", "has no ending that names a format"),
}  # fmt: skip


def test_junk_is_left_out_with_its_reason(folder: Path) -> None:
    for name, (data, _) in JUNK.items():
        put(folder, name, data)
    put(folder, "good.csv", "id,name\n1,a\n")
    with described(folder) as (_, tables, left_out):
        assert left_out == {name: reason for name, (_, reason) in JUNK.items()}
        assert tables["good"].meta == {"path": "good.csv"}


def test_much_junk_is_one_line(folder: Path) -> None:
    for n in range(500):
        put(folder, f"photos/{n}.jpg", "x")
    with described(folder) as (_, _, left_out):
        assert left_out == {"photos: 500 files": "is no table (.jpg)"}


def test_a_broken_file_among_good_ones_is_told(folder: Path) -> None:
    for month in "1234":
        put(folder, f"orders/2024-{month}.csv", "id,amount\n1,2.5\n")
    put(folder, "orders/2024-5.csv", "")
    with described(folder) as (_, tables, left_out):
        assert left_out == {"orders/2024-5.csv": "is empty"}
        assert tables["orders"].notes == ["orders/2024-5.csv is empty, and stops the landing: move it away"]


def test_columns_of_files(folder: Path) -> None:
    put(folder, "a.csv", "id,Zip Code,born,,Start\n1,01234,31.12.1999,x,9:30 AM\n2,94107,01.02.1985,,1:05 PM\n")
    with described(folder) as (describer, tables, _):
        assert {(c.kind, c.landed, c.declared) for c in tables["a"].columns} == {("text", "text", "")}
        assert [c.name for c in tables["a"].columns] == ["id", "Zip Code", "born", "column_4", "Start"]
        assert tables["a"].columns[3].note == "a column without a name"
        values = describer.sample(tables["a"], 10).values
        assert [(told.kind, told.format) for told in (infer(name, values[name]) for name in values)] == [
            ("integer", ""), ("text", ""), ("date", "DD.MM.YYYY"), ("text", ""), ("time", "FMHH12:MI AM"),
        ]  # fmt: skip


def test_a_column_that_came_later(folder: Path) -> None:
    for month, header in (("01", "id,amount"), ("02", "id,amount,currency"), ("03", "id,amount,currency")):
        put(folder, f"orders-{month}.csv", f"{header}\n{','.join('7' * header.count(',') + '7')}\n")
    with described(folder) as (describer, tables, _):
        table = tables["orders"]
        assert [(c.name, c.note) for c in table.columns] == [
            ("id", ""), ("amount", ""), ("currency", "in 2 of 3 files that were looked at"),
        ]  # fmt: skip
        assert describer.sample(table, 10).values["currency"] == [None, "7", "7"]


def test_workbooks(folder: Path) -> None:
    book = openpyxl.Workbook()
    people: Any = book.active
    people.title = "People"
    for row in (["id", "born"], [1, datetime.datetime(1990, 1, 1)], [2, datetime.datetime(1990, 1, 1, 10, 30)]):
        people.append(row)
    merged = book.create_sheet("Yearly")
    for row in (["Yearly report"], [], ["id", "name", "sum"], [1, "a", 3], [2, "b", 3], ["* preliminary"]):
        merged.append(row)
    merged.merge_cells("A1:C1")
    book.create_sheet("Void")
    book.create_sheet("Secret").sheet_state = "hidden"
    costs = book.create_sheet("Cost Centres")
    for row in (["code", "cost"], ["a", 1.5], ["b", 462.29999999999995]):
        costs.append(row)
    book.save(folder / "book.xlsx")
    with described(folder) as (describer, tables, left_out):
        assert {name: table.meta["format"] for name, table in tables.items()} == {
            "book_people": {"type": "xlsx", "sheet": "People"},
            "book_cost_centres": {"type": "xlsx", "sheet": "Cost Centres"},
        }  # fmt: skip
        assert left_out == {
            "book_yearly": "book.xlsx, sheet 'Yearly': its first row is a title, and the column names seem to stand in "
                           "row 3: delete what stands above them",
            "book_void": "book.xlsx, sheet 'Void': is empty: its first row must hold the column names",
            "book_secret": "book.xlsx, sheet 'Secret': the sheet is hidden",
        }  # fmt: skip
        sample = describer.sample(tables["book_people"], 10)
        assert sample.values["born"] == ["1990-01-01 00:00:00", "1990-01-01 10:30:00"], "as parse takes it"


def test_parquet_says_its_types(folder: Path) -> None:
    table = pa.table({"id": [1], "at": [datetime.datetime(2024, 1, 1, tzinfo=datetime.UTC)], "x": [1.5], "l": [[1]]})
    pyarrow.parquet.write_table(table, folder / "t.parquet")
    with described(folder) as (_, tables, _):
        assert [(c.kind, c.landed) for c in tables["t"].columns] == [
            ("integer", "bigint"), ("timestamptz", "timestamp with time zone"), ("double", "double precision"),
            ("json", "jsonb"),
        ]  # fmt: skip


def test_paths_of_documents(folder: Path) -> None:
    documents: list[dict[str, Any]] = [
        {"_id": {"$oid": f"{n:024x}"}, "at": {"$date": "2024-01-01T00:00:00Z"}, "user": {"name": "x", "zip": "01234"},
         "n": n, "amount": n / 2 if n % 2 else n, "tags": ["a"], "mixed": "five" if n == 7 else n,
         "price": {"$numberDecimal": "1.50"}, "attributes": {f"key{n}": 1}, "day": "2024-01-31",
         "gap": "" if n else "5"}
        for n in range(100)
    ]  # fmt: skip
    documents[5]["rare"] = True
    for name, data in (("lines.jsonl", "\n".join(map(json.dumps, documents))), ("array.json", json.dumps(documents)),
                       ("spread.json.gz", gzip.compress(json.dumps(documents, indent=1).encode()))):  # fmt: skip
        put(folder, name, data)
    with described(folder) as (describer, tables, _):
        assert set(tables) == {"lines", "array", "spread"}
        for table in tables.values():
            found = {c.name: c for c in table.columns}
            assert {name: (c.path, c.kind) for name, c in found.items()} == {
                "_id": (("_id", "$oid"), "text"), "at": (("at", "$date"), "timestamptz"),
                "user.name": (("user", "name"), "text"), "user.zip": (("user", "zip"), "text"),
                "n": (("n",), "integer"), "amount": (("amount",), "numeric"), "tags": (("tags",), "array"),
                "mixed": (("mixed",), "text"), "price": (("price", "$numberDecimal"), "numeric"),
                "attributes": (("attributes",), "json"), "day": (("day",), "text"), "gap": (("gap",), "text"),
            }  # fmt: skip
            assert found["mixed"].note == "integer in 99, text in 1 of 100 documents"
            assert (found["day"].declared, found["gap"].declared) == ("", "text"), "an empty text is no number"
            assert table.notes == ["rare, and no columns: rare (1%)"]
            sample = describer.sample(table, 1000)
            assert (sample.rows, sample.is_whole) == (100, True)
            assert sample.values["user.zip"] == ["01234"] * 100
            assert sample.values["tags"][0] == '["a"]'


COUNTED = [
    Asked("repeated", ("id",)), Asked("repeated", ("id", "amount")), Asked("repeated", ("gap",)),
    Asked("missing", ("gap",)),
    Asked("negative", ("amount",)), Asked("before", ("at",), "2024-01-05", "date", "DD.MM.YYYY"),
    Asked("after", ("at",), "2024-01-30", "date", "DD.MM.YYYY"),
    Asked("reversed", ("at", "till"), "", "date", "DD.MM.YYYY"),
    Asked("orphaned", ("id",)), Asked("missing", ("nowhere",)),
]  # fmt: skip


def test_counts_are_exact_over_all_files(folder: Path) -> None:
    rows = [(n % 900, n - 3, f"{n % 31 + 1:02}.01.2024", f"{n % 29 + 1:02}.01.2024", "" if n % 10 else n)
            for n in range(1000)]  # fmt: skip
    for part in range(10):
        lines = [",".join(map(str, row)) for row in rows[part * 100 : part * 100 + 100]]
        put(folder, f"orders/{part}.csv", "\n".join(["id,amount,at,till,gap", *lines, "a line with too few cells"]))
    with described(folder) as (describer, tables, _):
        counted = describer.count(tables["orders"], COUNTED, 60)
        days = [n % 31 + 1 for n in range(1000)]
        later = sum(1 for n in range(1000) if n % 31 > n % 29)
        assert counted.rows == 1000
        assert counted.broken == (
            100, 0, 0, 900, 3, sum(d < 5 for d in days), sum(d > 30 for d in days), later, None, None,
        )  # fmt: skip
        assert describer.count(tables["orders"], [Asked("repeated", ("till", "id"))], 60).broken == (
            1000 - len({(row[0], row[3]) for row in rows}),
        )  # fmt: skip
        assert describer.count(tables["orders"], COUNTED[:1], 0).rows in (None, 1000)


def test_counts_of_documents(folder: Path) -> None:
    documents = [{"_id": n % 9, "at": {"$date": f"2024-01-0{n % 9 + 1}T00:00:00Z"}, "v": -n} for n in range(20)]
    put(folder, "e.jsonl", "\n".join(map(json.dumps, documents)))
    with described(folder) as (describer, tables, _):
        tests = [Asked("repeated", ("_id",)), Asked("negative", ("v",)),
                 Asked("before", ("at",), "2024-01-03", "timestamptz")]  # fmt: skip
        assert describer.count(tables["e"], tests, 60).broken == (11, 19, 6)


def test_three_hundred_files_in_seconds(folder: Path) -> None:
    for n in range(300):
        put(folder, f"logs/log_{n:04}.csv", "id,at,text\n" + "".join(f"{n}{i},2024-01-01,x\n" for i in range(100)))
    repeated = 30_000 - len({f"{n}{i}" for n in range(300) for i in range(100)})
    begun = time.monotonic()
    with described(folder) as (describer, tables, _):
        assert tables["logs"].meta == {"path": "logs/*.csv"}
        sample = describer.sample(tables["logs"], 10_000)
        counted = describer.count(tables["logs"], [Asked("repeated", ("id",))], 60)
    assert (sample.is_whole, counted.rows, counted.broken[0]) == (False, 30_000, repeated)
    assert time.monotonic() - begun < 20


def test_a_folder_that_is_not_there(folder: Path) -> None:
    with (
        pytest.raises(WeirError, match=r"there is no folder .*/nowhere: mend DROPS_URL, or make it"),
        described(folder / "nowhere"),
    ):
        pass


def test_links_that_leave_the_folder_are_not_followed(folder: Path, tmp_path: Path) -> None:
    put(tmp_path / "secret", "a.csv", "id,name\n1,a\n")
    (folder / "inside").symlink_to(tmp_path / "secret")
    (folder / "a.csv").symlink_to(tmp_path / "secret" / "a.csv")
    with described(folder) as (_, tables, left_out):
        assert (tables, left_out) == ({}, {"a.csv": "is a link that leaves the folder"})


def test_a_file_that_goes_meanwhile(folder: Path) -> None:
    put(folder, "a.csv", "id,name\n1,a\n")
    with described(folder) as (describer, tables, _):
        (folder / "a.csv").unlink()
        with pytest.raises(WeirError, match=r"a.csv can't be read any more \(No such file or directory\): run again"):
            describer.sample(tables["a"], 10)


@needs_data
def test_a_real_export() -> None:
    with described(DATA / "churn_telco_csv") as (describer, tables, left_out):
        table = tables["telco_customer_churn"]
        assert left_out == {"SOURCE.txt": "is a text for people"}
        counted = describer.count(
            table, [Asked("repeated", ("customerID",)), Asked("negative", ("MonthlyCharges",))], 60
        )
        assert (counted.rows, counted.broken) == (7043, (0, 0))
        assert describer.sample(table, 10_000).is_whole


@pytest.mark.slow
def test_a_bucket(monkeypatch: pytest.MonkeyPatch) -> None:
    from obstore.store import from_url

    from tests.servers import buckets

    with buckets.s3("drops") as environment:
        for name, value in environment.items():
            monkeypatch.setenv(name, value)
        store: Any = from_url("s3://drops")
        for month in range(1, 4):
            store.put(f"in/orders/2024-0{month}.csv", b"id;amount\n1;2.5\n2;-1\n")
        store.put("in/events/e.jsonl.gz", gzip.compress(b'{"_id": 1, "a": {"b": 2}}\n'))
        store.put("in/readme.txt", b"hi")
        with described("s3://drops/in") as (describer, tables, left_out):
            assert {name: table.meta for name, table in tables.items()} == {
                "orders": {"path": "orders/*.csv", "format": {"type": "csv", "delimiter": ";"}},
                "e": {"path": "events/e.jsonl.gz"},
            }  # fmt: skip
            assert left_out == {"readme.txt": "is a text for people"}
            counted = describer.count(
                tables["orders"], [Asked("repeated", ("id",)), Asked("negative", ("amount",))], 60
            )
            assert (counted.rows, counted.broken) == (6, (4, 3))
        with pytest.raises(WeirError, match="there is no bucket nowhere: mend DROPS_URL"), described("s3://nowhere/in"):
            pass
