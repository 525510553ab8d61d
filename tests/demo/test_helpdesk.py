"""The helpdesk's server: token, pages, filter, bad moments, start and stop."""

import os
import subprocess
import sys
import threading
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from demo.systems import helpdesk, support
from tests.support.demo import truth
from weir.core.errors import WeirError
from weir.core.settings import ROOT


def ticket(number: int) -> dict[str, object]:
    moment = f"2025-01-{1 + number % 28:02d}T00:00:00Z"
    return {"id": number, "updated_at": moment, "created_at": moment, "solved_at": None}


@pytest.fixture
def desk(home: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A server with 450 tickets and one rating."""
    for name in ("HELPDESK_URL", "HELPDESK_TOKEN"):
        monkeypatch.setenv(name, "")
    connection = support.connect()
    support.put(connection, "tickets", (ticket(number) for number in range(1, 451)))
    support.put(connection, "satisfaction_ratings", iter([ticket(1)]))
    connection.commit()
    connection.close()
    yield helpdesk.ensure()
    helpdesk.stop()


def test_pages_hold_every_ticket_once(desk: str) -> None:
    found = [row["id"] for row in truth.read_helpdesk()["tickets"]]
    assert sorted(found) == list(range(1, 451))
    body, _ = truth.get("/tickets?per_page=7&page=3")
    assert len(body["tickets"]) == 7 and body["count"] == 450 and "page=4" in body["next_page"]
    assert truth.get("/tickets?page=99")[0] == {"tickets": [], "next_page": None, "count": 450}
    assert truth.get("/satisfaction_ratings")[0]["next_page"] is None


def test_filter_by_time_of_update(desk: str) -> None:
    since = "2025-01-20T00:00:00Z"
    expected = {number for number in range(1, 451) if str(ticket(number)["updated_at"]) >= since}
    assert {row["id"] for row in truth.read_helpdesk(since)["tickets"]} == expected
    assert truth.get("/tickets?updated_since=2025-01-20T00%3A00%3A00.000000%2B00%3A00")[0]["count"] == len(expected)


def test_bad_moments_pass(desk: str) -> None:
    """The second page asks for patience, the third fails, each once; and again the next time."""
    for _ in range(2):
        assert [truth.get(f"/tickets?page={page}")[1] for page in (1, 2, 3, 4)] == [
            [200],
            [429, 200],
            [500, 200],
            [200],
        ]


def test_many_at_once_get_through(desk: str) -> None:
    """Whoever tries a few times gets through, also when others ask for the same."""
    failed: list[int] = []

    def read() -> None:
        for page in (1, 2, 3, 4, 5):
            body, statuses = truth.get(f"/tickets?page={page}&per_page=90", tries=6)
            failed.extend(statuses if body is None or "tickets" not in body else [])

    threads = [threading.Thread(target=read) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failed


@pytest.mark.parametrize(
    ("path", "token", "status"),
    [("/tickets", "wrong", 401), ("/tickets?page=x", None, 400), ("/tickets?page=0", None, 400),
     ("/nothing", None, 404), ("/tickets?per_page=101", None, 400), ("/health", "wrong", 401)],
)  # fmt: skip
def test_refusals(desk: str, path: str, token: str | None, status: int) -> None:
    body, statuses = truth.get(path, token)
    assert statuses == [status] and body["error"]


def test_ensure_is_safe_to_repeat_and_outlives_a_kill(desk: str, monkeypatch: pytest.MonkeyPatch) -> None:
    first = helpdesk.status()
    assert helpdesk.ensure() == desk and helpdesk.status()["pid"] == first["pid"]
    os.kill(first["pid"], 9)
    os.waitpid(first["pid"], 0)
    assert not helpdesk.status()["up"]
    assert helpdesk.ensure() == desk and helpdesk.status()["pid"] != first["pid"]
    # a process that knows the address from .env only finds the same server
    environment = {name: value for name, value in os.environ.items() if not name.startswith("HELPDESK_")}
    said = subprocess.run(
        [sys.executable, "-m", "demo", "helpdesk", "status"], cwd=ROOT, env=environment, capture_output=True, text=True
    )
    assert desk in said.stdout and said.returncode == 0
    monkeypatch.setenv("HELPDESK_TOKEN", "another-token")
    helpdesk.ensure()
    assert truth.get("/tickets", "another-token")[1] == [200]


def test_a_port_that_is_taken(desk: str, monkeypatch: pytest.MonkeyPatch) -> None:
    from http.server import BaseHTTPRequestHandler, HTTPServer

    with HTTPServer(("127.0.0.1", 0), BaseHTTPRequestHandler) as other:
        threading.Thread(target=other.serve_forever, daemon=True).start()
        taken = f"http://127.0.0.1:{other.server_port}"
        monkeypatch.setenv("HELPDESK_URL", taken)
        assert helpdesk.ensure() != taken
        assert truth.get("/tickets")[1] == [200]
        other.shutdown()


def test_stop(desk: str) -> None:
    assert helpdesk.stop() is True and helpdesk.stop() is False
    assert not helpdesk.status()["up"]
    with pytest.raises(OSError):
        urllib.request.build_opener(urllib.request.ProxyHandler({})).open(f"{desk}/health", timeout=2)


def test_an_address_of_somebody_else(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    support.connect().close()
    monkeypatch.setenv("HELPDESK_URL", "https://helpdesk.example.com/api")
    with pytest.raises(WeirError, match="HELPDESK_URL"):
        helpdesk.ensure()


def test_no_data(home: Path) -> None:
    with pytest.raises(WeirError, match="python -m demo make"):
        helpdesk.ensure()
