"""An object that an API lists twice in one reading: the newer one counts, and what can't be told apart waits."""

import json

import pytest

from ingest.connectors.repeats import LISTED
from tests.servers.api import api

SHOP = """
    sources:
      - name: shop
        schema: raw_shop
        config: {{meta: {{connection: SHOP_URL}}}}
        tables:
          - name: orders
            config:
              meta:
                key: [id]
                {more}
                endpoint: {{path: orders, data_selector: items, paginator: {{type: single_page}}}}
"""


@pytest.fixture
def items(landing, monkeypatch):
    """What the API lists."""
    listed = []
    with api(lambda server, path, query: (200, {}, {"items": listed})) as server:
        monkeypatch.setenv("SHOP_URL", server.url)
        landing.declare(SHOP.format(more=""))
        yield listed


def orders(landing):
    columns = "id, document ->> 'v' as v, "
    marks = "null, null" if not landing.rows(
        "select from pg_attribute where attrelid = to_regclass('raw_shop.orders') and attname = '_error'"
    ) else "_text, _error"  # fmt: skip
    return landing.live("raw_shop.orders", "id", columns + marks)


def test_the_greater_cursor_counts_wherever_it_stands(landing, items):
    landing.declare(SHOP.format(more="cursor: at"))
    items += [
        {"id": 1, "v": "new", "at": "2024-01-02T00:00:00Z"}, {"id": 2, "v": "a", "at": "9"},
        {"id": 1, "v": "old", "at": "2024-01-01T23:00:00Z"}, {"id": 2, "v": "b", "at": "10"},
        {"id": 3, "v": "without", "at": None}, {"id": 3, "v": "with", "at": "1"},
    ]  # fmt: skip
    event = landing.one().tables[0]
    assert (event.extracted, event.landed, event.how) == (6, 3, "compare")
    assert orders(landing) == [("1", "new", None, None), ("2", "b", None, None), ("3", "with", None, None)]
    landing.balanced()
    landing.proven()


def test_duplicates_are_counted(landing, items):
    items += [
        {"id": 1, "v": "a", "w": 1},
        {"w": 1, "v": "a", "id": 1},
        {"id": 2, "v": "b"},
        {"id": 1, "w": 1, "v": "a"},
    ]
    assert landing.one().tables[0].how == "compare, 2 duplicates"
    assert orders(landing) == [("1", "a", None, None), ("2", "b", None, None)]
    assert landing.rows("select extracted, source_rows, duplicates from ops.landings") == [(4, 2, 2)]
    landing.proven()


@pytest.mark.parametrize("cursor", ["", "cursor: at"])
def test_other_content_without_a_greater_cursor_waits_whole_and_heals(landing, items, cursor):
    landing.declare(SHOP.format(more=cursor))
    one, other = {"id": 1, "v": "a", "at": "5"}, {"id": 1, "v": "b", "at": "5"}
    items += [one, {"id": 2, "v": "c", "at": "5"}, other]
    assert landing.one().tables[0].how == "compare, 2 rows in conflict"
    found = orders(landing)
    assert found[1] == ("2", "c", None, None)
    assert found[0][:2] == ("1", None) and found[0][3] == LISTED
    assert json.loads(found[0][2]) == [one, other]
    assert landing.rows("select source_rows from ops.landings") == [(2,)]
    landing.balanced()
    landing.proven()
    event = landing.one().tables[0]
    assert (event.landed, event.how) == (0, "compare, 2 rows in conflict")
    del items[0]
    event = landing.one().tables[0]
    assert (event.landed, event.how) == (1, "compare")
    assert orders(landing) == [("1", "b", None, None), ("2", "c", None, None)]
    landing.balanced()
    landing.proven()


def test_the_last_counts_where_it_is_declared_so(landing, items):
    landing.declare(SHOP.format(more="repeats: last"))
    items += [{"id": 1, "v": "a"}, {"id": 1, "v": "b"}]
    assert landing.one().tables[0].how == "compare, 1 duplicate"
    assert orders(landing) == [("1", "b", None, None)]
    landing.proven()
