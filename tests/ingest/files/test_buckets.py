"""Files in buckets: the same as in a folder, against real servers that speak S3's and Azure's protocols."""

import gzip
import logging
import os

import psycopg
import pyarrow
import pyarrow.parquet
import pytest

from tests.servers import buckets
from tests.support.landing import table

pytestmark = pytest.mark.slow

SOURCES = """
    sources:
      - name: drops
        schema: raw_drops
        config: {meta: {connection: DROPS_URL}}
        tables:
          - {name: answers, config: {meta: {path: 'answers/*.csv', key: [id]}}}
          - {name: touches, config: {meta: {path: '**/*.parquet', key: [id]}}}
          - {name: events, config: {meta: {path: 'events/*.jsonl.gz', key: [_id]}}}
"""
EVENTS = b'{"_id": 1, "a": [1, null]}\n{"_id": 2, "a": "\xc3\xa9"}\nno json\n'
CSV = b'id,text\n1,"a\nb"\n2,\n3\n'


def parquet(rows: int) -> bytes:
    sink = pyarrow.BufferOutputStream()
    pyarrow.parquet.write_table(pyarrow.table({"id": range(rows), "x": [f"{n}é" for n in range(rows)]}), sink)
    return sink.getvalue().to_pybytes()


FILES = {
    "answers/a.csv": CSV, "answers/b c+ü.csv": b"id,text\n9,z\n", "deep/er/t.parquet": parquet(1000),
    "events/e.jsonl.gz": gzip.compress(EVENTS), "other/ignored.txt": b"x",
}  # fmt: skip
logging.getLogger("werkzeug").setLevel(logging.ERROR)  # moto's requests would bury what failed
CLOUDS = {"s3": buckets.s3, "az": buckets.azure}


class Bucket:
    def __init__(self, scheme: str) -> None:
        from obstore.store import from_url

        self.store, self.url = from_url(f"{scheme}://drops"), f"{scheme}://drops/in"

    def put(self, name: str, data: bytes) -> None:
        self.store.put(f"in/{name}", data)


@pytest.fixture(scope="module", params=["s3", pytest.param("az", marks=pytest.mark.slow)])
def cloud(request):
    with CLOUDS[request.param]("drops") as environment:
        yield request.param, environment


@pytest.fixture
def bucket(cloud, landing, monkeypatch):
    scheme, environment = cloud
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    made = Bucket(scheme)
    for old in made.store.list().collect():
        made.store.delete(old["path"])
    for name, data in FILES.items():
        made.put(name, data)
    monkeypatch.setenv("DROPS_URL", made.url)
    landing.declare(SOURCES)
    return made


def contents(landing) -> list[object]:
    columns = {"answers": "id, text", "touches": "id, x", "events": "document::text, _text"}
    return [
        landing.rows(f"select {columns[name]}, _file, _line, _error, _escaped, _op from raw_drops.{name} order by _seq")
        for name in columns
    ]


def test_a_bucket_lands_as_a_folder_does(landing, bucket, tmp_path, monkeypatch):
    landing.one()
    found = contents(landing)
    landing.proven()
    landing.balanced()
    for name, data in FILES.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(data)
    with psycopg.connect(landing.warehouse) as connection:
        connection.execute("drop schema raw_drops cascade")
    monkeypatch.setenv("DROPS_URL", f"file://{tmp_path}")
    landing.one()
    assert found == contents(landing) and [len(rows) for rows in found] == [4, 1000, 3]


def test_what_is_unchanged_is_not_read_and_what_changed_is(landing, bucket):
    landing.one()
    again = landing.one()
    assert [(event.how, event.extracted, event.bytes) for event in again.tables] == [("nothing new", 0, 0)] * 3
    bucket.put("answers/a.csv", CSV.replace(b"2,\n", b"2,new\n"))
    bucket.put("events/f.jsonl.gz", gzip.compress(b'{"_id": 3}\n'))
    bucket.store.delete("in/deep/er/t.parquet")
    result = landing.one()
    assert table(result, "answers").landed == 1 and table(result, "events").landed == 1
    assert table(result, "touches").deleted == 1000
    assert landing.rows("select text from raw_drops.answers where id = '2' order by _seq desc limit 1") == [("new",)]
    landing.proven()


def test_a_file_that_is_half_written_waits(landing, bucket):
    whole = gzip.compress(EVENTS * 1000)
    bucket.put("events/z.jsonl.gz", whole[: len(whole) // 2])
    (result,) = landing.land().values()
    assert result.state == "failed" and "z.jsonl.gz" in result.message and "complete" in result.message
    assert table(result, "answers").state == "done"
    assert landing.rows("select to_regclass('raw_drops.events')::text") == [(None,)]
    bucket.put("events/z.jsonl.gz", whole)
    assert table(landing.one(), "events").landed == 3003


def refused(landing) -> str:
    (result,) = landing.land().values()
    assert result.state == "failed" and "\n" not in result.message
    for secret in ("AWS_SECRET_ACCESS_KEY", "AZURE_STORAGE_ACCOUNT_KEY"):
        assert os.environ.get(secret, "-") not in result.message.replace("-", "")
    return result.message


def test_no_such_bucket(landing, bucket, monkeypatch):
    monkeypatch.setenv("DROPS_URL", bucket.url.replace("drops", "dropz"))
    assert "there is no bucket dropz: mend DROPS_URL" in refused(landing)


def test_a_server_that_is_down(landing, bucket, monkeypatch):
    for name in ("AWS_ENDPOINT_URL", "AZURE_STORAGE_ENDPOINT"):
        monkeypatch.setenv(name, "http://127.0.0.1:9/weirtest")
    assert "can't be reached" in refused(landing)


def test_a_wrong_account(cloud, landing, bucket, monkeypatch):
    scheme, environment = cloud
    if scheme == "s3":
        buckets.ask_for_accounts(environment["AWS_ENDPOINT_URL"])  # the last test of this server
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "wrong-secret-of-tests")
    monkeypatch.setenv("AZURE_STORAGE_ACCOUNT_KEY", "d3Jvbmcgc2VjcmV0IG9mIHRlc3Rz")
    assert "refuses the account" in refused(landing)
