"""The completeness of an API's listing, by what the API itself says.

In: the declared paginator and each page. Out: a fault where the API says that there are more objects than it listed, or
where a next page was not followed; and the total to compare the rows with.
"""

from typing import Any

from dlt.sources.helpers.rest_client.exceptions import IgnoreResponseException
from requests import Response

from ingest.connectors.rest.pages import Counted, made
from weir.core.errors import WeirError

_NEXT = {"next", "nextpage", "nexturl", "nextlink", "nextpageurl", "nextpagetoken", "nextcursor", "nexttoken",
         "@odata.nextlink"}  # fmt: skip
_MORE = {"hasmore", "hasnext", "hasnextpage", "moreitems"}
_BESIDE = {"", "meta.", "metadata.", "pagination.", "paging.", "page.", "pageinfo.", "page_info."}
_TOTAL = {"total", "totalcount", "totalresults", "totalitems", "totalrecords", "totalelements"}


class Listing:
    """One reading of a listing."""

    def __init__(self, paging: Any, path: str, whole: bool) -> None:
        self.paginator, self.path, self.whole = made(paging), path, whole
        self.auto, self.pages, self.rows = self.paginator is None, 0, 0
        self.answer: Any = None

    def ended(self, response: Response, *_: Any, **__: Any) -> None:
        """End the listing, by IgnoreResponseException, when the answer says that there is no such page."""
        status = response.status_code
        if status == 204 or (status in {404, 416} and self.rows and isinstance(self.paginator, Counted)):
            raise IgnoreResponseException

    def page(self, page: Any) -> None:
        """Keep the last answer and the total of a page."""
        self.paginator, self.answer = page.paginator, page.response
        self.pages, self.rows = self.pages + 1, self.rows + len(page)

    def refuse_incomplete(self) -> None:
        """Raise WeirError when the API says that the listing was not read to its end."""
        if isinstance(self.paginator, Counted):
            lacks, mend = (
                self.paginator.lacks(),
                "run again, or mend `paginator` (`total_path: null` asks for no total)",
            )
        else:
            lacks, mend = self._unfollowed(), "declare a `paginator` that follows it"
        if lacks:
            raise WeirError(f"{self.path} {lacks}, so the listing is not complete: {mend}; nothing landed")

    @property
    def cut(self) -> bool:
        """Whether the declared maximum ended the listing."""
        return isinstance(self.paginator, Counted) and self.paginator.cut

    @property
    def total(self) -> int | None:
        """The total number of objects that the API gave; None where it gave none."""
        return self.paginator.objects() if isinstance(self.paginator, Counted) else None

    @property
    def moved(self) -> bool:
        """Whether the total changed while the pages were read."""
        return isinstance(self.paginator, Counted) and self.paginator.first_total != self.paginator.total

    def _unfollowed(self) -> str:
        """The words for a next page that the last answer names and the paginator did not follow; empty where there is
        none.
        """
        if self.answer is None:
            return ""
        if self.pages == 1 and "next" in self.answer.links and self.answer.links["next"].get("url"):
            return "has a next page in its header `Link`"
        parts: list[tuple[str, Any]] = [("", self.answer.json())]
        for where, part in parts:
            for name, value in part.items() if isinstance(part, dict) else ():
                word, at = str(name).lower().replace("_", ""), f"{where}{name}"
                if isinstance(value, dict) and at.count(".") < 2:
                    parts.append((f"{at}.", value))
                if word == "next" and isinstance(value, dict):
                    value = value.get("href") or value.get("url")
                if word in _MORE and value is True:
                    return f"says at {at!r} that there is more"
                if self.pages == 1 and word in _NEXT and isinstance(value, str | int) and value:
                    return f"has a next page at {at!r}"
                if (
                    self.auto
                    and self.whole
                    and where.lower() in _BESIDE
                    and word in _TOTAL
                    and (total := _count(value)) > self.rows
                ):
                    return f"tells of {total:,} objects at {at!r} and lists {self.rows:,}"
        return ""


def _count(value: Any) -> int:
    """The value as a number; 0 where it is none."""
    try:
        return 0 if isinstance(value, bool) else int(value)
    except (ValueError, TypeError, OverflowError):
        return 0
