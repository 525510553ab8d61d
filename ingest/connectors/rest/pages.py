"""The paginators of an API's listing.

In: dlt's paginators, by dlt's names and settings. Out: the same, which go on by the number of objects received, and
past an empty page when a total or `has_more` says that it is not the last.
"""

from typing import Any

from dlt.common import jsonpath
from dlt.sources.helpers.rest_client import paginators
from dlt.sources.helpers.rest_client.detector import PaginatorFactory
from requests import Response

from weir.core.errors import WeirError

EMPTY = 10  # after so many empty pages in a row no more are asked for
_TRUE, _FALSE = {"true", "1", "yes"}, {"false", "0", "no", "none", ""}


class Counted(paginators.RangePaginator):
    """A paginator by number: an offset or a page."""

    rows = pages = empty = 0  # objects; pages, without a repeated first one; empty pages in a row
    total: int | None = None
    first_total: int | None = None
    most = 0  # the greatest total given: some APIs give the number of objects left
    more: bool | None = None  # the value at `has_more_path` in the last page
    cut = False  # whether the declared maximum was reached
    _first: int | None = None

    def update_state(self, response: Response, data: list[Any] | None = None) -> None:
        """Count the page, and decide whether to ask for another."""
        page = data or []
        self._note(response.json(), page)
        # An API that counts from 1 may give its first page for page 0, or for no number.
        mark = hash(repr(list(page))) if self.pages < 2 and page else None
        self.pages += mark is None or mark != self._first
        self._first = mark if self._first is None else self._first
        self.rows += len(page)
        self.empty = 0 if page else self.empty + 1
        self.current_value += self._step(page)
        self._has_next_page = self.empty < EMPTY and (self.more if self.more is not None else self._goes_on(page))
        if self._has_next_page and self.maximum_value is not None and self.current_value >= self.maximum_value:
            self._has_next_page, self.cut = False, True

    def _note(self, answer: Any, page: list[Any]) -> None:
        if self.total_path:
            found = jsonpath.find_values(self.total_path, answer)
            if page or found:
                self.total = _number(found[0] if found else None, str(self.total_path))
                if page and self.total < 1:
                    raise WeirError(f"tells of {self.total} at {str(self.total_path)!r} beside a page of objects: mend "
                                    "`paginator.total_path` (null asks for none)")  # fmt: skip
                self.first_total = self.total if self.first_total is None else self.first_total
                self.most = max(self.most, self.total)
        if self.has_more_path:
            found = jsonpath.find_values(self.has_more_path, answer)
            word = str(found[0]).lower() if found else ("" if not page else "nothing")
            if word not in _TRUE | _FALSE:
                raise WeirError(f"`has_more_path` finds no true or false at {str(self.has_more_path)!r}: mend it")
            self.more = word in _TRUE

    def _step(self, page: list[Any]) -> int:
        raise NotImplementedError

    def _goes_on(self, page: list[Any]) -> bool:
        raise NotImplementedError

    def objects(self) -> int | None:
        """The number of objects by the last total; None where the total does not count objects."""
        raise NotImplementedError

    def lacks(self) -> str:
        """The words for what the listing lacks, by the API itself; empty where it is complete."""
        if self.cut:
            return ""
        if self.more:
            return f"says at {str(self.has_more_path)!r} that there is more, and lists nothing more"
        return self._short_of()

    def _short_of(self) -> str:
        raise NotImplementedError


class Offset(Counted, paginators.OffsetPaginator):
    """A paginator by offset and limit: a page begins where the one before ended, however short that was."""

    def _step(self, page: list[Any]) -> int:
        return len(page) or self.limit

    def _goes_on(self, page: list[Any]) -> bool:
        if self.total is None:
            return bool(page) or not self.stop_after_empty_page
        return self.rows < self.most and (bool(page) or self.current_value < self.most)

    def objects(self) -> int | None:
        """The number of objects by the last total, less those that the declared offset leaves out."""
        return None if self.total is None else self.total - (self.initial_value if self.initial_value > 1 else 0)

    def _short_of(self) -> str:
        total = self.objects()
        return "" if total is None or self.rows >= total else f"tells of {total:,} objects and lists {self.rows:,}"


