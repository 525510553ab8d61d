"""An API that lists its objects in pages, by any paginator."""

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
                endpoint: {{path: orders, data_selector: items, paginator: {paginator}}}
"""


class Shop:
    """Objects 1 to 25, five a page at most, whatever `limit` says."""

    def __init__(self):
        self.ids, self.cap, self.base, self.beyond, self.extra = list(range(1, 26)), 5, 1, 200, {}
        self.empty, self.before_page = set(), lambda number: None  # empty: the numbers of empty pages

    def answer(self, server, path, query):
        if "offset" in query:
            first = int(query["offset"])
            size = min(self.cap, int(query.get("limit", 100)))
        else:
            size = self.cap
            first = (max(int(query.get("page", 1)), self.base) - self.base) * size
        number = first // size + 1
        self.before_page(number)
        if first >= len(self.ids) + size * len(self.empty) and self.beyond != 200:
            return self.beyond, {}, b""
        kept = list(self.ids)
        for page in sorted(self.empty):
            kept[(page - 1) * size : (page - 1) * size] = [None] * size
        page = [{"id": i} for i in kept[first : first + size] if i]
        told = {
            "total": len(self.ids), "pages": -(-len(kept) // size), "has_more": first + size < len(kept)
        }  # fmt: skip
        return 200, {}, {"items": page, **told, **{n: f(first, size) for n, f in self.extra.items()}}


def live(landing):
    return [int(i) for (i,) in landing.live("raw_shop.orders", "id", "id")]


def failed(landing, full=False):
    (result,) = landing.land(full=full).values()
    assert result.state == "failed" and "\n" not in result.message
    return result.message


ALL = [
    "{type: offset, limit: 10, total_path: total}",
    "{type: offset, limit: 10, total_path: null}",
    "{type: offset, limit: 3, total_path: total}",
    "{type: offset, limit: 10, total_path: null, has_more_path: has_more}",
    "{type: page_number, base_page: 1, total_path: pages}",
    "{type: page_number, base_page: 1, total_path: total}",
    "{type: page_number, base_page: 1, total_path: null}",
    "{type: page_number, base_page: 1, total_path: null, has_more_path: has_more}",
    "{type: page_number, page: 1, total_path: pages}",  # counted from 0 by dlt, from 1 by the API
    "{type: page_number, total_path: pages}",  # page 0 is answered with the first
    "auto",
]


def each(landing, shop, paginators):
    """Land by each paginator; each after the first would delete what it does not list."""
    for paginator in paginators:
        shop.declare(paginator)
        event = landing.one(full=True).tables[0]
        assert event.deleted == 0 and sorted(live(landing)) == list(range(1, 26)), paginator
        yield paginator
