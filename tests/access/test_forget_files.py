"""Files of Weir lose a person's values in place; sources that lie in WEIR_HOME are not Weir's to change."""

import json
import sqlite3
from pathlib import Path

import pytest

from weir.access.forget import files
from weir.access.forget.sweep import Search
from weir.project.erasure import Values


@pytest.fixture
def search() -> Search:
    return Search(["ann@x.io", "ännë lee-fox"], Values(b"s", frozenset()))


def test_logs_pages_and_databases(home: Path, search: Search) -> None:
    for name in ("logs", "target/prod", "prefect", "demo", "drops", "other"):
        (home / name).mkdir(parents=True)
    log = home / "logs" / "weir.log"
    log.write_text("a\n" * 10)
    opened = log.open("a")  # as a server that goes on writing
    opened.write("mail to Ann@X.io failed\n")
    opened.flush()
    log.chmod(0o640)
    big = home / "logs" / "big.log"
    big.write_bytes(b"x" * (files.BLOCK - 4) + b"ann@x.io" + b"y" * files.BLOCK + b"ann@x.io")
    page = home / "logs" / "page.json"
    page.write_text(json.dumps({"who": "ännë lee-fox", "n": 1}))
    (home / "target/prod/partial_parse.msgpack").write_bytes(b"\0\1ann@x.io")
    (home / "other/image.bin").write_bytes(b"\0\1ann@x.io")
    (home / "demo/people.csv").write_text("ann@x.io")
    (home / "drops/people.csv").write_text("ann@x.io")
    database = home / "prefect" / "prefect.db"
    with sqlite3.connect(database) as connection:
        connection.execute("create table log (message text, n int)")
        connection.execute("insert into log values ('row of <ANN@x.io>', 1), ('fine', 2), (null, 3)")
    sources = [f"file://{home / 'drops'}", "postgresql://elsewhere/app"]

    found = files.clean(search, sources, dry=True)
    assert sorted(found.changed) == ["logs/big.log", "logs/page.json", "logs/weir.log", "prefect/prefect.db"]
    assert "Ann@X.io" in log.read_text(), "a dry run changes nothing"
    found = files.clean(search, sources)
    assert (found.removed, found.left) == (["target/prod/partial_parse.msgpack"], ["other/image.bin"])
    opened.write("goes on\n")
    opened.close()
    assert log.read_text() == "a\n" * 10 + "mail to [erased] failed\ngoes on\n"
    assert log.stat().st_mode & 0o777 == 0o640
    assert b"ann@" not in big.read_bytes() and big.stat().st_size == 2 * files.BLOCK + 12
    assert json.loads(page.read_text())["who"].strip() == "[erased]"
    assert (home / "drops/people.csv").read_text() == (home / "demo/people.csv").read_text() == "ann@x.io"
    with sqlite3.connect(database) as connection:
        assert connection.execute("select message from log order by n").fetchall() == [
            ("row of <[erased]>",), ("fine",), (None,)
        ]  # fmt: skip
    assert b"ann@" not in database.read_bytes().lower()
    assert files.clean(search, sources).changed == []


def test_the_list_is_private(home: Path) -> None:
    home.mkdir()
    path = files.note({"table": "app.users", "key_hash": "ab"})
    files.note({"table": "app.users", "key_hash": "cd"})
    assert path.stat().st_mode & 0o777 == 0o600
    assert [entry["key_hash"] for entry in files.noted()] == ["ab", "cd"]
