"""Databases of other encodings: what is text lands as text, what is none is made visible and flagged."""

import os

import psycopg
import pytest

from ingest.raw.copy_text import visible
from tests.support.landing import APP


@pytest.fixture
def encoded(landing, database, monkeypatch):
    """A function that makes a database of the encoding, which APP_URL names, and a connection that sends bytes."""

    def make(encoding):
        url = database()
        name = url.rsplit("/", 1)[1] + "_e"
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute(
                f"create database {name} encoding '{encoding}' locale_provider libc locale 'C' template template0"
            )
        monkeypatch.setenv("APP_URL", f"{url}_e")
        landing.declare(APP)
        return psycopg.connect(f"{url}_e", autocommit=True, client_encoding="SQL_ASCII")

    return make


TEXTS = [b"plain", b"caf\xc3\xa9", b"caf\xe9 \xff", b"tab\there\nand \\ there", b"", b"cut \xe2\x82",
         b"\xf0\x9f\x98\x80", b"\xed\xa0\x80", b"\xc0\xaf", b"\xf5\x80\x80\x80", b"\\xe9", b"\xe9" * 3000]  # fmt: skip


def test_bytes_that_are_no_text_are_shown_and_flagged(landing, encoded):
    app = encoded("SQL_ASCII")
    app.execute(b"create type mood as enum ('ok', 'caf\xe9')")
    app.execute("create table users (id int primary key, t text, v varchar(20), c char(3), m mood, n int, b bytea)")
    for number, text in enumerate(TEXTS):
        shown = text.replace(b"\\", b"\\\\").replace(b"'", b"''")
        app.execute(b"insert into users values (%d, E'%s', 'v', 'a', 'ok', 1, '\\xff')" % (number, shown))
    app.execute(
        b"insert into users values (100, null, null, null, null, null, null), (101, 'a', 'b', 'c', 'caf\xe9', 1, '')"
    )
    assert landing.one().tables[0].landed == len(TEXTS) + 2
    rows = landing.live("raw_app.users", "id", "id, t, _escaped")
    for number, text in enumerate(TEXTS):
        word = text.decode("utf-8", "surrogateescape")
        flag = None if text == word.encode("utf-8", "replace") else True
        assert rows[number] == (number, visible(word), flag)
    assert rows[-2] == (100, None, None) and rows[-1] == (101, "a", True)
    assert landing.rows("select m, v, c, n, b from raw_app.users where id = 101") == [("caf\\xe9", "b", "c  ", 1, b"")]
    app.execute(b"update users set t = 'mended \xc3\xa9' where id = 2")
    app.execute("delete from users where id = 5")
    event = landing.one().tables[0]
    assert (event.landed, event.deleted, event.how) == (2, 1, "row versions")
    assert landing.one(full=True).tables[0].landed == 0
    landing.balanced()
    landing.proven()


def test_keys_of_any_bytes(landing, encoded):
    app = encoded("SQL_ASCII")
    app.execute("create table users (id text primary key)")
    app.execute(b"insert into users values ('a'), ('\xe9'), ('\xc3\xa9')")
    assert landing.one().tables[0].landed == 3
    app.execute(b"delete from users where id = '\xe9'")
    assert landing.one().tables[0].deleted == 1
    landing.proven()
    app.execute(b"insert into users values ('\xe8'), (E'\\\\xe8')")  # shown alike
    (result,) = landing.land(full=True).values()
    assert result.state == "failed" and "id" in result.message


@pytest.mark.parametrize("encoding", ["LATIN1", "WIN1252", "EUC_JP"])
def test_other_encodings_are_converted_by_the_source(landing, encoded, encoding):
    app = encoded(encoding)
    app.execute("set client_encoding to UTF8")
    app.execute("create table users (id int primary key, t text)")
    word = "日本" if encoding == "EUC_JP" else "café"
    app.execute(b"insert into users values (1, '%s')" % word.encode())
    landing.one()
    assert landing.rows("select t from raw_app.users") == [(word,)]
    landing.proven()
    if encoding == "WIN1252":  # a byte of which that encoding makes no character
        app.execute("set client_encoding to WIN1252")
        app.execute(b"insert into users values (2, '\x81')")
        (result,) = landing.land().values()
        assert "holds bytes that are no text in its database's encoding: mend them at the source" in result.message
        assert os.environ["APP_URL"] not in result.message


def test_documents_of_any_bytes_are_refused_by_name(landing, encoded):
    app = encoded("SQL_ASCII")
    app.execute("create table users (id int primary key, j jsonb)")
    app.execute(b"""insert into users values (1, '{"a": "caf\xc3\xa9"}')""")
    landing.one()
    assert landing.rows("select j ->> 'a' from raw_app.users") == [("café",)]
    app.execute(b"""insert into users values (2, '{"a": "caf\xe9"}')""")
    (result,) = landing.land().values()
    assert "holds bytes that are no text in its database's encoding: mend them at the source" in result.message
