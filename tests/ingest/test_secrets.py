"""What a source's settings take from the environment is a secret, whatever its name, wherever a fault would tell it."""

import json
import os
from pathlib import Path
from urllib.parse import quote, quote_plus

import pytest

from weir.core.secrets import hide, redact

DESK = """
    sources:
      - name: desk
        schema: raw_desk
        config:
          meta:
            connection: THE_DESK
            client: {headers: {X-Vendor: "${VENDOR_KEY}"}}
        tables:
          - {name: tickets, config: {meta: {key: [id], endpoint: {path: tickets}}}}
"""


@pytest.mark.parametrize(
    ("key", "says"),
    [
        (" vnd-5ecret", "VENDOR_KEY can't be sent in a header"),
        ("vnd-5ecret\nX: y", "VENDOR_KEY can't be sent in a header"),
        ("vnd-5ecret\t'\"é", "can't be reached"),
        ("vnd-5ecret\x01", "can't be reached"),
    ],
)
def test_a_key_that_is_no_header_is_told_nowhere(landing, monkeypatch, key, says):
    monkeypatch.setenv("THE_DESK", "http://127.0.0.1:9/")
    monkeypatch.setenv("VENDOR_KEY", key)
    landing.declare(DESK)
    result = landing.land()["desk"]
    assert result.state == "failed" and says in result.message
    assert "5ecret" not in result.message, result.message
    assert not any("5ecret" in event.message for event in landing.events)
    home = Path(os.environ["WEIR_HOME"])
    held = [path for path in home.rglob("*") if path.is_file() and b"5ecret" in path.read_bytes()]
    assert held == []
    assert not any("5ecret" in str(row) for row in landing.rows("select * from ops.landings"))


def test_a_key_that_the_server_repeats_is_not_told(landing, monkeypatch):
    monkeypatch.setenv("THE_DESK", "http://127.0.0.1:9/vnd-5ecret/")
    monkeypatch.setenv("VENDOR_KEY", "vnd-5ecret")
    landing.declare(DESK)
    assert "5ecret" not in landing.land()["desk"].message


def test_what_a_library_repeats_of_it_is_not_told(monkeypatch):
    hide("VENDOR_KEY")
    key = " vnd-5ecret\n'\"é"
    monkeypatch.setenv("VENDOR_KEY", key)
    for told in (key, repr(key), json.dumps(key), repr(key.encode()), quote(key), quote_plus(key), key.strip()):
        assert "5ecret" not in redact(f"Invalid header value: {told}"), told


@pytest.mark.parametrize(
    ("url", "secret"),
    [
        ("postgresql://u:hunter22@h/db", "hunter22"),
        ("postgresql://h/db?user=u&password=hunter22", "hunter22"),
        ("az://box/folder?sig=abc%2Fdef", "abc/def"),
        ("dbname=x user=u password=hunter22", "hunter22"),
    ],
)
def test_an_address_by_any_name_keeps_its_password(landing, monkeypatch, url, secret):
    monkeypatch.setenv("THE_PLACE", url)
    landing.declare(DESK.replace("THE_DESK", "THE_PLACE"))
    monkeypatch.setenv("VENDOR_KEY", "x-y-z")
    landing.land()
    assert redact(f"{secret} is wrong at {url}").count(secret) == 0


def test_the_host_of_an_address_is_told(landing, monkeypatch):
    monkeypatch.setenv("THE_DESK", "http://127.0.0.1:9/")
    monkeypatch.setenv("VENDOR_KEY", "vnd-5ecret")
    landing.declare(DESK)
    assert "127.0.0.1:9" in landing.land()["desk"].message
