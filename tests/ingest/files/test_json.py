"""JSON as people have it: one array, documents over several lines; and what can't be read at all is one fault."""

import gzip
import io
import json

import pytest

from ingest.connectors.files import json_values
from tests.support.drops import declare, refused

DOCUMENTS = [
    {"id": 1, "t": 'quote " back \\ both \\" {[,', "l": [1, [2, {"x": "]"}], {}]},
    {"id": 2, "t": "two\nlines\tand nul \0", "d": {"é": None}},
    {"id": 3},
]
LONG = "longer than 1 MB: 1,100,019 bytes (largest_line_mb in `format` says how long it may be)"
LANDED = [(str(n), n, None) for n in (1, 2, 3)]


@pytest.mark.parametrize(
    "text",
    [
        json.dumps(DOCUMENTS), json.dumps(DOCUMENTS, indent=2), json.dumps(DOCUMENTS, indent=1).replace("\n", "\r\n"),
        "\ufeff \n" + json.dumps(DOCUMENTS, ensure_ascii=False) + "\n\n",
        "[\n" + ",\n".join(map(json.dumps, DOCUMENTS)) + "\n]",
        "\n".join(json.dumps(each, indent=4) for each in DOCUMENTS),
        "\n".join(map(json.dumps, DOCUMENTS)),
    ],
)  # fmt: skip
@pytest.mark.parametrize("ending", ["json", "jsonl.gz"])
def test_one_array_and_documents_over_several_lines(landing, folder, text, ending):
    content = text.encode()
    (folder / f"a.{ending}").write_bytes(gzip.compress(content) if ending.endswith("gz") else content)
    declare(landing, f"{{key: [id], path: '*.{ending}'}}")
    landing.one()
    assert landing.rows("select id, _line, _error from raw_drops.t order by _line") == LANDED
    wanted = [{k: v.replace("\0", "\\u0000") if k == "t" else v for k, v in each.items()} for each in DOCUMENTS]
    assert [row[0] for row in landing.rows("select document from raw_drops.t order by _line")] == wanted
    landing.proven()


def test_a_single_document_over_several_lines(landing, folder):
    (folder / "a.json").write_text(json.dumps(DOCUMENTS[0], indent=2))
    declare(landing, "{key: [id], path: '*.json'}")
    landing.one()
    assert landing.rows("select id, document from raw_drops.t") == [("1", DOCUMENTS[0])]
    (folder / "a.json").write_text("[]")
    assert landing.one().tables[0].deleted == 1
    landing.proven()


def test_elements_of_an_array_that_can_not_be_read_are_kept(landing, folder):
    long = '{"id": 4, "t": "' + "x" * 1_100_000 + '"}'
    (folder / "a.json").write_text(
        f'[{{"id": 1}}, 7, "t,]", {{"id": nul}},\n{long}, {{"id": 5}}, null, {{"id": 1, "n": 2}}]'
    )
    declare(landing, "{key: [id], path: '*.json', format: {type: json, largest_line_mb: 1}}")
    landing.one()
    assert landing.rows("select id, _line, left(_text, 9), _error from raw_drops.t where _line not in (1, 6, 8) "
                        "order by _line") == [
        (None, 2, "7", "not a JSON object"), (None, 3, '"t,]"', "not a JSON object"),
        (None, 4, '{"id": nu', "not valid JSON"),
        (None, 5, '{"id": 4,', LONG),
        (None, 7, "null", "not a JSON object"),
    ]  # fmt: skip
    assert landing.rows("select _line from raw_drops.t where _error ~ 'other content' order by 1") == [(1,), (8,)]
    landing.balanced()
    landing.proven()


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ('[{"id": 1}, {"id": 2}', "a.json ends before its array does: replace it when it is complete, or move it away"),
        ('[{"id": 1}, {"id": "2', "a.json ends before its array does"),
        ('{\n"id": 1,\n"l": [\n', "a.json ends before its last document does"),
        ('[{"id": 1}]\n[{"id": 2}]\n', "a.json: none of its lines can be read (2; line 1: not a JSON object)"),
        ('[\n{"id": 1}]\n{"id": 2}\n', "a.json goes on after its array"),
        ('{"id": 1\n', "a.json: none of its lines can be read (1; line 1: not valid JSON): see that `format` is"),
        ("id,v\n" * 5000, "a.json: none of its lines can be read (5,000; line 1: not valid JSON): see that"),
        ("<html>\n<body>\n", "a.json: none of its lines can be read (2; line 1: not valid JSON)"),
    ],
)
def test_what_is_no_json_is_one_fault(landing, folder, text, says):
    (folder / "a.json").write_text(text)
    declare(landing, "{key: [id], path: '*.json'}")
    assert refused(landing).startswith(says)
    assert landing.rows("select count(*) from ops.landings") == [(0,)]


def test_a_csv_of_which_no_line_can_be_read_is_one_fault_whenever_it_comes(landing, folder):
    (folder / "a.csv").write_text("id,v\n1,a\n")
    declare(landing, "{key: [id], path: '*.csv'}")
    landing.one()
    (folder / "a.csv").write_text("id,v\n" + "1;a\n" * 3000)
    said = "a.csv: none of its lines can be read (3,000; line 2: wrong column count: 1 instead of 2)"
    assert refused(landing).startswith(said)
    (folder / "b.csv").write_text("id,v\n1;a\n")
    (folder / "a.csv").write_text("id,v\n")
    assert refused(landing).startswith("b.csv: none of its lines can be read (1; line 2")
    (folder / "b.csv").unlink()
    assert landing.one().tables[0].deleted == 1
    landing.proven()


def test_a_broken_first_line_does_not_make_documents_of_lines(landing, folder):
    (folder / "a.jsonl").write_text('{"id": 1, "t": "tr\n{"id": 2}\n{"id": 3}\n')
    declare(landing, "{key: [id], path: '*.jsonl'}")
    landing.one()
    assert landing.rows("select id, _error from raw_drops.t order by _line") == [
        (None, "not valid JSON"), ("2", None), ("3", None),
    ]  # fmt: skip


@pytest.mark.parametrize("size", [1, 2, 3, 5, 8, 1000])
def test_documents_are_parted_alike_wherever_a_block_ends(monkeypatch, size):
    monkeypatch.setattr(json_values, "LARGE", size)
    for text in (json.dumps(DOCUMENTS), "\n".join(json.dumps(each, indent=2) for each in DOCUMENTS)):
        stream = io.BytesIO(text.encode())
        shape = json_values.shape(stream)
        found = [json.loads(whole) for whole in json_values.Values(stream, 10_000, "a", shape == "array")]
        assert found == DOCUMENTS
