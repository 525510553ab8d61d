"""An API is asked at the address that was declared, and nowhere else; no answer takes all memory or all night."""

import gzip
import time
import tracemalloc
import zlib
from email.utils import formatdate

import pytest

from ingest.connectors.rest.http import Adapter, origin
from tests.servers.api import api
from weir.core.errors import WeirError

SHOP = """
    sources:
      - name: shop
        schema: raw_shop
        config:
          meta:
            connection: SHOP_URL
            client:
              headers: {X-Api-Key: "${SHOP_KEY}", Cookie: "session=${SHOP_KEY}"}
              paginator: {type: json_link, next_url_path: next}
              largest_answer_mb: 8
        tables:
          - name: orders
            config:
              meta:
                key: [id]
                endpoint: {path: orders, data_selector: items, params: {token: "${SHOP_KEY}", state: ""}}
"""


@pytest.fixture
def shop(landing, monkeypatch):
    with api(lambda *_: (200, {}, {"items": [{"id": 1}], "next": None})) as server:
        monkeypatch.setenv("SHOP_URL", server.url)
        monkeypatch.setenv("SHOP_KEY", "k3y-of-the-shop")
        landing.declare(SHOP)
        yield server


def failed(landing):
    (result,) = landing.land().values()
    assert result.state == "failed" and "k3y-of-the-shop" not in result.message and "\n" not in result.message
    return result.message


ELSEWHERE = [
    "http://127.0.0.1:{other}/", "http://localhost:{own}/", "https://127.0.0.1:{own}/", "//127.0.0.1:{other}/",
    "http://127.0.0.1:80/", "file:///etc/hostname", "ftp://127.0.0.1/", "http://169.254.169.254/latest/",
]  # fmt: skip


@pytest.mark.parametrize("by", ["redirect", "redirect of the next page", "next page", "path"])
def test_another_address_is_asked_nothing(landing, shop, by):
    with api(shop.answer) as other:
        for where in ELSEWHERE:
            url = where.format(own=shop.server_port, other=other.server_port)
            link = f"http:{url}" if url.startswith("//") else url

            def answer(server, path, query, url=url, link=link):
                first = path == "/orders" and "page" not in query
                if by == "redirect" or (by == "redirect of the next page" and not first):
                    return 302, {"Location": url, "Set-Cookie": "s=k3y-of-the-shop"}, b""
                return 200, {}, {"items": [{"id": 1}], "next": link if by == "next page" else "/orders?page=2"}

            if by == "path" and not link.startswith("http"):
                continue  # taken for a path of the API itself
            shop.answer = answer
            landing.declare(SHOP.replace("path: orders", f'path: "{link}"') if by == "path" else SHOP)
            shop.asked.clear()
            said = failed(landing)
            assert "is led on to " in said and "which is asked nothing and shown no key" in said
            assert other.asked == [] and len(shop.asked) <= 2


def test_a_redirect_within_the_address_is_followed_with_the_key(landing, shop):
    def answer(server, path, query):
        if path == "/orders":
            return 301, {"Location": "/v2/orders?token=again"}, b""
        return 200, {}, {"items": [{"id": 1}], "next": None}

    shop.answer = answer
    assert landing.one().tables[0].landed == 1
    assert shop.asked[0][0] == "/orders?token=k3y-of-the-shop&state="
    assert shop.asked[1][1]["X-Api-Key"] == "k3y-of-the-shop"


def test_addresses_that_are_the_same_and_are_not():
    own = Adapter("https://bücher.example/api", "SHOP_URL", 1).own
    for url in ("https://xn--bcher-kva.example/x", "HTTPS://XN--BCHER-KVA.example:443/y"):
        assert origin(url) == own
    for url in ("http://xn--bcher-kva.example/x", "https://xn--bcher-kva.example:444/", "https://xn--bcher-kva.example./",
                "https://xn--bcher-kva.example@other/", "https://xn--bcher-kva.example:port/"):  # fmt: skip
        assert origin(url) != own
    for url in ("http://", "http://[::1/x"):
        with pytest.raises(WeirError, match="SHOP_URL is no address that can be asked"):
            Adapter(url, "SHOP_URL", 1)


