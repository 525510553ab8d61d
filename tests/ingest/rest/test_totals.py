"""The total that an API tells: what it may be, and what a listing that ends before it comes to."""

import pytest

from tests.support.paged_shop import SHOP, failed, live


def test_a_total_that_is_none_is_said_without_the_answer(landing, shop):
    shop.declare("{type: offset, limit: 5, total_path: items}")
    said = failed(landing)
    assert "tells no total at 'items': mend `paginator.total_path`" in said and "id" not in said.split("mend")[0]


def test_a_window_is_held_against_its_total_too(landing, shop):
    rows = [{"id": n, "at": f"2024-01-0{n}"} for n in range(1, 10)]

    def answer(server, path, query):
        found = [row for row in rows if row["at"] >= query.get("since", "")]
        first = int(query["offset"])
        return 200, {}, {"items": found[first : first + 2], "total": len(found)}

    shop.server.answer = answer
    text = SHOP.format(paginator="{type: offset, limit: 4, total_path: total}").replace(
        "data_selector: items,", "data_selector: items, incremental: {cursor_path: at, start_param: since},"
    )
    landing.declare(text)
    assert landing.one().tables[0].landed == 9
    rows[0] |= {"at": "2024-02-01"}
    event = landing.one().tables[0]
    assert (event.how, event.landed, event.deleted) == ("cursor", 1, 0)


@pytest.mark.parametrize("total", [0, "0", -1, True, 25.5, "many"])
def test_a_total_that_can_not_be_one_beside_objects_is_a_fault(landing, shop, total):
    shop.declare("auto")
    shop.cap, shop.extra = 25, {"total": lambda first, size: 25}
    assert landing.one().tables[0].landed == 25
    shop.cap, shop.extra = 5, {"total": lambda first, size: total}
    for paginator in (
        "{type: offset, limit: 5, total_path: total}",
        "{type: page_number, base_page: 1, total_path: total}",
    ):
        shop.declare(paginator)
        assert "mend `paginator.total_path` (null asks for none)" in failed(landing, full=True)
    assert len(live(landing)) == 25


def test_a_total_that_tells_what_is_left_ends_nothing_early(landing, shop):
    shop.declare("{type: offset, limit: 5, total_path: total}")
    shop.extra = {"total": lambda first, size: 25 - first}
    assert landing.one().tables[0].landed == 25


def test_a_total_told_as_text_is_one(landing, shop):
    shop.declare("auto")
    shop.extra = {name: lambda first, size: None for name in ("pages", "has_more")}
    shop.extra["total"] = lambda first, size: "25"
    shop.server.answer = lambda server, path, query: shop.answer(server, path, {"page": "1"})
    assert "tells of 25 objects at 'total' and lists 5" in failed(landing)


@pytest.mark.parametrize("items", [None, []])
@pytest.mark.parametrize("error", [{"error": "rate limited"}, {"errors": [{"message": "no"}]}])
def test_an_error_that_is_answered_as_well_deletes_nothing(landing, shop, items, error):
    for paginator in ("{type: page_number, base_page: 1, total_path: null}", "single_page"):
        shop.cap, shop.extra = 25, {}
        shop.declare(paginator)
        landing.one(full=True)
        shop.extra = {"items": lambda first, size: items, **{n: lambda first, size, v=v: v for n, v in error.items()}}
        assert "answers 200 with an error in it and no objects" in failed(landing, full=True)
        assert len(live(landing)) == 25
