"""A listing is read to its end, by whatever paginator, or the landing says that it was not; nothing is deleted then."""

import pytest

from tests.support.paged_shop import ALL, each, failed, live


def test_every_object_lands_though_pages_are_shorter_than_asked(landing, shop):
    for paginator in each(landing, shop, ALL):
        held = "exact, held against its total" if "total_path: total" in paginator else "exact"
        assert landing.rows("select promise from ops.landings order by landed_at desc limit 1") == [(held,)]
    landing.balanced()
    landing.proven()


def test_an_empty_page_in_the_midst_is_not_the_end(landing, shop):
    shop.empty = {3, 4}
    for _ in each(landing, shop, [p for p in ALL if "null}" not in p and "offset" not in p]):
        pass


@pytest.mark.parametrize("status", [404, 416, 204])
def test_no_such_page_after_the_last_is_the_end(landing, shop, status):
    shop.beyond = status
    for _ in each(landing, shop, [p for p in ALL if "null}" in p]):
        pass


@pytest.mark.parametrize("status", [404, 204])
def test_no_such_page_while_a_total_tells_of_more(landing, shop, status):
    """Nothing is deleted by a listing that ends early."""
    shop.declare("{type: page_number, base_page: 1, total_path: pages}")
    assert landing.one().tables[0].landed == 25
    shop.ids, shop.beyond = list(range(1, 11)), status
    shop.extra = {"pages": lambda first, size: 5}
    assert "tells of 5 pages and lists 2 pages with 10 objects" in failed(landing, full=True)
    shop.declare("{type: offset, limit: 10, total_path: total}")
    shop.extra = {"total": lambda first, size: 25}
    said = failed(landing, full=True)
    assert "orders tells of 25 objects and lists 10, so the listing is not complete" in said
    shop.declare("{type: offset, limit: 10, total_path: null, has_more_path: has_more}")
    shop.extra = {"has_more": lambda first, size: True}
    assert "says at 'has_more' that there is more" in failed(landing, full=True)
    assert len(live(landing)) == 25


def test_pages_of_objects_that_the_total_counts_and_that_end_early(landing, shop):
    shop.declare("{type: page_number, base_page: 1, total_path: total}")
    shop.extra = {"total": lambda first, size: 26}
    assert "tells of 26 pages or objects and lists 5 pages with 25 objects" in failed(landing)
    assert len(shop.server.asked) < 20


def test_a_total_of_objects_whose_path_speaks_of_pages(landing, shop):
    shop.declare("{type: page_number, base_page: 1, total_path: page.totalElements}")
    shop.extra = {"page": lambda first, size: {"totalElements": 25, "totalPages": 5}}
    assert landing.one().tables[0].landed == 25
    shop.declare("{type: page_number, base_page: 1, total_path: page.totalPages}")
    assert landing.one(full=True).tables[0].extracted == 25


def test_a_first_page_that_is_not_there_is_a_fault(landing, shop):
    shop.beyond, shop.ids = 404, []
    shop.declare("{type: page_number, base_page: 1, total_path: null}")
    assert "orders answered 404, there is no such path" in failed(landing)
    shop.beyond = 204
    assert landing.one().tables[0].landed == 0  # no content is an answer


def test_objects_that_move_while_they_are_read_delete_nothing(landing, shop):
    """One goes from the first page while the second is read: another slips from the third to the second, unseen."""
    shop.declare("{type: offset, limit: 5, total_path: total}")
    assert landing.one().tables[0].landed == 25

    def gone(number):
        if number == 2 and 1 in shop.ids:
            shop.ids.remove(1)

    shop.before_page = gone
    event = landing.one(full=True).tables[0]
    assert event.deleted == 0 and len(live(landing)) == 25
    assert landing.rows("select promise, source_rows from ops.landings order by landed_at desc limit 1") == [
        ("as received", None)
    ]
    event = landing.one(full=True).tables[0]
    assert event.deleted == 1 and 1 not in live(landing)


def test_a_declared_maximum_deletes_nothing(landing, shop):
    shop.declare("{type: offset, limit: 5, total_path: total}")
    landing.one()
    shop.declare("{type: offset, limit: 5, total_path: total, maximum_offset: 10}")
    event = landing.one(full=True).tables[0]
    assert (event.extracted, event.deleted) == (10, 0)


def test_offsets_that_count_from_one(landing, shop):
    shop.ids = [*range(22)]  # object 0 is never asked for
    shop.declare("{type: offset, limit: 5, offset: 1, total_path: total}")
    shop.extra = {"total": lambda first, size: 21}
    assert landing.one().tables[0].landed == 21


SAYS_MORE = [
    ("single_page", {"has_more": True}, "says at 'has_more' that there is more"),
    ("auto", {"has_more": True}, "says at 'has_more' that there is more"),
    ("auto", {"meta": {"totalCount": 25}}, "tells of 25 objects at 'meta.totalCount' and lists 5"),
    ("{type: json_link, next_url_path: paging.nxt}", {"paging": {"next": "/orders?page=2"}},
     "has a next page at 'paging.next'"),
    ("{type: json_link, next_url_path: nxt}", {"_links": {"next": {"href": "/orders?page=2"}}},
     "has a next page at '_links.next'"),
    ("{type: cursor, cursor_path: meta.nextcursor}", {"meta": {"next_cursor": "abc"}},
     "has a next page at 'meta.next_cursor'"),
    ("header_cursor", {"pageInfo": {"hasNextPage": True}}, "says at 'pageInfo.hasNextPage' that there is more"),
    ("single_page", {"Link": '</orders?page=2>; rel="next"'}, "has a next page in its header `Link`"),
]  # fmt: skip


def test_a_listing_that_says_there_is_more_is_not_taken_for_whole(landing, shop):
    for paginator, extra, says in SAYS_MORE:
        headers = {name: extra[name] for name in extra if name == "Link"}
        body = {"items": [{"id": i} for i in range(5)], **extra}
        shop.server.answer = lambda *_, h=headers, b=body: (200, h, b)
        shop.declare(paginator)
        assert says in failed(landing)


def test_links_and_cursors_go_past_an_empty_page_to_an_empty_reference(landing, shop):
    last = ""

    def answer(server, path, query):
        page = int(query.get("page", 1))
        items = [] if page == 2 else [{"id": page}]
        following = page + 1 if page < 3 else last
        link = f"/orders?page={following}" if following else last
        headers = (
            {"X-Next": following, "Link": f'<{link}>; rel="next"' if link else ""} if following is not None else {}
        )
        return 200, headers, {"items": items, "next": link, "cursor": str(following) if following else last}

    shop.server.answer = answer
    for ending in ("", None):
        last = ending
        for paginator in ("{type: json_link, next_url_path: next}", "header_link",
                          "{type: cursor, cursor_path: cursor, cursor_param: page}",
                          "{type: header_cursor, cursor_key: X-Next, cursor_param: page}"):  # fmt: skip
            shop.declare(paginator)
            event = landing.one(full=True).tables[0]
            assert event.deleted == 0 and live(landing) == [1, 3], paginator
