"""The small server of the portal: who gets in, what is served, and what is not."""

import os
import stat
import threading
from base64 import b64encode
from collections.abc import Iterator
from http.client import HTTPConnection, HTTPResponse
from pathlib import Path

import pytest

from cli.pages import Pages, open_server, password
from weir.core.errors import WeirError

WORD = 'a "password" with ü and :'
LOGIN = {"Authorization": "Basic " + b64encode(f"weir:{WORD}".encode()).decode()}


@pytest.fixture
def served(home: Path) -> Iterator[Pages]:
    """The server over a home with a portal and dbt's docs, and nothing of the gates."""
    for name in ("portal", "target/prod-docs"):
        (home / name).mkdir(parents=True)
        (home / name / "index.html").write_text(f"this is {name}")
    (home / ".env").write_text("A_SECRET=1")
    (home / "portal" / ".hidden").write_text("hidden")
    (home / "portal" / "folder").mkdir()
    with open_server(0, WORD) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.shutdown()


def ask(server: Pages, path: str, login: bool = True, method: str = "GET", **heads: str) -> HTTPResponse:
    connection = HTTPConnection("127.0.0.1", server.server_port, timeout=10)
    connection.request(method, path, headers=(LOGIN if login else {}) | heads)
    return connection.getresponse()


def test_each_page_has_its_place(served: Pages) -> None:
    assert ask(served, "/").read() == b"this is portal"
    assert ask(served, "/index.html?x=1").read() == b"this is portal"
    assert ask(served, "/dbt/").read() == b"this is target/prod-docs"
    assert ask(served, "/dbt").status == 301
    answer = ask(served, "/", method="HEAD")
    assert (answer.status, answer.read()) == (200, b"") and answer.headers["Cache-Control"] == "no-cache"


def test_figures_ask_for_the_password_and_models_do_not(served: Pages) -> None:
    for path in (
        "/",
        "/index.html",
        "/data_docs/",
        "/nothing",
        "/dbt/../index.html",
        "/dbt/..%2findex.html",
        "//index.html",
    ):
        answer = ask(served, path, login=False)
        assert answer.status == 401 and answer.headers["WWW-Authenticate"].startswith("Basic"), path
        assert b"this is portal" not in answer.read()
    assert ask(served, "/dbt/", login=False).status == 200
    for wrong in (
        "Basic",
        "Basic %%%",
        "Bearer x",
        "Basic " + b64encode(b"weir:").decode(),
        "Basic " + "A" * 5000,
        "Basic ü",
    ):
        heads = {"Authorization": wrong.encode("utf-8").decode("latin-1")}
        assert ask(served, "/", login=False, **heads).status == 401, wrong


def test_nothing_beside_the_places_is_served(served: Pages) -> None:
    for path in ("/.env", "/../.env", "/%2e%2e/.env", "/..%2f.env", "/dbt/../../.env", "/dbt/%2e%2e/%2e%2e/.env",
                 "/.hidden", "/folder/", "/folder", "/data_docs/../../.env", "/a%00b",
                 "/portal/index.html"):  # fmt: skip
        connection = HTTPConnection("127.0.0.1", served.server_port, timeout=10)
        connection.putrequest("GET", path)
        for name, value in LOGIN.items():
            connection.putheader(name, value)
        connection.endheaders()
        answer = connection.getresponse()
        assert answer.status in {301, 404}, path
        assert b"A_SECRET" not in answer.read()


def test_a_page_that_is_not_made_yet_says_so(served: Pages) -> None:
    answer = ask(served, "/data_docs/index.html")
    assert answer.status == 503 and b"not made yet" in answer.read()


def test_a_page_of_another_name_that_leads_here_gets_nothing(served: Pages) -> None:
    assert ask(served, "/dbt/", Host="evil.example").status == 403
    assert ask(served, "/", Host="localhost:1").status == 200


def test_a_port_that_is_taken_is_one_line(served: Pages) -> None:
    with pytest.raises(WeirError, match=r"another program may listen there; .* weir docs --port"):
        open_server(served.server_port, WORD)


def test_the_password_is_made_once_and_kept_for_its_owner(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("WEIR_PORTAL_PASSWORD", raising=False)
    home.mkdir()
    made = password()
    assert len(made) > 20 and password() == made
    assert stat.S_IMODE((home / ".env").stat().st_mode) == 0o600
    del os.environ["WEIR_PORTAL_PASSWORD"]
    assert password() == made