def test_a_wait_longer_than_a_run_waits_is_said_at_once(landing, shop):
    for wait in ("86400", "9" * 20, "9" * 5000, formatdate(time.time() + 86400, usegmt=True)):
        for status in (429, 503):
            shop.asked.clear()
            shop.answer = lambda *_, s=status, w=wait: (s, {"Retry-After": w}, b"")
            said = failed(landing)
            assert f"the API answered {status} and asks to wait " in said and "run again after that" in said
            assert len(shop.asked) == 1


def zipped(size):
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    block = b" " * (1 << 20)
    return b"".join([*(packer.compress(block) for _ in range(size)), packer.flush()])


TOO_MUCH = [
    ({"Content-Encoding": "gzip"}, zipped(300), "an answer is larger than 8 MB, unpacked"),
    ({"Content-Encoding": "gzip, gzip"}, gzip.compress(zipped(300)), "an answer is larger than 8 MB, unpacked"),
    ({"Content-Encoding": "deflate"}, zlib.compress(bytes(100 << 20)), "an answer is larger than 8 MB, unpacked"),
    ({}, b"[" + b" " * (20 << 20) + b"]", "an answer is larger than 8 MB, unpacked"),
    ({"Content-Encoding": "br"}, b"\x0b\x02\x80{}\x03", "an answer is packed as br, which was not asked for"),
    ({}, b"[" * 100_000 + b"]" * 100_000, "orders answers with no JSON that can be read"),
    ({}, b"[" + b"[],," * 1_000_000 + b"[]]", "an answer holds more than 320,000 values"),
    ({"Content-Encoding": "gzip"}, b"no gzip", "an answer broke off or is damaged"),
]


def test_an_answer_too_large_is_refused_with_little_memory(landing, shop):
    for headers, body, says in TOO_MUCH:
        shop.answer = lambda *_, h=headers, b=body: (200, h, b)
        tracemalloc.start()
        try:
            said = failed(landing)
            peak = tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()
        assert says in said, said
        assert peak < 100 << 20, (says, peak)


@pytest.mark.parametrize("depth", [500, 5000])
def test_an_object_nested_deeply_lands_or_is_refused(landing, shop, depth):
    shop.answer = lambda *_: (
        200,
        {},
        b'{"items": [{"id": 1, "a":' + b"[" * depth + b"]" * depth + b'}], "next": null}',
    )
    if depth > 1000:
        assert "orders answers with no JSON that can be read" in failed(landing)
    else:
        assert landing.one().tables[0].landed == 1


def test_an_answer_as_large_as_is_allowed_lands(landing, shop):
    shop.answer = lambda *_: (200, {}, {"items": [{"id": 1, "t": "x" * (7 << 20)}], "next": None})
    assert landing.one().tables[0].landed == 1


def test_a_limit_that_is_none(landing, shop):
    landing.declare(SHOP.replace("largest_answer_mb: 8", "largest_answer_mb: 1.5"))
    assert "`client.largest_answer_mb` must be a whole number of megabytes" in failed(landing)


@pytest.mark.parametrize("word", ["${SHOP-KEY}", "${ SHOP_KEY }", "${SHOP_KEY:-none}", "${}", "${SHOP_KEY"])
def test_what_names_no_variable_is_not_sent_as_it_stands(landing, shop, word):
    for place in ('X-Api-Key: "${SHOP_KEY}"', 'token: "${SHOP_KEY}"'):
        landing.declare(SHOP.replace(place, place.replace("${SHOP_KEY}", word)))
        assert "holds a ${…} that names no variable" in failed(landing)
    assert shop.asked == []
