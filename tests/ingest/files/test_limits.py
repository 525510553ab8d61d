"""What is too large for one row is rejected with its place, in memory that does not grow with it."""

import gzip
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.drops import declare, refused

ROOT = Path(__file__).parents[3]
LONG = "longer than 1 MB: {:,} bytes (largest_line_mb in `format` says how long it may be)"


def rows(landing):
    return landing.rows("select id, _line, left(_text, 12), length(_text), _error from raw_drops.t order by _line")


def test_a_json_line_that_is_too_long_is_rejected_with_its_place(landing, folder):
    line = b'{"id": 2, "v": "' + b"x" * 20_000_000 + b'"}'
    most = b'{"id": 4, "v": "' + b"x" * (1_000_000 - 19) + b'"}\n'
    assert len(most) == 1_000_000
    (folder / "a.jsonl.gz").write_bytes(gzip.compress(b'{"id": 1}\n' + line + b'\n{"id": 3}\n' + most + line))
    declare(landing, "{key: [id], path: '*.gz', format: {type: jsonl, largest_line_mb: 1}}")
    landing.one()
    said = LONG.format(len(line) + 1)
    assert rows(landing) == [
        ("1", 1, None, None, None), (None, 2, '{"id": 2, "v', 1_000_002, said), ("3", 3, None, None, None),
        ("4", 4, None, None, None), (None, 5, '{"id": 2, "v', 1_000_002, LONG.format(len(line))),
    ]  # fmt: skip
    landing.balanced()
    landing.proven()


def test_a_csv_line_that_is_too_long_is_rejected_with_its_place(landing, folder):
    x = b"x" * 1_500_000
    (folder / "a.csv").write_bytes(b"id,v\n1,a\n2," + x + b'\n3,"b\n' + x + b'\n"\n4,"' + x + b'"\n5,e\n')
    declare(landing, "{key: [id], path: '*.csv', format: {type: csv, largest_line_mb: 1}}")
    landing.one()
    assert rows(landing) == [
        ("1", 2, None, None, None),
        (None, 3, "2,xxxxxxxxxx", 1_000_002, LONG.format(1_500_003)),
        (None, 4, '3,"b', 4, "quote is not closed"),
        (None, 5, "xxxxxxxxxxxx", 1_000_002, LONG.format(1_500_001)),
        (None, 6, '"', 1, "quote is not closed"),
        (None, 7, '4,"xxxxxxxxx', 1_000_002, LONG.format(1_500_005)),
        ("5", 8, None, None, None),
    ]
    landing.balanced()
    landing.proven()


@pytest.mark.parametrize("encoding", ["utf-8", "cp1252"])
def test_large_lines_land_as_small_ones_do(landing, folder, encoding):
    """Beyond 1 MB they take another way, which must give the same."""
    pad = "é" * 1_100_000
    cells = ["plain €", 'quoted ""€"", and\nlines', "back\\slash\ttab", "nul \0 é", "", '""']
    written = [cells[0], f'"{cells[1]}"', *cells[2:]]
    lines = [f"s{n},{cell},b\n" for n, cell in enumerate(written)]
    lines += [f"l{n},{cell},{pad}\n" for n, cell in enumerate(written)]
    (folder / "a.csv").write_bytes(("id,v,w\n" + "".join(lines)).encode(encoding))
    declare(landing, f"{{key: [id], path: '*.csv', format: {{type: csv, encoding: {encoding}}}}}")
    landing.one()
    wanted = [cells[0], cells[1].replace('""', '"'), cells[2], "nul \\x00 é", None, ""]
    found = landing.rows("select id, v, _escaped, _error from raw_drops.t order by id")
    assert found == [(f"{kind}{n}", v, True if n == 3 else None, None) for kind in "ls" for n, v in enumerate(wanted)]
    assert landing.rows(
        "select distinct w = %s from raw_drops.t where id like 'l%%'".replace("%s", f"'{pad}'").replace("%%", "%")
    ) == [(True,)]
    landing.proven()