class PageNumber(Counted, paginators.PageNumberPaginator):
    """A paginator by page number. The total counts pages; where its name does not say so, it may count objects."""

    def _step(self, page: list[Any]) -> int:
        return 1

    def _goes_on(self, page: list[Any]) -> bool:
        if self.total is None:
            return bool(page) or not self.stop_after_empty_page
        if not page and self.objects() is not None and self.empty > 1:
            return False
        return self.pages < self.total

    def objects(self) -> int | None:
        """The number of objects by the total, where it seems to count objects."""
        return self.total if not self._named and self.rows == self.total else None

    def _short_of(self) -> str:
        filled = self.pages - self.empty
        if self.total is None or filled >= self.total or self.objects() is not None:
            return ""
        if self._named and self.pages >= self.total and self.empty < EMPTY:  # the last pages exist, and are empty
            return ""
        unit = "pages" if self._named else "pages or objects"
        return f"tells of {self.total:,} {unit} and lists {filled:,} pages with {self.rows:,} objects"

    @property
    def _named(self) -> bool:
        """Whether the total counts pages by its name."""
        return "page" in str(self.total_path).lower().split(".")[-1]


class _Ending:
    """A paginator by reference to the next page; an empty reference ends the listing."""

    _has_next_page: bool
    _next_reference: Any

    def update_state(self, response: Response, data: list[Any] | None = None) -> None:
        """Read the reference of the page."""
        super().update_state(response, data)  # type: ignore[misc]
        self._has_next_page = self._has_next_page and bool(self._next_reference)


class JsonLink(_Ending, paginators.JSONLinkPaginator):
    """A paginator by a link in the answer."""


class HeaderLink(_Ending, paginators.HeaderLinkPaginator):
    """A paginator by a link in the header `Link`."""


class HeaderCursor(_Ending, paginators.HeaderCursorPaginator):
    """A paginator by a cursor in a header."""


class Cursor(_Ending, paginators.JSONResponseCursorPaginator):
    """A paginator by a cursor in the answer."""


_KINDS: dict[str, type[paginators.BasePaginator] | None] = {
    "offset": Offset, "page_number": PageNumber, "json_link": JsonLink, "json_response": JsonLink,
    "header_link": HeaderLink, "header_cursor": HeaderCursor, "cursor": Cursor,
    "single_page": paginators.SinglePagePaginator, "auto": None,
}  # fmt: skip


def made(paging: Any) -> paginators.BasePaginator | None:
    """The declared paginator; None for `auto`. Raises WeirError."""
    settings = {"type": paging} if isinstance(paging, str) else dict(paging or {})
    kind = settings.pop("type", "auto")
    if kind not in _KINDS:
        raise WeirError(f"its paginator is not understood: there is no type {kind!r}; there is {', '.join(_KINDS)}")
    which = _KINDS[kind]
    try:
        return which(**settings) if which else None
    except (ValueError, TypeError) as fault:
        raise WeirError(f"its paginator is not understood: {fault}") from None


class Factory(PaginatorFactory):
    """Picks the paginator by the first answer, as dlt does, from our classes."""

    def create_paginator(self, response: Response) -> Any:
        """The paginator, and how certain the choice is."""
        found, score = super().create_paginator(response)
        if isinstance(found, paginators.PageNumberPaginator):
            found = PageNumber(total_path=found.total_path)
        return found, score


def _number(value: Any, path: str) -> int:
    try:
        if isinstance(value, bool) or (not isinstance(value, str) and int(value) != value):
            raise ValueError
        return int(value)
    except (ValueError, TypeError, OverflowError):
        raise WeirError(f"tells no total at {path!r}: mend `paginator.total_path` (null asks for none)") from None
