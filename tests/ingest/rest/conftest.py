"""The fixture `shop`: an API that lists its objects in pages, declared."""

import pytest

from tests.servers.api import api
from tests.support.paged_shop import SHOP, Shop


@pytest.fixture
def shop(landing, monkeypatch):
    shop = Shop()
    with api(shop.answer) as server:
        monkeypatch.setenv("SHOP_URL", server.url)
        shop.server = server
        shop.declare = lambda paginator: landing.declare(SHOP.format(paginator=paginator))
        yield shop