def test_large_documents_land_as_small_ones_do(landing, folder):
    pad = '"pad": "' + "é😀" * 200_000 + '"'
    docs = ['"t": "nul \\u0000 \\ud800 \\ud83d\\ude00 \\\\u0000 back\\\\ é"', '"t": "€", "n": 1.10', '"t": "a\\tb"']
    lines = [f'{{"id": "k{n}é\\t", {doc}, {p}}}' for n, doc in enumerate(docs) for p in ('"pad": ""', pad)]
    lines.append('{"id": "bad", "t": "\xff", ' + pad + "}")
    content = "\n".join(lines).encode().replace("ÿ".encode(), b"\xff")
    (folder / "a.jsonl").write_bytes(content)
    declare(landing, "{path: '*.jsonl'}")
    landing.one()
    found = landing.rows("select document - 'pad', _escaped, _error from raw_drops.t order by _line")
    assert [row[2] for row in found] == [None] * 6 + ["not valid UTF-8"]
    for n in (0, 2, 4):
        assert found[n] == found[n + 1]
    assert found[0][0] == {"id": "k0é\t", "t": "nul \\u0000 \\ud800 😀 \\u0000 back\\ é"} and found[0][1]
    assert landing.rows("select length(document ->> 'pad') from raw_drops.t where _line = 2") == [(400_000,)]
    landing.proven()


def test_values_and_nesting_without_end_are_rejected(landing, folder):
    lines = [
        '{"id": 1, "v": [0' + ",1" * 600_000 + "]}", '{"id": 2, "v": ' + "[" * 900 + "]" * 900 + "}",
        '{"id": 3, "v": ' + "[" * 1100 + "]" * 1100 + "}",
        '{"id": 4, "v": ' + '{"a":' * 200_000 + "1" + "}" * 200_000 + "}",
        '{"id": 5, "v": [' + ",".join(["1" * 5999] * 170) + "]}",
    ]  # fmt: skip
    (folder / "a.jsonl").write_text("\n".join(lines))
    declare(landing, "{key: [id], path: '*.jsonl', format: {type: jsonl, largest_line_mb: 2}}")
    landing.one()
    assert landing.rows("select id, _error from raw_drops.t order by _line") == [
        (None, "more values than 2 MB can hold"), ("2", None), (None, "nested too deeply"),
        (None, "more values than 2 MB can hold"), ("5", None),
    ]  # fmt: skip
    (folder / "b.csv").write_text("id,v\n1," + "," * 1_200_000 + '\n2,"a",' + "," * 1_200_000 + "\n3,b\n")
    declare(landing, "{key: [id], path: '*.csv'}")
    landing.one()
    assert landing.rows("select _error from raw_drops.t where _file = 'b.csv' order by _line") == [
        ("wrong column count: more than 10,000",), ("wrong column count: more than 10,000",), (None,),
    ]  # fmt: skip


@pytest.mark.parametrize("value", ["0", "501", "'5'", "1.5", "true"])
def test_sizes_that_can_not_be_followed_are_said(landing, folder, value):
    (folder / "a.csv").write_text("id,v\n1,a\n")
    declare(landing, f"{{key: [id], path: '*.csv', format: {{type: csv, largest_line_mb: {value}}}}}")
    assert "take a whole number from 1 to 500" in refused(landing)


READ = """
import gzip, io, resource, sys
from ingest.connectors.files.formats import open_reader
from weir.project.plan import Table
from ingest.raw.copy_text import blocks
name, head, tail = sys.argv[1:]
packed = io.BytesIO()
with gzip.GzipFile(fileobj=packed, mode="wb", compresslevel=1) as file:
    file.write(head.encode())
    for _ in range(600):
        file.write(b"x" * 1_000_000)
    file.write(tail.encode())
packed.seek(0)
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
table = Table(name="t", key=["id"], format={"type": name, "largest_line_mb": 50})
reader = open_reader(io.BufferedReader(gzip.GzipFile(fileobj=packed), 1 << 20), table, name)
print(sum(1 for _ in blocks(reader.lines(name, "\\n"))))
print((resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) // 1024)
"""


@pytest.mark.parametrize(
    ("name", "head", "tail"), [("jsonl", '{"id": 1, "v": "', '"}\n{"id": 2}\n'), ("csv", "id,v\n1,", "\n2,b\n")]
)
def test_a_line_of_600_mb_takes_no_600_mb(name, head, tail):
    run = subprocess.run(
        [sys.executable, "-c", READ, name, head, tail], cwd=ROOT, capture_output=True, text=True, check=True
    )
    blocks, grown = map(int, run.stdout.split())
    assert blocks >= 1
    assert grown < 250, f"{grown} MB"
