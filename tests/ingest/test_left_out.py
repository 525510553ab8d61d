"""What a table leaves out, by patterns of `exclude` and by `only_columns`: the same for every kind of source."""

import json
import os
import sqlite3

import pytest

from tests.servers import mariadb, mongodb
from tests.servers.api import api

DECLARED = """
    sources:
      - name: shop
        schema: raw_shop
        config: {{meta: {{connection: SHOP_URL}}}}
        tables:
          - name: users
            config: {{meta: {{key: [{key}], {more}}}}}
            columns: [{columns}]
"""
EXCLUDE = "exclude: ['*_hash', 'tok?n']"
CREATE = "create table users (id int primary key, name text, password_hash text, token text, note text)"
INSERT = "insert into users values (1, 'Ann', 'h1', 't1', 'n1'), (2, 'Bob', 'h2', 't2', 'n2')"
ROWS = [("1", "Ann", "h1", "t1", "n1"), ("2", "Bob", "h2", "t2", "n2")]


def _postgres(request, tmp_path):
    request.getfixturevalue("app").execute(f"{CREATE}; {INSERT}")
    return os.environ["APP_URL"]


def _sqlite(request, tmp_path):
    with sqlite3.connect(tmp_path / "shop.db") as connection:
        connection.execute(CREATE)
        connection.execute(INSERT)
    return f"sqlite:///{tmp_path}/shop.db"


def _mysql(request, tmp_path):
    server = mariadb.shared()
    url = server.database("shop")
    with server.connect("shop") as connection, connection.cursor() as cursor:
        cursor.execute(CREATE)
        cursor.execute(INSERT)
    return url


def _files(ending):
    def made(request, tmp_path):
        folder = tmp_path / "drops"
        folder.mkdir()
        names = ["id", "name", "password_hash", "token", "note"]
        if ending == "csv":
            (folder / "users.csv").write_text("\n".join(map(",".join, [names, *ROWS])) + "\n")
        elif ending == "xlsx":
            import openpyxl

            book = openpyxl.Workbook()
            for row in [names, *ROWS]:
                book.active.append(row)
            book.save(folder / "users.xlsx")
        else:
            import pyarrow as pa
            import pyarrow.parquet as pq

            pq.write_table(pa.table(dict(zip(names, zip(*ROWS, strict=True), strict=True))), folder / "users.parquet")
        return f"file://{folder}"

    return made


TABLES = {"postgres": _postgres, "sqlite": _sqlite, "mysql": _mysql, "csv": _files("csv"), "xlsx": _files("xlsx"),
          "parquet": _files("parquet")}  # fmt: skip


@pytest.mark.parametrize("kind", [pytest.param(k, marks=[pytest.mark.slow] * (k == "mysql")) for k in TABLES])
def test_columns_of_a_table(landing, request, tmp_path, monkeypatch, kind):
    url = TABLES[kind](request, tmp_path)
    monkeypatch.setenv("SHOP_URL", url)
    path = ", path: 'users.*'" if url.startswith("file") else ""

    def columns(more, listed=""):
        landing.declare(DECLARED.format(key="id", more=more + path, columns=listed))
        event = landing.one().tables[0]
        landing.proven()
        names = "select attname from pg_attribute where attrelid = 'raw_shop.users'::regclass and attnum > 0"
        found = landing.rows(f"{names} and not attisdropped and left(attname, 1) <> '_' order by attnum")
        return [name for (name,) in found], event.landed

    assert columns("only_columns: true", "{name: note}, {name: _file}") == (["id", "note"], 2)
    assert columns(EXCLUDE)[0] == ["id", "note", "name"]
    assert columns("exclude: ['p*']")[0] == ["id", "note", "name", "token"]
    # the columns under `columns:` alone are documentation
    assert columns("exclude: []", "{name: note}")[0] == ["id", "note", "name", "token", "password_hash"]
    found = landing.live("raw_shop.users", "id", "id::text, name, password_hash, token, note")
    assert found == ROWS
    landing.declare(DECLARED.format(key="id", more="exclude: ['i?']" + path, columns=""))
    (result,) = landing.land().values()
    assert "key names column 'id', which is excluded: keep it, or declare another key" in result.message


DOCUMENTS = [
    {"id": n, "name": "Ann", "password_hash": "h", "price": 1.10, "big": 12345678901234567890123, "at": None,
     "logins": [{"ip": "::1", "session_hash": "h"}, 5], "user": {"api_hash": "h", "mail": "a@b", "age": 40}}
    for n in (1, 2)
]  # fmt: skip


def _jsonl(request, tmp_path):
    (tmp_path / "drops").mkdir()
    lines = [json.dumps(document).replace("1.1,", "1.10,") for document in DOCUMENTS]
    (tmp_path / "drops" / "users.jsonl").write_text("\n".join([*lines, "no document", ""]))
    return f"file://{tmp_path}/drops"


def _rest(request, tmp_path):
    body = json.dumps({"items": DOCUMENTS}).replace("1.1,", "1.10,").encode()
    server = request.getfixturevalue("listing")
    server.body = body
    return server.url


@pytest.fixture
def listing():
    with api(lambda server, path, query: (200, {}, server.body)) as server:
        yield server


def _mongodb(request, tmp_path):
    url, database = mongodb.shared().database("shop")
    for document in DOCUMENTS:
        kept = {name: value for name, value in document.items() if name not in ("id", "big")}
        database.users.insert_one({"_id": document["id"], "nan": float("nan"), **kept})
    database.users.insert_one({"_id": 3, "name": "Cid", "password_hash": "h", "user": {"api_hash": "h"}})
    return url


STORES = {"jsonl": _jsonl, "rest": _rest, "mongodb": _mongodb}


@pytest.mark.parametrize("kind", [pytest.param(k, marks=[pytest.mark.slow] * (k == "mongodb")) for k in STORES])
def test_fields_of_a_document(landing, request, tmp_path, monkeypatch, kind):
    monkeypatch.setenv("SHOP_URL", STORES[kind](request, tmp_path))
    key = "_id" if kind == "mongodb" else "id"
    path = {"jsonl": ", path: '*.jsonl'", "rest": ", endpoint: {path: users, data_selector: items}"}.get(kind, "")

    def document(more, listed=""):
        landing.declare(DECLARED.format(key=key, more=more + path, columns=listed))
        landing.one()
        landing.proven()
        return landing.live("raw_shop.users", key, "document::text")[0][0]

    text = document("exclude: ['*_hash', user.mail]")
    found = json.loads(text)
    whole = {name: value for name, value in DOCUMENTS[0].items() if name != "password_hash"}
    whole |= {"logins": [{"ip": "::1"}, 5], "user": {"age": 40}}
    if kind == "mongodb":
        whole = {"_id": 1, "nan": {"$numberDouble": "NaN"}} | {k: v for k, v in whole.items() if k not in ("id", "big")}
    else:
        assert '"price": 1.10' in text and "12345678901234567890123" in text  # as written
    assert found == whole
    listed = "{name: document.user.age}, {name: document.logins}, {name: document.user.mail.x}"
    assert json.loads(document("only_columns: true, exclude: ['*_hash']", listed)) == {
        key: 1, "logins": [{"ip": "::1"}, 5], "user": {"age": 40},
    }  # fmt: skip
    assert json.loads(document("only_columns: true", "{name: document}"))["password_hash"] == "h"
    landing.declare(DECLARED.format(key=key, more="exclude: ['*id']" + path, columns=""))
    (result,) = landing.land().values()
    assert f"exclude names '{key}', which is the key or the cursor" in result.message
